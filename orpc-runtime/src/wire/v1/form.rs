//! Forms with files (`multipart/form-data`, RFC 7578), as the official packages
//! write and read them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use bytes::Bytes;

use crate::procedure::Output;
use crate::value::File;

/// The part with the envelope; files are numbered.
pub(crate) const DATA: &str = "data";

/// A form to be sent.
#[derive(Debug)]
pub(crate) struct Form {
    boundary: String,
    parts: Vec<Part>,
}

/// A piece of a form.
#[derive(Debug)]
pub(crate) enum Part {
    Text(Bytes),
    File(File),
}

impl Form {
    /// The form of an output.
    pub(crate) fn new(output: Output) -> Self {
        Self::with_boundary(boundary(), output)
    }

    fn with_boundary(boundary: String, Output { envelope, files }: Output) -> Self {
        let mut text = open(&boundary, DATA, "").into_bytes();
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(&envelope);
        let mut parts = Vec::with_capacity(2 * files.len() + 1);
        for (number, file) in files.into_iter().enumerate() {
            text.extend_from_slice(b"\r\n");
            text.extend_from_slice(file_head(&boundary, number, &file).as_bytes());
            parts.push(Part::Text(std::mem::take(&mut text).into()));
            parts.push(Part::File(file));
        }
        text.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        parts.push(Part::Text(text.into()));
        Self { boundary, parts }
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// How many bytes it has, if that is known.
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

/// A boundary that is in no file: 128 bits that nobody can foretell, from the
/// random keys of a hash.
fn boundary() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("----formdata-orpc-{:016x}{:016x}", random(), random())
}

/// What a part begins with, up to its other headers.
fn open(boundary: &str, name: &str, more: &str) -> String {
    format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n")
}

fn file_head(boundary: &str, number: usize, file: &File) -> String {
    let file_name = format!("; filename=\"{}\"", escaped(file.name()));
    let content_type = match file.content_type() {
        "" => "application/octet-stream",
        known => known,
    };
    let head = open(boundary, &number.to_string(), &file_name);
    format!("{head}Content-Type: {content_type}\r\n\r\n")
}

/// A name as it stands between quotes (HTML, section 4.10.21.8).
fn escaped(name: &str) -> String {
    name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")
}

/// The reverse of [`escaped`].
fn unescaped(name: &str) -> String {
    name.replace("%0A", "\n").replace("%0D", "\r").replace("%22", "\"")
}

/// The name of a part and that of its file, from its `content-disposition` as
/// browsers and Node write it: a backslash is a backslash.
pub(crate) fn names(disposition: &[u8]) -> Option<(String, Option<String>)> {
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

/// The number of a part that is a file.
pub(crate) fn number(name: &str) -> Option<usize> {
    let canonical =
        name == "0" || (!name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { name.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_written() {
        for name in
            ["a.txt", "ü 日本 😀.png", "a\"b", "a\\", "a\r\nb", "a; filename=\"x", "", "%41"]
        {
            let head = file_head("B", 7, &File::new(name, "", ""));
            let line = head.lines().nth(1).unwrap();
            let disposition = line.strip_prefix("Content-Disposition: ").unwrap();
            let read = names(disposition.as_bytes());
            assert_eq!(read, Some(("7".to_owned(), Some(name.to_owned()))));
        }
    }

    #[test]
    fn boundaries_differ() {
        assert_ne!(boundary(), boundary());
    }
}
