//! The frames of a client on their way to the codec (RFC 6455, section 5.2).
//!
//! The codec ends a socket whose message is too long. Here such a message is detected
//! by the frame header that makes it too long, before the codec reads it. If its first
//! members have the id of a call, that call is refused, and the rest of the message is
//! discarded; the codec handles all other cases.

use bytes::BytesMut;

use super::frame::{Frame, MAX_HEADER, number};
use super::whole;
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

/// Parses the headers of frames.
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
    message: Option<Parts>,
    too_long: Option<TooLong>,
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
    Looks { held: Vec<u8>, message: Parts, is_begun: bool },
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
        self.too_long.take()
    }

    pub(super) fn too_long(&self) -> Option<&TooLong> {
        self.too_long.as_ref()
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
    /// limit. Returns it with the number of its bytes; `None` leaves it to
    /// [`take`](Self::take).
    pub(super) fn take_message(&mut self, bytes: &[u8]) -> Option<(Message, usize)> {
        if !self.is_at_boundary() || self.too_long.is_some() {
            return None;
        }
        let taken = whole::read(bytes, self.limit)?;
        self.complete += 1;
        Some(taken)
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
        !self.frame.is_control() && self.message.as_ref().is_some_and(is_short)
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
                self.too_long = Some(TooLong {
                    beginning,
                    length: usize::try_from(length).unwrap_or(usize::MAX),
                    is_begun,
                });
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
mod tests {
    use super::*;

    const TEXT: u8 = 1;
    const LAST: u8 = 0x80;

    /// Returns a masked frame.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            length @ 0..126 => bytes.push(0x80 | length as u8),
            length @ 126..65536 => {
                bytes.push(0x80 | 126);
                bytes.extend((length as u16).to_be_bytes());
            }
            length => {
                bytes.push(0x80 | 127);
                bytes.extend((length as u64).to_be_bytes());
            }
        }
        let mask = [1, 2, 3, 0x84];
        bytes.extend(mask);
        bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at % 4]));
        bytes
    }

    fn call(length: usize) -> Vec<u8> {
        let mut text = br#"{"i":"1","p":{"u":"/echo","b":""#.to_vec();
        text.resize(length, b'x');
        text
    }

    /// Feeds an intake in pieces of `step` bytes; returns the bytes for the codec, and
    /// the messages that are too long.
    fn fed(intake: &mut Intake, bytes: &[u8], step: usize) -> (Vec<u8>, Vec<TooLong>) {
        let (mut out, mut too_long) = (BytesMut::new(), Vec::new());
        for piece in bytes.chunks(step) {
            let mut at = 0;
            while at < piece.len() {
                if intake.is_in_payload() {
                    let length = intake.pass(&piece[at..]);
                    out.extend_from_slice(&piece[at..at + length]);
                    at += length;
                } else {
                    at += intake.take(&piece[at..], &mut out);
                }
                too_long.extend(intake.take_too_long());
            }
        }
        (out.to_vec(), too_long)
    }

    const STEPS: [usize; 6] = [1, 2, 3, 7, 1000, 1 << 20];

    #[test]
    fn messages_within_the_limit_pass_as_they_come() {
        let messages = [
            frame(LAST | TEXT, b""),
            frame(LAST | TEXT, &call(125)),
            frame(LAST | TEXT, &call(126)),
            frame(LAST | 2, &call(65536)),
            frame(LAST | TEXT, &call(70_000)),
            // A message in parts with a ping between them.
            [
                frame(TEXT, b"abc"),
                frame(0x89, b"hi"),
                frame(0, &call(60_000)),
                frame(LAST, &call(9_997)),
            ]
            .concat(),
        ];
        for step in STEPS {
            let mut intake = Intake::new(Protocol::default(), 70_000);
            for message in &messages {
                for (index, part) in message.chunks(step).enumerate() {
                    assert_eq!(
                        fed(&mut intake, part, step),
                        (part_passed(message, index, step), vec![])
                    );
                }
                assert!(intake.is_at_boundary());
            }
        }
    }

    /// Returns the bytes of a message that the codec gets with a piece of it: headers are
    /// passed whole.
    fn part_passed(message: &[u8], index: usize, step: usize) -> Vec<u8> {
        let passed = |length: usize| {
            let mut at = 0;
            loop {
                let Some(second) = message.get(at + 1) else { return at.min(length) };
                let (size, payload) = match second & 0x7f {
                    126 => (8, number(&message[at + 2..at + 4])),
                    127 => (14, number(&message[at + 2..at + 10])),
                    payload => (6, payload.into()),
                };
                if length < at + size {
                    return at.min(length);
                }
                let end = at + size + payload as usize;
                if length < end {
                    return length;
                }
                at = end;
            }
        };
        let until = ((index + 1) * step).min(message.len());
        message[passed(index * step)..passed(until)].to_vec()
    }

    #[test]
    fn the_call_of_a_message_that_is_too_long_is_found_and_the_rest_discarded() {
        let after = frame(LAST | TEXT, b"after");
        let whole = frame(LAST | TEXT, &call(1001));
        let begun = frame(TEXT, &call(600));
        let parts = [&*begun, &frame(0, &[b'x'; 400]), &frame(0, b"x"), &frame(LAST, b"")].concat();
        let pinged = [&*begun, &frame(0, &[b'x'; 900]), &frame(0x89, b"hi"), &frame(LAST, b"x")];
        let most = [&*begun, &frame(0, &[b'x'; 15_399]), &frame(LAST, b"x")].concat();
        let empty = [frame(2, b""), frame(LAST, &call(16_000))].concat();
        let split = [frame(2, b"{\"i\":"), frame(LAST, &call(1500)[5..])].concat();
        for (bytes, passed, length, is_begun) in [
            (&whole, vec![], 1001, false),
            (&frame(LAST | 2, &call(16_000)), vec![], 16_000, false),
            (&parts, [&*begun, &frame(0, &[b'x'; 400])].concat(), 1001, true),
            (&pinged.concat(), [&*begun, &frame(0x89, b"hi")].concat(), 1500, true),
            (&most, begun.clone(), 15_999, true),
            (&empty, frame(2, b""), 16_000, true),
            (&split, frame(2, b"{\"i\":"), 1500, true),
        ] {
            for step in STEPS {
                let mut intake = Intake::new(Protocol::default(), 1000);
                let (out, too_long) = fed(&mut intake, &[&**bytes, &*after].concat(), step);
                assert_eq!(out, [&*passed, &*after].concat(), "{length} in {step}");
                let id = too_long[0].beginning.id.as_str();
                let told = (id, too_long[0].length, too_long[0].is_begun, too_long.len());
                assert_eq!(told, ("\"1\"", length, is_begun, 1));
                assert!(intake.is_at_boundary());
            }
        }
    }

    #[test]
    fn a_message_that_is_whole_is_taken_at_once() {
        for length in [0, 1, 15, 16, 17, 125, 126, 255, 256, 999, 1000] {
            let payload: Vec<u8> = (0..length).map(|at| b'a' + (at % 26) as u8).collect();
            for first in [LAST | TEXT, LAST | 2] {
                let bytes = frame(first, &payload);
                let mut intake = Intake::new(Protocol::default(), 1000);
                for end in 0..bytes.len() {
                    assert_eq!(intake.take_message(&bytes[..end]), None, "{length} {end}");
                }
                let more = [&*bytes, b"\x81"].concat();
                let (message, taken) = intake.take_message(&more).unwrap();
                assert_eq!((message.is_text(), taken), (first == LAST | TEXT, bytes.len()));
                assert_eq!(message.as_bytes(), payload);
                assert!(intake.is_at_boundary());
            }
        }
    }

    #[test]
    fn other_frames_are_not_taken_at_once() {
        let mut unmasked = vec![LAST | TEXT, 1];
        unmasked.push(b'x');
        unmasked.extend([0; 8]);
        let mut reserved = frame(LAST | TEXT, b"x");
        reserved[0] |= 0x40;
        for bytes in [
            vec![],
            frame(TEXT, b"x"),
            frame(LAST, b"x"),
            frame(0x89, b"x"),
            frame(0x88, b""),
            frame(0x8a, b""),
            frame(LAST | TEXT, &call(1001)),
            // Text that is not UTF-8.
            frame(LAST | TEXT, b"\xff"),
            frame(LAST | TEXT, "\u{e9}".as_bytes().split_at(1).0),
            // A length of 1 in two bytes.
            vec![LAST | TEXT, 0xfe, 0, 1, 0, 0, 0, 0, b'x'],
            unmasked,
            reserved,
        ] {
            let mut intake = Intake::new(Protocol::default(), 1000);
            assert_eq!(intake.take_message(&bytes), None, "{bytes:?}");
        }
        // Neither within a message in parts nor within a frame.
        for begun in [frame(TEXT, b"x"), frame(LAST | TEXT, b"xyz")[..8].to_vec()] {
            let mut intake = Intake::new(Protocol::default(), 1000);
            fed(&mut intake, &begun, 1);
            assert_eq!(intake.take_message(&frame(LAST | TEXT, b"x")), None);
        }
    }

    #[test]
    fn other_messages_and_protocol_errors_are_left_to_the_codec() {
        let unmasked = [&[0x81, 126, 4, 0][..], &call(1024)].concat();
        let mut reserved = frame(LAST | TEXT, &call(1001));
        reserved[0] |= 0x40;
        for bytes in [
            frame(LAST | TEXT, &[b'x'; 1001]),
            frame(LAST | TEXT, &call(16_001)),
            frame(LAST, &call(1001)),
            [frame(TEXT, b"x"), frame(LAST | TEXT, &call(1001))].concat(),
            [frame(TEXT, &[b'x'; 600]), frame(LAST, &[b'x'; 600])].concat(),
            [frame(TEXT, &call(600)), frame(LAST, &call(15_401))].concat(),
            frame(LAST | 3, &call(1001)),
            // A length alone, and a header without a mask.
            vec![0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0],
            unmasked,
            reserved,
        ] {
            for step in STEPS {
                let mut intake = Intake::new(Protocol::default(), 1000);
                assert_eq!(fed(&mut intake, &bytes, step), (bytes.clone(), vec![]), "{step}");
            }
        }
        let mut closing = Intake::new(Protocol::default(), 1000);
        closing.close();
        let bytes = frame(LAST | TEXT, &call(1001));
        assert_eq!(fed(&mut closing, &bytes, 7), (bytes.clone(), vec![]));
    }

    #[test]
    fn frames_behind_a_discarded_message_follow_the_protocol() {
        let begun = [frame(TEXT, &call(600)), frame(0, &[b'x'; 600])].concat();
        let passed = frame(TEXT, &call(600));
        let mut reserved = frame(0, b"x");
        reserved[0] |= 0x20;
        for (next, told) in [
            // Longer than the limit of discarding: too long after all.
            (frame(0, &[b'x'; 15_000]), TOO_LONG.to_vec()),
            (vec![0x80, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], TOO_LONG.to_vec()),
            // A message within a message, which the codec refuses as a continuation
            // without a start.
            (frame(LAST | TEXT, b"x"), frame(LAST, b"x")),
            (reserved.clone(), reserved),
        ] {
            for step in STEPS {
                let mut intake = Intake::new(Protocol::default(), 1000);
                let (out, too_long) = fed(&mut intake, &[&*begun, &*next].concat(), step);
                assert_eq!(too_long.len(), 1);
                let out = out.strip_prefix(&*passed).unwrap();
                assert!(out.starts_with(&told), "{step}: {out:?}");
            }
        }
    }

    #[test]
    fn only_the_beginning_of_a_long_message_is_held() {
        let mut intake = Intake::new(Protocol::default(), 1 << 20);
        let mut long = br#"{"x":""#.to_vec();
        long.resize(2 << 20, b'x');
        let bytes = frame(LAST | TEXT, &long);
        let (mut out, mut at) = (BytesMut::new(), 0);
        while out.is_empty() {
            at += intake.take(&bytes[at..at + 100], &mut out);
            assert!(at < 3000, "{at}");
        }
        assert_eq!(out, bytes[..at], "it is for the codec");
    }
}
