//! Parser for forms (`multipart/form-data`, RFC 7578) that arrive in pieces of any
//! size.

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem::Finder;

/// Maximum number of bytes before the first part, of the header of a part, and behind a
/// boundary.
pub(crate) const MAX_HEAD: usize = 16 * 1024;

/// Maximum number of header fields of a part.
const MAX_FIELDS: usize = 32;

/// Maximum length of a boundary (RFC 2046, section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// Error of a malformed or incomplete form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the form is malformed or cut off")]
pub(crate) struct Malformed;

/// A parsed piece of a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Header of the next part: its header fields, each with its line end.
    Head(Bytes),
    /// Some of the content of the part.
    Content(Bytes),
    /// The content of the part is complete.
    End,
}

/// Parser state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Preamble,
    /// Behind a boundary.
    Boundary,
    Head,
    Content,
    /// Behind the last boundary. The rest is ignored.
    Epilogue,
}

/// Parses a form from bytes as they arrive.
#[derive(Debug)]
pub(crate) struct Reader {
    /// CRLF, two hyphens and the boundary.
    delimiter: Finder<'static>,
    place: Place,
    buffer: BytesMut,
}

impl Reader {
    /// Creates a parser for a form with that content type.
    pub(crate) fn new(content_type: &[u8]) -> Result<Self, Malformed> {
        let boundary = boundary(content_type).ok_or(Malformed)?;
        let delimiter = [b"\r\n--", boundary.as_slice()].concat();
        // The first boundary may be at the very start.
        let buffer = BytesMut::from(&b"\r\n"[..]);
        Ok(Self { delimiter: Finder::new(&delimiter).into_owned(), place: Place::Preamble, buffer })
    }

    /// Adds bytes of the form.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if self.place == Place::Epilogue {
            return;
        }
        if self.buffer.is_empty() {
            self.buffer = bytes.into();
        } else {
            self.buffer.extend_from_slice(&bytes);
        }
    }

    /// Returns `true` if the last boundary was read.
    pub(crate) fn is_complete(&self) -> bool {
        self.place == Place::Epilogue
    }

    /// Returns the next piece; `None` if it needs more bytes, or at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, Malformed> {
        loop {
            match self.place {
                Place::Preamble => {
                    let length = self.delimiter.needle().len();
                    let Some(at) = self.delimiter.find(&self.buffer) else {
                        // The buffer may end with all of the delimiter but its last byte.
                        return self.need_more(MAX_HEAD + length - 1);
                    };
                    if at > MAX_HEAD {
                        return Err(Malformed);
                    }
                    self.buffer.advance(at + self.delimiter.needle().len());
                    self.place = Place::Boundary;
                }
                Place::Boundary => {
                    if !self.end_boundary()? {
                        return Ok(None);
                    }
                }
                Place::Head => {
                    // Behind the head is an empty line, of which LF may be missing.
                    let Some(head) = self.head() else { return self.need_more(MAX_HEAD + 1) };
                    if head.len() > MAX_HEAD {
                        return Err(Malformed);
                    }
                    self.place = Place::Content;
                    return Ok(Some(Piece::Head(head)));
                }
                Place::Content => return Ok(self.content()),
                Place::Epilogue => {
                    self.buffer.clear();
                    return Ok(None);
                }
            }
        }
    }

    /// Fails if the buffer is longer than the part it waits for may be without its end.
    fn need_more(&self, limit: usize) -> Result<Option<Piece>, Malformed> {
        if self.buffer.len() > limit { Err(Malformed) } else { Ok(None) }
    }

    /// Parses the end of a boundary: two hyphens for the last one, or padding and a
    /// line end. Returns `false` if it has not arrived yet.
    fn end_boundary(&mut self) -> Result<bool, Malformed> {
        if self.buffer.starts_with(b"--") {
            self.place = Place::Epilogue;
            return Ok(true);
        }
        let padding = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if padding > MAX_HEAD {
            return Err(Malformed);
        }
        match &self.buffer[padding..] {
            [b'\r', b'\n', ..] => {
                self.buffer.advance(padding + 2);
                self.place = Place::Head;
                Ok(true)
            }
            [] | [b'\r'] => Ok(false),
            [b'-'] if padding == 0 => Ok(false),
            _ => Err(Malformed),
        }
    }

    /// Returns the header fields up to the empty line behind them.
    fn head(&mut self) -> Option<Bytes> {
        if self.buffer.starts_with(b"\r\n") {
            self.buffer.advance(2);
            return Some(Bytes::new());
        }
        let end = memchr::memmem::find(&self.buffer, b"\r\n\r\n")?;
        let head = self.buffer.split_to(end + 2).freeze();
        self.buffer.advance(2);
        Some(head)
    }

    /// Returns the bytes that certainly are content, or its end.
    fn content(&mut self) -> Option<Piece> {
        let delimiter = self.delimiter.needle();
        match self.delimiter.find(&self.buffer) {
            Some(0) => {
                self.buffer.advance(delimiter.len());
                self.place = Place::Boundary;
                Some(Piece::End)
            }
            Some(at) => Some(Piece::Content(self.buffer.split_to(at).freeze())),
            None => {
                // The bytes may end with the start of a delimiter.
                let tail = self.buffer.len().saturating_sub(delimiter.len());
                let begins = |at: &usize| delimiter.starts_with(&self.buffer[*at..]);
                let sure = (tail..self.buffer.len()).find(begins).unwrap_or(self.buffer.len());
                (sure > 0).then(|| Piece::Content(self.buffer.split_to(sure).freeze()))
            }
        }
    }
}

/// Returns the boundary of a content type, quoted or not.
fn boundary(content_type: &[u8]) -> Option<Vec<u8>> {
    let (_, boundary) =
        parameters(content_type).find(|(name, _)| name.eq_ignore_ascii_case(b"boundary"))?;
    (1..=MAX_BOUNDARY).contains(&boundary.len()).then_some(boundary)
}

/// Parses the parameters of a header's value (RFC 9110, section 5.6.6). In a quoted
/// value a backslash before a quote or a backslash is removed.
pub(crate) fn parameters(value: &[u8]) -> impl Iterator<Item = (&[u8], Vec<u8>)> {
    let mut rest = value.iter().position(|byte| *byte == b';').map_or(&b""[..], |at| &value[at..]);
    std::iter::from_fn(move || {
        loop {
            rest = rest.strip_prefix(b";")?.trim_ascii_start();
            let end =
                rest.iter().position(|byte| matches!(byte, b';' | b'=')).unwrap_or(rest.len());
            let name = rest[..end].trim_ascii_end();
            rest = &rest[end..];
            let Some(after) = rest.strip_prefix(b"=") else { continue };
            let after = after.trim_ascii_start();
            let value = if let Some(quoted) = after.strip_prefix(b"\"") {
                let (value, after) = unquoted(quoted);
                let end = after.iter().position(|byte| *byte == b';').unwrap_or(after.len());
                rest = &after[end..];
                value
            } else {
                let end = after.iter().position(|byte| *byte == b';').unwrap_or(after.len());
                rest = &after[end..];
                after[..end].trim_ascii_end().to_vec()
            };
            return Some((name, value));
        }
    })
}

/// Splits off a quoted value, without its quotes.
fn unquoted(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut value = Vec::new();
    let mut bytes = text.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return (value, &text[at + 1..]),
            b'\\' if matches!(text.get(at + 1), Some(b'"' | b'\\')) => {
                value.push(text[at + 1]);
                bytes.next();
            }
            byte => value.push(*byte),
        }
    }
    (value, &[])
}

/// Name and value of a header field.
pub(crate) type Field<'h> = (&'h [u8], &'h [u8]);

/// Parses the header fields of a part. A value may contain any byte except those of a
/// line end.
pub(crate) fn fields(head: &[u8]) -> Result<Vec<Field<'_>>, Malformed> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let end = memchr::memchr2(b'\r', b'\n', rest).ok_or(Malformed)?;
        let line = &rest[..end];
        rest = rest[end..].strip_prefix(b"\r\n").ok_or(Malformed)?;
        let colon = memchr::memchr(b':', line).ok_or(Malformed)?;
        if fields.len() == MAX_FIELDS {
            return Err(Malformed);
        }
        fields.push((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    /// The head of a part and its content.
    type Part = (Bytes, Vec<u8>);

    /// Parses a form in pieces of `size` bytes, with contents concatenated.
    fn pieces(form: &[u8], size: usize) -> Result<(Vec<Part>, bool), Malformed> {
        joined(form.chunks(size))
    }

    fn joined<'f>(chunks: impl Iterator<Item = &'f [u8]>) -> Result<(Vec<Part>, bool), Malformed> {
        let mut reader = Reader::new(b"multipart/form-data; boundary=B")?;
        let mut parts: Vec<Part> = Vec::new();
        for chunk in chunks {
            reader.push(Bytes::copy_from_slice(chunk));
            while let Some(piece) = reader.next()? {
                match piece {
                    Piece::Head(head) => parts.push((head, Vec::new())),
                    Piece::Content(bytes) => parts.last_mut().unwrap().1.extend_from_slice(&bytes),
                    Piece::End => {}
                }
            }
        }
        Ok((parts, reader.is_complete()))
    }

    #[test]
    fn contents_are_the_same_in_pieces_of_every_size() {
        let contents: [&[u8]; 8] = [
            b"",
            b"A",
            b"\r\n",
            b"\r\n--",
            b"\r\n--C\r\n-\r\r\n--",
            b"--B",
            b"\r\r\n\r",
            b"\0\xff\r\n-B--",
        ];
        let mut form = b"preamble\r\n".to_vec();
        for content in contents {
            form.extend_from_slice(b"--B \t\r\nA: b\r\nC:d\r\n\r\n");
            form.extend_from_slice(content);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(b"--B--epilogue\r\n--B\r\n");
        for size in 1..form.len() {
            let (parts, is_complete) = pieces(&form, size).unwrap();
            assert!(is_complete, "{size}");
            let read: Vec<_> = parts.iter().map(|(_, content)| content.as_slice()).collect();
            assert_eq!(read, contents, "{size}");
            for (head, _) in &parts {
                assert_eq!(&head[..], b"A: b\r\nC:d\r\n");
            }
        }
    }

    #[test]
    fn a_form_that_is_cut_off_is_not_complete() {
        let form = b"--B\r\nA: b\r\n\r\nC\r\n--B--";
        assert!(pieces(form, 100).unwrap().1);
        for length in 0..form.len() {
            assert!(!pieces(&form[..length], 100).unwrap().1, "{length}");
        }
    }

    #[test]
    fn the_parts_that_are_searched_for_are_bounded() {
        let long = vec![b'x'; MAX_HEAD + 1];
        for size in [100, 1_000_000] {
            let behind = b"\r\n--B\r\n\r\n\r\n--B--";
            assert_eq!(pieces(&[&long[..], behind].concat(), size), Err(Malformed));
            let head = [b"--B\r\nA: ", &long[..], b"\r\n\r\n\r\n--B--"].concat();
            assert_eq!(pieces(&head, size), Err(Malformed));
        }
    }

    /// Pieces of forms, right and wrong, some about as long as a head may be.
    fn token() -> impl Strategy<Value = Vec<u8>> {
        let known: Vec<&[u8]> = vec![
            b"\r\n--B",
            b"--B",
            b"--",
            b"\r\n",
            b"\r\n\r\n",
            b"\r",
            b"\n",
            b"-",
            b" \t",
            b"A: b\r\n",
            b"x",
            b"\0\xff",
        ];
        let long = (select(b"x \r".as_slice()), MAX_HEAD - 12..MAX_HEAD + 4);
        prop_oneof![
            12 => select(known).prop_map(<[u8]>::to_vec),
            1 => long.prop_map(|(byte, length)| vec![byte; length]),
        ]
    }

    proptest! {
        #![proptest_config(crate::wire::testing::cases(500))]

        /// The network decides at which bytes a form is split.
        #[test]
        fn a_form_is_the_same_however_it_is_split(
            tokens in vec(token(), 0..16),
            splits in vec(any::<Index>(), 0..6),
        ) {
            let form = tokens.concat();
            let whole = pieces(&form, form.len().max(1));
            let split = joined(crate::wire::testing::split(&form, &splits));
            prop_assert_eq!(split, whole);
        }
    }

    /// One split at every place around the end of the longest preamble, head and padding.
    #[test]
    fn the_longest_parts_are_the_same_however_they_are_split() {
        for length in MAX_HEAD - 4..MAX_HEAD + 4 {
            let long = "x".repeat(length);
            let spaces = " ".repeat(length);
            for form in [
                format!("{long}\r\n--B\r\n\r\n\r\n--B--"),
                format!("--B\r\n{long}\r\n\r\nC\r\n--B--"),
                format!("--B{spaces}\r\n\r\nC\r\n--B--"),
            ] {
                let form = form.as_bytes();
                let whole = pieces(form, form.len());
                for at in MAX_HEAD - 8..form.len() {
                    let (start, end) = form.split_at(at);
                    assert_eq!(joined([start, end].into_iter()), whole, "{length} at {at}");
                }
            }
        }
    }

    #[test]
    fn boundaries_are_tokens_or_quoted() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=B", Some("B")),
            ("Multipart/Form-Data;Boundary=B", Some("B")),
            ("multipart/form-data; charset=utf-8; boundary=\"a b;c\"; x=y", Some("a b;c")),
            ("multipart/form-data; boundary=B ;x", Some("B")),
            ("multipart/form-data", None),
            ("multipart/form-data; boundary=", None),
            ("multipart/form-data; boundary=\"\"", None),
            ("multipart/form-data;;", None),
            ("multipart/form-data; xboundary=B", None),
        ] {
            let read = boundary(content_type.as_bytes());
            assert_eq!(read.as_deref(), expected.map(str::as_bytes), "{content_type}");
        }
        let long = format!("multipart/form-data; boundary={}", "x".repeat(MAX_BOUNDARY + 1));
        assert_eq!(boundary(long.as_bytes()), None);
    }

    /// The line end that the reader assumes before the form counts.
    #[test]
    fn a_preamble_a_head_and_padding_may_have_16_kib_and_not_a_byte_more() {
        let fits = |form: String, rest: &str| {
            let form = form + rest;
            pieces(form.as_bytes(), form.len()).map(|(parts, is_complete)| {
                assert_eq!((parts.len(), is_complete), (1, true));
            })
        };
        let x = |length: usize| "x".repeat(length);
        let part = "\r\n--B\r\n\r\nC\r\n--B--";
        assert_eq!(fits(x(MAX_HEAD - 2), part), Ok(()));
        assert_eq!(fits(x(MAX_HEAD - 1), part), Err(Malformed));
        let head = |length: usize| format!("--B\r\n{}\r\n\r\n", x(length));
        assert_eq!(fits(head(MAX_HEAD - 2), "C\r\n--B--"), Ok(()));
        assert_eq!(fits(head(MAX_HEAD - 1), "C\r\n--B--"), Err(Malformed));
        let padded = |length: usize| format!("--B{}", " ".repeat(length));
        assert_eq!(fits(padded(MAX_HEAD), "\r\n\r\nC\r\n--B--"), Ok(()));
        assert_eq!(fits(padded(MAX_HEAD + 1), "\r\n\r\nC\r\n--B--"), Err(Malformed));
    }

    /// Bytes without the end of what they may be the start of.
    #[test]
    fn no_more_is_kept_than_a_part_and_the_end_it_lacks() {
        let kept = |form: String| pieces(form.as_bytes(), form.len()).map(drop);
        let preamble = |length: usize| "x".repeat(length);
        let delimiter = "\r\n--B".len();
        assert_eq!(kept(preamble(MAX_HEAD - 2 + delimiter - 1)), Ok(()));
        assert_eq!(kept(preamble(MAX_HEAD - 2 + delimiter)), Err(Malformed));
        let head = |length: usize| format!("--B\r\n{}", "x".repeat(length));
        assert_eq!(kept(head(MAX_HEAD + 1)), Ok(()));
        assert_eq!(kept(head(MAX_HEAD + 2)), Err(Malformed));
    }

    #[test]
    fn padding_ends_with_the_line() {
        for form in ["--B-", "--B \t", "--B\r", "--B \r"] {
            assert_eq!(pieces(form.as_bytes(), form.len()).map(drop), Ok(()), "{form:?}");
        }
        for form in ["--B -", "--B\t-", "--B -- \r\n", "--B-x", "--Bx", "--B x", "--B\rx"] {
            assert_eq!(pieces(form.as_bytes(), form.len()).map(drop), Err(Malformed), "{form:?}");
        }
    }

    /// A browser writes a backslash as it is.
    #[test]
    fn a_backslash_escapes_a_quotation_mark_or_itself_alone() {
        for (text, value, rest) in [
            (r#"a\b"c"#, r"a\b", "c"),
            (r#"a\"b"c"#, "a\"b", "c"),
            (r#"a\\"c"#, r"a\", "c"),
            (r#"\"#, r"\", ""),
            (r#""#, "", ""),
        ] {
            let read = unquoted(text.as_bytes());
            assert_eq!(read, (value.as_bytes().to_vec(), rest.as_bytes()), "{text}");
        }
    }
}
