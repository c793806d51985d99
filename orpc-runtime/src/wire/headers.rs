//! Headers in JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::core::{Code, Error, UnicodeHeaders, header_value, is_beyond_latin1};

/// Maximum number of header values of a call.
const MAX_HEADERS: usize = 128;

/// Maximum number of bytes of the names and values of a call's headers.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// Maximum number of characters of a name that an error repeats.
const MAX_NAME: usize = 64;

/// Headers as an object; the last one of a name is used.
pub(super) type RawHeaders<'a> = BTreeMap<Cow<'a, str>, HeaderValues<'a>>;

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum HeaderValues<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Many(Vec<String>),
    Other(IgnoredAny),
}

/// The headers of a call.
#[derive(Debug, Default)]
pub(crate) struct CallHeaders {
    pub(crate) map: HeaderMap,
    pub(crate) unicode: UnicodeHeaders,
}

/// A header that cannot be decoded. Its call fails, because it could have another
/// meaning without it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The header \"{name}\" {fault}")]
pub(crate) struct BadHeader {
    name: String,
    fault: Fault,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Fault {
    #[error("is not a valid header name (RFC 9110, section 5.1)")]
    Name,
    #[error("has to be a string or an array of strings")]
    Kind,
    #[error("has control characters, which no header may have")]
    Control,
    #[error("is beyond the {MAX_HEADERS} that a call may have")]
    TooMany,
    #[error("is beyond the {MAX_HEADER_BYTES} bytes that the headers of a call may have together")]
    TooLong,
}

impl BadHeader {
    fn new(name: &str, fault: Fault) -> Self {
        Self { name: name.chars().take(MAX_NAME).collect(), fault }
    }

    /// Returns the error for the client.
    pub(crate) fn answer(&self) -> Error {
        Error::new(Code::BadRequest).with_message(self.to_string())
    }
}

/// Decodes all headers. Names in lower case come first, because those are the ones that
/// the official server reads.
pub(super) fn read(headers: &RawHeaders<'_>) -> Result<CallHeaders, BadHeader> {
    let mut read = CallHeaders::default();
    if headers.is_empty() {
        return Ok(read);
    }
    let is_lower = |name: &str| !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let (lower, others) = headers.iter().partition::<Vec<_>, _>(|(name, _)| is_lower(name));
    let mut named = Vec::new();
    for (raw, values) in lower.into_iter().chain(others) {
        let bad = |fault| BadHeader::new(raw, fault);
        let values = values.texts().ok_or_else(|| bad(Fault::Kind))?;
        let name = HeaderName::from_bytes(raw.as_bytes()).map_err(|_| bad(Fault::Name))?;
        if values.iter().any(|value| is_beyond_latin1(value)) {
            read.unicode.add(name.clone());
        }
        named.push((name, values));
    }
    let mut bytes = 0;
    for (name, values) in named {
        let bad = |fault| BadHeader::new(name.as_str(), fault);
        let is_utf8 = read.unicode.contains(&name);
        for text in values {
            bytes += name.as_str().len() + text.len();
            if bytes > MAX_HEADER_BYTES {
                return Err(bad(Fault::TooLong));
            }
            if read.map.len() >= MAX_HEADERS {
                return Err(bad(Fault::TooMany));
            }
            let value = header_value(text, is_utf8).ok_or_else(|| bad(Fault::Control))?;
            read.map.append(&name, value);
        }
    }
    Ok(read)
}

impl HeaderValues<'_> {
    fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Self::One(value) => Some(vec![value]),
            Self::Many(values) => Some(values.iter().map(String::as_str).collect()),
            Self::Other(_) => None,
        }
    }
}

/// Returns the value of a header under exactly that name, as the official server looks
/// up the headers of the body.
pub(super) fn exact<'h>(headers: &'h RawHeaders<'_>, name: &str) -> Option<&'h str> {
    headers.get(name)?.texts()?.first().copied()
}

/// Writes headers as an object: the values of a repeated name as an array.
pub(super) fn write_headers(headers: &HeaderMap, out: &mut Vec<u8>) {
    out.push(b'{');
    write_members(headers, out);
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
}

/// Writes the members of that object, each with a comma behind it.
pub(super) fn write_members(headers: &HeaderMap, out: &mut Vec<u8>) {
    for name in headers.keys() {
        let mut values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        let value = match values.len() {
            1 => values.remove(0).into(),
            _ => serde_json::Value::from(values),
        };
        // Writing to a `Vec` cannot fail, and a name needs no escapes.
        _ = write!(out, "\"{name}\":{value},");
    }
}

/// Returns the text of a value that a handler created from a `str`, or from bytes.
fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads one header whose value has that length.
    fn of_length(name: &str, length: usize) -> Result<usize, Fault> {
        let value = HeaderValues::One("x".repeat(length).into());
        let headers = RawHeaders::from([(name.into(), value)]);
        read(&headers).map(|read| read.map.len()).map_err(|bad| bad.fault)
    }

    #[test]
    fn names_and_values_have_32_kib_and_not_a_byte_more() {
        assert_eq!(of_length("name", MAX_HEADER_BYTES - 4), Ok(1));
        assert_eq!(of_length("name", MAX_HEADER_BYTES - 3), Err(Fault::TooLong));
    }

    #[test]
    fn the_bytes_of_all_values_are_added() {
        let several = |lengths: [usize; 2]| {
            let values = lengths.map(|length| "x".repeat(length)).to_vec();
            let headers = RawHeaders::from([
                ("a".into(), HeaderValues::Many(values)),
                ("b".into(), HeaderValues::One("".into())),
            ]);
            read(&headers).map(|read| read.map.len()).map_err(|bad| bad.fault)
        };
        let half = MAX_HEADER_BYTES / 2;
        // Each value counts its name, and so does an empty one.
        assert_eq!(several([half, half - 3]), Ok(3));
        assert_eq!(several([half, half - 2]), Err(Fault::TooLong));
    }

    #[test]
    fn names_in_lower_case_come_first() {
        let one = |value: &'static str| HeaderValues::One(value.into());
        let names = [("X-A", "title"), ("x-a", "lower"), ("X-a", "first")];
        let headers = names.map(|(name, value)| (name.into(), one(value))).into();
        let read = read(&headers).unwrap();
        let values: Vec<_> = read.map.get_all("x-a").iter().collect();
        assert_eq!(values, ["lower", "title", "first"]);
    }

    #[test]
    fn a_call_has_128_header_values_and_not_one_more() {
        let several = |count: usize| {
            let values = HeaderValues::Many(vec![String::new(); count]);
            let read = read(&RawHeaders::from([("a".into(), values)]));
            read.map(|read| read.map.len()).map_err(|bad| bad.fault)
        };
        assert_eq!(several(MAX_HEADERS), Ok(128));
        assert_eq!(several(MAX_HEADERS + 1), Err(Fault::TooMany));
    }
}
