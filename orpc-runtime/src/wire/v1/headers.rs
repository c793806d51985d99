//! Headers that stand in JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The most headers of a call; further ones do not count.
const MAX_HEADERS: usize = 128;

/// Headers as an object; the last of a name counts.
pub(crate) type RawHeaders<'a> = BTreeMap<Cow<'a, str>, HeaderValues<'a>>;

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum HeaderValues<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Many(Vec<String>),
    /// Not a header's value: it does not count.
    Other(IgnoredAny),
}

/// Names that are not in lower case do not count, nor do values that are no header's.
pub(crate) fn header_map(headers: RawHeaders<'_>) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, values) in headers {
        let Ok(name) = HeaderName::from_lowercase(name.as_bytes()) else { continue };
        let mut append = |value: &str| {
            if map.len() < MAX_HEADERS
                && let Ok(value) = HeaderValue::from_str(value)
            {
                map.append(&name, value);
            }
        };
        match values {
            HeaderValues::One(value) => append(&value),
            HeaderValues::Many(values) => values.iter().for_each(|value| append(value)),
            HeaderValues::Other(_) => {}
        }
    }
    map
}

/// Writes headers as an object: the values of a name that is there more than
/// once as an array.
pub(crate) fn write_headers(headers: &HeaderMap, out: &mut Vec<u8>) {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let members = headers.keys().map(|name| {
        let mut values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        let value = match values.len() {
            1 => values.remove(0).into(),
            _ => serde_json::Value::from(values),
        };
        (name.as_str().to_owned(), value)
    });
    let object: serde_json::Map<String, serde_json::Value> = members.collect();
    out.extend_from_slice(serde_json::Value::Object(object).to_string().as_bytes());
}
