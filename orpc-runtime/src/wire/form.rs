//! Forms with files (`multipart/form-data`, RFC 7578), as the official packages write and read them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use bytes::Bytes;
use http::HeaderValue;

use super::Protocol;
use super::multipart::{self, Malformed};
use crate::core::Output;
use crate::value::File;

/// Meaning of a part's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartName {
    Envelope,
    /// A file, with its number.
    File(usize),
    /// A part that the protocol does not know.
    Other,
}

/// A form to be sent.
#[derive(Debug)]
pub(crate) struct Form {
    boundary: String,
    parts: Vec<Part>,
}

/// A part of the body of a form.
#[derive(Debug)]
pub(crate) enum Part {
    Text(Bytes),
    File(File),
}

impl Form {
    /// Creates the form of a value with files.
    pub(crate) fn new(protocol: Protocol, output: Output) -> Self {
        Self::with_boundary(protocol, boundary(), output)
    }

    /// Creates a form with a boundary that no file contains.
    pub(super) fn with_boundary(
        protocol: Protocol,
        boundary: String,
        Output { envelope, files }: Output,
    ) -> Self {
        let name = protocol.encode_part_name(None);
        let mut text = open(&boundary, &name, "").into_bytes();
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(&envelope);
        let mut parts = Vec::with_capacity(2 * files.len() + 1);
        for (number, file) in files.into_iter().enumerate() {
            text.extend_from_slice(b"\r\n");
            let name = protocol.encode_part_name(Some(number));
            text.extend_from_slice(file_head(&boundary, &name, &file).as_bytes());
            parts.push(Part::Text(std::mem::take(&mut text).into()));
            parts.push(Part::File(file));
        }
        text.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        parts.push(Part::Text(text.into()));
        Self { boundary, parts }
    }

    /// Returns the media type with the boundary.
    pub(crate) fn content_type(&self) -> HeaderValue {
        let text = format!("multipart/form-data; boundary={}", self.boundary);
        // A boundary consists of letters and digits.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("multipart/form-data"))
    }

    /// Returns the length in bytes, if it is known.
    #[cfg(feature = "http")]
    pub(crate) fn length(&self) -> Option<u64> {
        let length = |part: &Part| match part {
            Part::Text(text) => Some(text.len() as u64),
            Part::File(file) => file.size(),
        };
        self.parts.iter().map(length).sum()
    }

    pub(crate) fn into_parts(self) -> Vec<Part> {
        self.parts
    }
}

/// Creates a boundary that no file contains: 128 unpredictable bits, from the random
/// keys of a hash.
fn boundary() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("----formdata-orpc-{:016x}{:016x}", random(), random())
}

/// Writes the start of a part, up to its other headers.
fn open(boundary: &str, name: &str, more: &str) -> String {
    format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n")
}

fn file_head(boundary: &str, name: &str, file: &File) -> String {
    let file_name = format!("; filename=\"{}\"", escaped(file.name()));
    let content_type = match file.content_type() {
        "" => "application/octet-stream",
        known => known,
    };
    let head = open(boundary, name, &file_name);
    format!("{head}Content-Type: {content_type}\r\n\r\n")
}

/// Escapes a name for use between quotes (HTML, section 4.10.21.8).
fn escaped(name: &str) -> String {
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

/// Reverts [`escaped`].
fn unescaped(name: &str) -> String {
    name.replace("%0A", "\n").replace("%0D", "\r").replace("%22", "\"")
}

/// Header of a received part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PartHead {
    pub(crate) name: String,
    /// `None` for a part that is text.
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: String,
}

impl PartHead {
    /// Parses the header fields of a part.
    pub(crate) fn read(head: &[u8]) -> Result<Self, Malformed> {
        let fields = multipart::fields(head)?;
        let field = |name: &str| {
            let is_it =
                |(own, _): &&multipart::Field<'_>| own.eq_ignore_ascii_case(name.as_bytes());
            fields.iter().find(is_it).map(|(_, value)| *value)
        };
        let disposition = field("content-disposition").ok_or(Malformed)?;
        let (name, file_name) = names(disposition).ok_or(Malformed)?;
        // A part without a type is text (RFC 7578, section 4.4).
        let content_type = field("content-type").unwrap_or(b"text/plain");
        let content_type = String::from_utf8_lossy(content_type).into_owned();
        Ok(Self { name, file_name, content_type })
    }
}

/// Returns the name of a part and its file name, from its `content-disposition`.
fn names(disposition: &[u8]) -> Option<(String, Option<String>)> {
    browser_names(disposition).or_else(|| other_names(disposition))
}

/// Parses the spelling of browsers and Node, where a backslash is not an escape.
fn browser_names(disposition: &[u8]) -> Option<(String, Option<String>)> {
    let quoted = |text: &str| {
        let (name, rest) = text.split_once('"')?;
        Some((unescaped(name), rest.to_owned()))
    };
    let disposition = std::str::from_utf8(disposition).ok()?;
    let (name, rest) = quoted(disposition.strip_prefix("form-data; name=\"")?)?;
    if rest.is_empty() {
        return Some((name, None));
    }
    let (file_name, rest) = quoted(rest.strip_prefix("; filename=\"")?)?;
    rest.is_empty().then_some((name, Some(file_name)))
}

/// Parses any other spelling: parameters in any order, without quotes or with backslash
/// escapes between them, and file names in percent-encoded UTF-8 (RFC 8187).
fn other_names(disposition: &[u8]) -> Option<(String, Option<String>)> {
    let kind = disposition.split(|byte| *byte == b';').next()?;
    if !kind.trim_ascii().eq_ignore_ascii_case(b"form-data") {
        return None;
    }
    let (mut name, mut file_name, mut extended) = (None, None, None);
    for (parameter, value) in multipart::parameters(disposition) {
        let is = |name: &str| parameter.eq_ignore_ascii_case(name.as_bytes());
        let value = String::from_utf8(value).ok()?;
        if is("name") {
            name.get_or_insert(value);
        } else if is("filename") {
            file_name.get_or_insert(value);
        } else if is("filename*")
            && let Some((charset, encoded)) = value.split_once('\'')
            && charset.eq_ignore_ascii_case("utf-8")
            && let Some((_, encoded)) = encoded.split_once('\'')
        {
            let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().ok()?;
            extended.get_or_insert(decoded.into_owned());
        }
    }
    Some((name?, extended.or(file_name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_written() {
        for name in [
            "a.txt",
            "ü 日本 😀.png",
            "a\"b",
            "a\\",
            "a\r\nb",
            "a; filename=\"x",
            "",
            "%41",
            "\0\u{1}\t\u{1f}\u{7f}",
            "\u{85}\u{2028}",
        ] {
            let head = file_head("B", "7", &File::new(name, "", ""));
            let (_, fields) = head.split_once("\r\n").unwrap();
            let read = PartHead::read(fields.strip_suffix("\r\n").unwrap().as_bytes()).unwrap();
            assert_eq!((read.name.as_str(), read.file_name.as_deref()), ("7", Some(name)));
        }
    }

    #[test]
    fn names_are_read_in_every_spelling() {
        type Names = Option<(&'static str, Option<&'static str>)>;
        let cases: [(&str, Names); 14] = [
            ("form-data; name=\"a\"", Some(("a", None))),
            ("Form-Data; Name=\"a\"; FileName=\"b\"", Some(("a", Some("b")))),
            ("form-data;name=a;filename=b", Some(("a", Some("b")))),
            ("form-data; filename=\"b\"; name=\"a\"", Some(("a", Some("b")))),
            ("form-data; name = a ; filename = b ", Some(("a", Some("b")))),
            ("form-data; name=\"a\"; filename=\"b\\\"c\"; x", Some(("a", Some("b\"c")))),
            ("form-data; name=\"a\"; filename=\"b;c=d\"; x=y", Some(("a", Some("b;c=d")))),
            ("form-data; name=\"a\"; filename*=UTF-8''%C3%BC%01", Some(("a", Some("ü\u{1}")))),
            (
                "form-data; name=\"a\"; filename=\"u\"; filename*=utf-8'en'%c3%bc",
                Some(("a", Some("ü"))),
            ),
            ("form-data; name=\"a\"; filename=\"\"", Some(("a", Some("")))),
            ("attachment; name=\"a\"", None),
            ("form-data; filename=\"b\"", None),
            ("form-data", None),
            ("", None),
        ];
        for (disposition, expected) in cases {
            let read = names(disposition.as_bytes());
            let expected = expected.map(|(name, file)| (name.to_owned(), file.map(str::to_owned)));
            assert_eq!(read, expected, "{disposition}");
        }
        assert_eq!(names(b"form-data; name=\"\xff\""), None);
    }

    #[test]
    fn boundaries_differ() {
        assert_ne!(boundary(), boundary());
    }

    #[test]
    fn the_length_of_a_form_is_that_of_its_parts() {
        let files = vec![File::new("a.txt", "text/plain", "hello"), File::new("b", "", "")];
        let output = Output { envelope: b"{}".to_vec(), files };
        let form = Form::new(Protocol::default(), output);
        let length = form.length();
        let of_part = |part: Part| match part {
            Part::Text(text) => text.len() as u64,
            Part::File(file) => file.size().unwrap(),
        };
        let parts: u64 = form.into_parts().into_iter().map(of_part).sum();
        assert_eq!(length, Some(parts));
    }
}
