//! The frames of a client on their way to the codec (RFC 6455, section 5.2).
//!
//! The codec ends a socket whose message is too long. Here such a message is detected
//! by the frame header that makes it too long, before the codec reads it. If its first
//! members have the id of a call, that call is refused, and the rest of the message is
//! discarded; the codec handles all other cases.

use bytes::{Buf as _, BytesMut};

use super::frame::{Frame, MAX_HEADER, number};
use super::whole::{self, Whole};
use crate::socket::Frame as Message;
use crate::wire::{Beginning, MAX_BEGINNING, NoBeginning, Protocol};

/// Maximum length of a message whose call is refused alone, in multiples of the limit.
const DISCARDED: u64 = 16;

/// A header that the codec refuses as that of a message that is too long.
const TOO_LONG: [u8; 10] = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// A message that is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong {
    pub(super) beginning: Beginning,
    /// Its length, as far as it is known.
    pub(super) length: usize,
    /// The codec has received parts of it.
    pub(super) is_begun: bool,
}

/// Parses the headers of frames. State that most sockets never have is boxed.
#[derive(Debug)]
pub(super) struct Intake {
    protocol: Protocol,
    limit: u64,
    state: State,
    /// Received part of a frame's header. The codec gets it whole.
    header: [u8; MAX_HEADER],
    header_length: usize,
    frame: Frame,
    /// Remaining bytes of the frame's payload.
    payload: u64,
    /// Message of which further frames are expected.
    message: Option<Box<Parts>>,
    too_long: Option<Box<TooLong>>,
    /// Number of complete messages.
    complete: u64,
    /// Length of the longest frame that the codec has received whole: its buffer stays as
    /// large.
    longest: u64,
    /// Number of frames of the incomplete message that the codec has received whole.
    fragments: usize,
    /// No message is refused any more.
    is_closing: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Frames are passed to the codec.
    Passes,
    /// Collects the first members of a message that is too long. The codec has not
    /// received this part of its frame.
    Looks { held: Vec<u8>, message: Box<Parts>, is_begun: bool },
    /// The rest of a message is discarded; `length` is its length so far.
    Discards { length: u64 },
    /// Everything is passed to the codec, which ends the socket.
    Ends,
}

/// The parts of a message so far.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    length: u64,
    beginning: Vec<u8>,
}

impl Intake {
    pub(super) fn new(protocol: Protocol, limit: usize) -> Self {
        Self {
            protocol,
            limit: limit as u64,
            state: State::Passes,
            header: [0; MAX_HEADER],
            header_length: 0,
            frame: Frame::default(),
            payload: 0,
            message: None,
            too_long: None,
            complete: 0,
            longest: 0,
            fragments: 0,
            is_closing: false,
        }
    }

    /// Leaves messages that are too long to the codec from now on.
    pub(super) fn close(&mut self) {
        self.is_closing = true;
    }

    /// Returns the message that was found too long. No bytes are taken until this is
    /// called.
    pub(super) fn take_too_long(&mut self) -> Option<TooLong> {
        self.too_long.take().map(|message| *message)
    }

    pub(super) fn too_long(&self) -> Option<&TooLong> {
        self.too_long.as_deref()
    }

    /// Returns `true` if the last byte ended a message.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.header_length == 0
            && self.payload == 0
            && self.message.is_none()
            && self.state == State::Passes
    }

    /// Returns the number of bytes that the codec keeps: its buffer, which is as long as the
    /// longest frame so far, and a copy of the fragments of the incomplete message, whose
    /// buffer doubles as it grows.
    pub(super) fn kept(&self) -> usize {
        let is_data = self.payload > 0 && !self.frame.is_control();
        let is_passed = is_data && !matches!(self.state, State::Discards { .. });
        let frame = if is_passed { self.frame.length - self.payload } else { 0 };
        let message = self.message.as_ref().map_or(0, |message| message.length);
        let unread = if is_data { self.frame.length } else { 0 };
        let fragments = match self.fragments {
            0 => 0,
            1 => message.saturating_sub(unread),
            _ => message.saturating_sub(unread).saturating_mul(2),
        };
        let kept = self.longest.max(frame).saturating_add(fragments);
        usize::try_from(kept).unwrap_or(usize::MAX)
    }

    /// Returns the length of the codec's buffer.
    pub(super) fn buffer(&self) -> usize {
        usize::try_from(self.longest).unwrap_or(usize::MAX)
    }

    /// Notes that a new codec receives the next bytes.
    pub(super) fn begin(&mut self) {
        self.longest = 0;
        self.fragments = 0;
    }

    /// Returns the number of complete messages.
    pub(super) fn complete(&self) -> u64 {
        self.complete
    }

    /// Takes a message that is whole at the start of the bytes, in one frame and within the
    /// limit, without a copy. `None` leaves it to [`take`](Self::take).
    pub(super) fn take_message(&mut self, bytes: &mut BytesMut) -> Option<Message> {
        if !self.is_at_boundary() || self.too_long.is_some() {
            return None;
        }
        let Whole { is_text, payload } = whole::read(bytes, self.limit)?;
        self.complete += 1;
        // The last message needs no handle that it shares with others.
        let mut message = if payload.end == bytes.len() {
            std::mem::take(bytes)
        } else {
            bytes.split_to(payload.end)
        };
        message.advance(payload.start);
        let message = message.freeze();
        Some(if is_text { Message::Text(message) } else { Message::Binary(message) })
    }

    /// Returns `true` if the next bytes are payload for the codec alone.
    pub(super) fn is_in_payload(&self) -> bool {
        self.state == State::Passes && self.payload > 0 && !self.collects()
    }

    /// Counts payload that went to the codec; returns its length.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> usize {
        let length = least(self.payload, bytes.len());
        self.advance(length);
        length
    }

    /// Takes bytes, and passes the codec's part to `out`. Returns the number of bytes
    /// taken: all, unless a message is too long.
    pub(super) fn take(&mut self, bytes: &[u8], out: &mut BytesMut) -> usize {
        let mut at = 0;
        while at < bytes.len() && self.too_long.is_none() {
            let rest = &bytes[at..];
            if self.state == State::Ends {
                out.extend_from_slice(rest);
                return bytes.len();
            }
            if self.payload > 0 {
                at += self.take_payload(rest, out);
                continue;
            }
            self.header[self.header_length] = rest[0];
            self.header_length += 1;
            at += 1;
            if self.is_header_read() {
                let length = std::mem::take(&mut self.header_length);
                self.frame = Frame::read(&self.header[..length]);
                let header = self.header;
                self.begin_frame(&header[..length], out);
            }
        }
        at
    }

    fn take_payload(&mut self, bytes: &[u8], out: &mut BytesMut) -> usize {
        let mut length = least(self.payload, bytes.len());
        match &mut self.state {
            State::Looks { held, message, .. } => {
                length = length.min(MAX_BEGINNING - message.beginning.len());
                held.extend_from_slice(&bytes[..length]);
                message.beginning.extend(self.frame.unmask(&bytes[..length], self.payload));
                self.payload -= length as u64;
                self.look(out);
                return length;
            }
            State::Discards { .. } if !self.frame.is_control() => {}
            _ => {
                out.extend_from_slice(&bytes[..length]);
                if self.collects()
                    && let Some(message) = &mut self.message
                {
                    let space = MAX_BEGINNING - message.beginning.len();
                    let unmasked = self.frame.unmask(&bytes[..length], self.payload);
                    message.beginning.extend(unmasked.take(space));
                }
            }
        }
        self.advance(length);
        length
    }

    /// Returns `true` if the payload belongs to the first members of a message in
    /// parts.
    fn collects(&self) -> bool {
        let is_short = |message: &Parts| message.beginning.len() < MAX_BEGINNING;
        !self.frame.is_control() && self.message.as_deref().is_some_and(is_short)
    }

    fn advance(&mut self, length: usize) {
        self.payload -= length as u64;
        if self.payload == 0 {
            self.end_frame();
        }
    }

    /// Returns `true` if enough of a header has arrived. A length that is too large in
    /// any case needs no mask.
    fn is_header_read(&self) -> bool {
        if self.header_length < 2 {
            return false;
        }
        let length = match self.header[1] & 0x7f {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        let mask = if self.header[1] & 0x80 == 0 { 0 } else { 4 };
        let is_too_much =
            || length == 10 && number(&self.header[2..10]) > self.limit.saturating_mul(DISCARDED);
        self.header_length == length + mask || (self.header_length == length && is_too_much())
    }

    fn begin_frame(&mut self, header: &[u8], out: &mut BytesMut) {
        let frame = self.frame;
        self.payload = frame.length;
        if frame.is_control() {
            out.extend_from_slice(header);
            return self.end_empty();
        }
        let is_regular = frame.reserved == 0 && frame.is_masked;
        let most = self.limit.saturating_mul(DISCARDED);
        if let State::Discards { length } = &mut self.state {
            *length = length.saturating_add(frame.length);
            if is_regular && frame.opcode == 0 && *length <= most {
                return self.end_empty();
            }
            // The codec does not know the message: its part is a continuation without a
            // start.
            let is_too_long = is_regular && frame.opcode == 0;
            if is_too_long {
                out.extend_from_slice(&TOO_LONG);
            } else {
                out.extend_from_slice(&[header[0] & 0xf0]);
                out.extend_from_slice(&header[1..]);
            }
            self.state = State::Ends;
            return;
        }
        let is_next = (frame.opcode == 0) == self.message.is_some() && frame.opcode <= 2;
        let before = self.message.as_ref().map_or(0, |message| message.length);
        let length = before.saturating_add(frame.length);
        let is_refused = length > self.limit;
        if !is_regular || !is_next || length > most || (is_refused && self.is_closing) {
            out.extend_from_slice(header);
            self.state = State::Ends;
        } else if is_refused {
            let is_begun = self.message.is_some();
            let mut message = self.message.take().unwrap_or_default();
            message.length = length;
            self.state = State::Looks { held: header.to_vec(), message, is_begun };
            self.look(out);
        } else {
            out.extend_from_slice(header);
            if self.message.is_some() || !frame.is_last {
                self.message.get_or_insert_default().length = length;
            }
            self.end_empty();
        }
    }

    fn end_empty(&mut self) {
        if self.payload == 0 {
            self.end_frame();
        }
    }

    fn end_frame(&mut self) {
        if self.frame.is_control() {
            return;
        }
        if self.state == State::Passes {
            self.longest = self.longest.max(self.frame.length);
            self.fragments += 1;
        }
        if !self.frame.is_last {
            return;
        }
        self.message = None;
        self.fragments = 0;
        self.complete += 1;
        if matches!(self.state, State::Discards { .. }) {
            self.state = State::Passes;
        }
    }

    /// Decides by the first members received so far.
    fn look(&mut self, out: &mut BytesMut) {
        let State::Looks { held, message, is_begun } = &mut self.state else { return };
        match Beginning::decode(self.protocol, &message.beginning) {
            Ok(beginning) => {
                let (length, is_begun) = (message.length, *is_begun);
                let length_so_far = usize::try_from(length).unwrap_or(usize::MAX);
                let too_long = TooLong { beginning, length: length_so_far, is_begun };
                self.too_long = Some(Box::new(too_long));
                self.state = State::Discards { length };
                self.end_empty();
            }
            Err(NoBeginning::Short)
                if self.payload > 0 && message.beginning.len() < MAX_BEGINNING => {}
            Err(_) => {
                out.extend_from_slice(held);
                self.state = State::Ends;
            }
        }
    }
}

fn least(left: u64, length: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(length)
}

#[cfg(test)]
mod tests;
