//! Parser for server-sent events (WHATWG HTML Standard, section "Server-sent events").

use std::time::Duration;

use bytes::{Buf as _, Bytes};

use super::Protocol;
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
    /// Total length of the event's lines.
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

    /// Returns the number of bytes of an incomplete event that have been read.
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
