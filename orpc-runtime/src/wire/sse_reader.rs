//! Parser for server-sent events (WHATWG HTML Standard, section "Server-sent events").

use std::time::Duration;

use bytes::{Buf as _, Bytes};

use super::Protocol;
use crate::budget::ENTRY;
use crate::core::{EventKind, EventMeta};

/// A parsed event.
#[derive(Debug)]
pub(crate) struct SseEvent {
    pub(crate) kind: EventKind,
    /// The text of the envelope; empty for undefined.
    pub(crate) data: Bytes,
    pub(crate) meta: EventMeta,
}

/// Error of an event that is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Memory of a comment beside its text. It is part of the length of an event: comments of
/// an event are kept until its end, and one of two bytes takes as much as a long one.
const COMMENT: usize = size_of::<String>() + ENTRY;

/// Parses the events of a `text/event-stream` body from pieces of any size.
#[derive(Debug)]
pub(crate) struct SseReader {
    protocol: Protocol,
    limit: usize,
    /// The incomplete line.
    line: Vec<u8>,
    /// The last byte was CR: an LF belongs to the same line end.
    after_cr: bool,
    is_first_line: bool,
    event: Fields,
    /// Total length of the event's lines, with the memory of its comments.
    length: usize,
}

/// Fields of an event that is being read.
#[derive(Debug, Default)]
struct Fields {
    name: String,
    data: Option<Vec<u8>>,
    meta: EventMeta,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl SseReader {
    /// Creates a parser for events of at most `limit` bytes each.
    pub(crate) fn new(protocol: Protocol, limit: usize) -> Self {
        Self {
            protocol,
            limit,
            line: Vec::new(),
            after_cr: false,
            is_first_line: true,
            event: Fields::default(),
            length: 0,
        }
    }

    /// Returns the memory of the incomplete event.
    pub(crate) fn unfinished(&self) -> usize {
        self.length
    }

    /// Reads up to the end of the next event; `None` if more bytes are needed.
    pub(crate) fn read(&mut self, bytes: &mut Bytes) -> Result<Option<SseEvent>, TooLong> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes.advance(1);
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = bytes.split_to(end.unwrap_or(bytes.len()));
            self.length += part.len() + usize::from(end.is_some());
            if self.length > self.limit {
                return Err(TooLong);
            }
            self.line.extend_from_slice(&part);
            if end.is_some() {
                self.after_cr = bytes[0] == b'\r';
                bytes.advance(1);
                if let Some(event) = self.end_line() {
                    return Ok(Some(event));
                }
            }
        }
        Ok(None)
    }

    /// Returns `true` if the last event is incomplete.
    pub(crate) fn is_inside_event(&self) -> bool {
        self.length > 0
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if std::mem::take(&mut self.is_first_line) {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if !line.is_empty() {
            if line.starts_with(b":") {
                self.length += COMMENT;
            }
            self.event.line(line);
            return None;
        }
        self.length = 0;
        std::mem::take(&mut self.event).into_event(self.protocol)
    }
}

impl Fields {
    fn line(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match &line[..colon] {
            b"" => self.meta.comments.push(text()),
            b"event" => self.name = text(),
            b"data" => match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            b"id" => self.meta.id = Some(text()),
            b"retry" if value.iter().all(u8::is_ascii_digit) => {
                if let Ok(millis) = text().parse() {
                    self.meta.retry = Some(Duration::from_millis(millis));
                }
            }
            _ => {}
        }
    }

    /// Returns the event; `None` if the lines were a keep-alive, or the event's name is
    /// unknown.
    fn into_event(self, protocol: Protocol) -> Option<SseEvent> {
        let kind = match self.name.as_str() {
            "" if self.data.is_some() => EventKind::Message,
            name => protocol.event_kind(name)?,
        };
        Some(SseEvent { kind, data: self.data.unwrap_or_default().into(), meta: self.meta })
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use super::*;

    /// The events as text, and what is left at the end.
    #[derive(Debug, PartialEq)]
    struct Read {
        events: Vec<String>,
        end: Result<usize, TooLong>,
    }

    fn read<'t>(chunks: impl Iterator<Item = &'t [u8]>, limit: usize) -> Read {
        let mut reader = SseReader::new(Protocol::V1, limit);
        let mut events = Vec::new();
        for chunk in chunks {
            let mut bytes = Bytes::copy_from_slice(chunk);
            loop {
                match reader.read(&mut bytes) {
                    Ok(Some(event)) => events.push(format!("{event:?}")),
                    Ok(None) => break,
                    Err(too_long) => return Read { events, end: Err(too_long) },
                }
            }
        }
        Read { events, end: Ok(reader.unfinished()) }
    }

    /// Pieces of event streams, right and wrong.
    fn token() -> impl Strategy<Value = &'static [u8]> {
        let known: [&[u8]; 20] = [
            b"\n",
            b"\n",
            b"\n\n",
            b"\r",
            b"\r\n",
            b"\r\n\r\n",
            b":",
            b": a",
            b"data",
            b"data: {}",
            b"data:{\"json\":1}",
            b"event: message",
            b"event:done",
            b"event",
            b"id: \xc3\xa9",
            b"id:\xff",
            b"retry: 50",
            b"retry: -1",
            BYTE_ORDER_MARK,
            b"x",
        ];
        select(known.to_vec())
    }

    proptest! {
        #![proptest_config(crate::wire::testing::cases(500))]

        /// The network decides at which bytes a body is split.
        #[test]
        fn events_are_the_same_however_they_are_split(
            tokens in vec(token(), 0..40),
            splits in vec(any::<Index>(), 0..8),
            limit in prop_oneof![Just(1000), 0..120_usize],
        ) {
            let text = tokens.concat();
            let whole = read([text.as_slice()].into_iter(), limit);
            prop_assert_eq!(&read(crate::wire::testing::split(&text, &splits), limit), &whole);
            prop_assert_eq!(&read(text.chunks(1), limit), &whole);
        }
    }

    /// The empty line that ends an event is part of it.
    #[test]
    fn an_event_has_at_most_as_many_bytes_as_the_limit() {
        for text in ["data: x\n\n", "event: done\r\rdata: x\r\r"] {
            let longest = text.split_inclusive("\r\r").map(str::len).max().unwrap();
            for size in [1, 3, text.len()] {
                let read = |limit| read(text.as_bytes().chunks(size), limit).end;
                assert_eq!(read(longest), Ok(0), "{text:?} in pieces of {size}");
                assert_eq!(read(longest - 1), Err(TooLong), "{text:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn an_incomplete_event_takes_its_bytes_and_the_memory_of_its_comments() {
        let taken = |text: &str| read([text.as_bytes()].into_iter(), 1000).end;
        assert_eq!(taken("data: x"), Ok(7));
        assert_eq!(taken("data: x\n"), Ok(8));
        assert_eq!(taken("data: x\r\n"), Ok(8), "one line end");
        assert_eq!(taken("data: x\n\ndata"), Ok(4));
        assert_eq!(taken(":a\n"), Ok(3 + COMMENT));
        assert_eq!(taken(":a\n:\ndata: x"), Ok(3 + 2 + 7 + 2 * COMMENT));
        let end = read([b":\n".as_slice(), b"\n"].into_iter(), 2 + COMMENT).end;
        assert_eq!(end, Err(TooLong));
        let end = read([b":\n".as_slice(), b"\n"].into_iter(), 3 + COMMENT).end;
        assert_eq!(end, Ok(0));
    }

    /// HTML Standard, section 9.2.6.
    #[test]
    fn a_retry_consists_of_digits_alone() {
        for (line, millis) in [
            ("retry: 7", "retry: Some(7ms)"),
            ("retry:70", "retry: Some(70ms)"),
            ("retry: +7", "retry: None"),
            ("retry: 7ms", "retry: None"),
            ("retry: -7", "retry: None"),
            ("retry", "retry: None"),
        ] {
            let text = format!("{line}\ndata: x\n\n");
            let events = read([text.as_bytes()].into_iter(), 1000).events;
            assert!(events[0].contains(millis), "{line}: {events:?}");
        }
    }
}
