//! Frames of the server that the connection has not taken (RFC 6455, section 5.2).

use std::cell::Cell;
use std::io::{ErrorKind, IoSlice, Result};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite;

use crate::socket::{Frames, Part};

/// Number of bytes that wait before further frames do, and length from which a payload is
/// not copied.
const ROOM: usize = 8 * 1024;

/// Maximum number of frames that one system call writes from where they are.
const AT_ONCE: usize = 16;

/// Maximum capacity of a buffer that a thread keeps for reuse.
const MAX_SPARE: usize = 64 * 1024;

/// The last frame of a message.
const LAST: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const PING: u8 = 9;

thread_local! {
    /// Buffer for frames: most are written as soon as they are there.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Frames in the order in which they are written. Short ones are copied behind each other,
/// so that one system call writes them from one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    /// Number of `bytes` that are written.
    written: usize,
    /// A long payload behind them.
    long: Bytes,
    /// Bytes behind the long payload.
    behind: Vec<u8>,
}

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns `true` if another message may be added.
    pub(super) fn has_room(&self) -> bool {
        self.long.is_empty() && self.bytes.len() - self.written < ROOM
    }

    /// Adds a message as one frame. There has to be [room](Self::has_room).
    pub(super) fn push(&mut self, message: &Part<'_>) {
        let payload = message.as_bytes();
        let bytes = self.begin(opcode(message), payload.len());
        if payload.len() < ROOM {
            bytes.extend_from_slice(payload);
        } else {
            self.long = message.to_bytes();
        }
    }

    /// Adds a ping without a payload.
    pub(super) fn push_ping(&mut self) {
        self.begin(PING, 0);
    }

    /// Adds bytes of the codec.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.end().extend_from_slice(bytes);
    }

    /// Writes the header of a frame.
    fn begin(&mut self, opcode: u8, length: usize) -> &mut Vec<u8> {
        let out = self.end();
        out.extend_from_slice(&Header::new(opcode, length));
        out
    }

    /// Writes long frames from where they are, with one system call. `None` if they have to be
    /// [pushed](Self::push) instead: they are short, others are before them, or the connection takes
    /// no bytes, or one piece of memory alone.
    pub(super) fn write_long<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut S,
        frames: &mut Frames,
    ) -> Option<Result<()>> {
        if !self.is_empty() || !frames.are_long() || !connection.is_write_vectored() {
            return None;
        }
        let mut headers = [Header::default(); AT_ONCE];
        for (header, frame) in headers.iter_mut().zip(frames.rest()) {
            *header = Header::new(opcode(&frame), frame.as_bytes().len());
        }
        let mut pieces = [IoSlice::new(&[]); 2 * AT_ONCE];
        let mut count = 0;
        for (header, frame) in headers.iter().zip(frames.rest()) {
            pieces[count] = IoSlice::new(header);
            pieces[count + 1] = IoSlice::new(frame.into_bytes());
            count += 2;
        }
        let written = Pin::new(connection).poll_write_vectored(cx, &pieces[..count]);
        match written {
            Poll::Ready(Ok(0)) => Some(Err(ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(written)) => {
                self.pass(frames, written);
                Some(Ok(()))
            }
            Poll::Ready(Err(error)) => Some(Err(error)),
            Poll::Pending => None,
        }
    }

    /// Passes frames of which that many bytes are written. The rest of the last one waits here.
    fn pass(&mut self, frames: &mut Frames, mut written: usize) {
        while written > 0
            && let Some(frame) = frames.next()
        {
            let header = Header::new(opcode(&frame), frame.as_bytes().len()).len();
            let length = header + frame.as_bytes().len();
            if written < length {
                self.push(&frame);
                let first = written.min(self.bytes.len());
                self.advance(first);
                if written > first {
                    self.advance(written - first);
                }
                return;
            }
            written -= length;
        }
    }

    /// Returns the buffer behind all other bytes.
    fn end(&mut self) -> &mut Vec<u8> {
        if !self.long.is_empty() {
            return &mut self.behind;
        }
        if self.bytes.capacity() == 0 {
            self.bytes = SPARE.take();
        }
        &mut self.bytes
    }

    /// Writes bytes until none are left; `note` is told of each write.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        connection: &mut S,
        mut note: impl FnMut(),
    ) -> Poll<Result<()>> {
        while !self.is_empty() {
            let rest = &self.bytes[self.written..];
            let rest = if rest.is_empty() { &self.long[..] } else { rest };
            let count = ready!(Pin::new(&mut *connection).poll_write(cx, rest))?;
            if count == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            note();
            self.advance(count);
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, count: usize) {
        if self.written < self.bytes.len() {
            self.written += count;
        } else {
            self.long.advance(count);
        }
        if self.written >= ROOM && self.written < self.bytes.len() {
            self.bytes.drain(..std::mem::take(&mut self.written));
        }
        if self.written < self.bytes.len() || !self.long.is_empty() {
            return;
        }
        self.written = 0;
        self.long = Bytes::new();
        let mut bytes = std::mem::replace(&mut self.bytes, std::mem::take(&mut self.behind));
        if bytes.capacity() <= MAX_SPARE {
            bytes.clear();
            SPARE.set(bytes);
        }
    }
}

/// Header of an unmasked frame.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    bytes: [u8; 10],
    length: u8,
}

impl Header {
    fn new(opcode: u8, length: usize) -> Self {
        let mut bytes = [0; 10];
        bytes[0] = LAST | opcode;
        let header = match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ ..=125), _) => {
                bytes[1] = length;
                2
            }
            (_, Ok(length)) => {
                bytes[1] = 126;
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
                4
            }
            _ => {
                bytes[1] = 127;
                bytes[2..].copy_from_slice(&(length as u64).to_be_bytes());
                10
            }
        };
        Self { bytes, length: header }
    }
}

impl Deref for Header {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

fn opcode(message: &Part<'_>) -> u8 {
    if message.is_text() { TEXT } else { BINARY }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::socket::{Frame, Outbox};

    /// Takes at most a number of bytes at once, and none in between.
    #[derive(Default)]
    struct Slow {
        at_once: usize,
        is_ready: bool,
        takes_pieces: bool,
        taken: Vec<u8>,
    }

    impl AsyncWrite for Slow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize>> {
            self.is_ready = !self.is_ready;
            if !self.is_ready {
                return Poll::Pending;
            }
            let count = bytes.len().min(self.at_once);
            self.taken.extend_from_slice(&bytes[..count]);
            Poll::Ready(Ok(count))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            pieces: &[IoSlice<'_>],
        ) -> Poll<Result<usize>> {
            let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.to_vec()).collect();
            self.poll_write(cx, &bytes)
        }

        fn is_write_vectored(&self) -> bool {
            self.takes_pieces
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn text(length: usize) -> Frame {
        Frame::Text(vec![b'x'; length].into())
    }

    /// Returns the bytes that a client gets, and the number of times that it got some.
    fn written(outgoing: &mut Outgoing, at_once: usize) -> (Vec<u8>, usize) {
        let mut client = Slow { at_once, ..Slow::default() };
        let (mut cx, mut count) = (Context::from_waker(Waker::noop()), 0);
        while outgoing.poll_write(&mut cx, &mut client, || count += 1).is_pending() {}
        (client.taken, count)
    }

    #[test]
    fn headers_have_the_shortest_form_of_the_length() {
        for (length, header) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (255, vec![0x81, 126, 0, 255]),
            (256, vec![0x81, 126, 1, 0]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut outgoing = Outgoing::default();
            outgoing.push(&(&text(length)).into());
            let expected = [&*header, &vec![b'x'; length]].concat();
            assert_eq!(written(&mut outgoing, usize::MAX).0, expected);
        }
    }

    #[test]
    fn frames_are_written_whole_and_in_order_however_many_bytes_are_taken() {
        for at_once in [1, 7, 1000, usize::MAX] {
            let mut outgoing = Outgoing::default();
            outgoing.push(&(&text(3)).into());
            outgoing.push_ping();
            outgoing.push(&(&Frame::Binary(vec![7; ROOM].into())).into());
            assert!(!outgoing.has_room(), "a long payload is the last one");
            outgoing.extend(&[0x8a, 0]);
            let (bytes, count) = written(&mut outgoing, at_once);
            let before = [0x81, 3, b'x', b'x', b'x', 0x89, 0, 0x82, 126, 0x20, 0];
            assert_eq!(bytes, [&before[..], &[7; ROOM], &[0x8a, 0]].concat());
            if at_once == usize::MAX {
                assert_eq!(count, 3, "short frames are one piece");
            }
            assert!(outgoing.is_empty() && outgoing.has_room());
        }
    }

    #[test]
    fn long_frames_are_written_from_where_they_are() {
        let lengths = [(1500, true), (9000, false), (3, true), (70_000, true), (2000, false)];
        for at_once in [1, 7, 1000, 1504, 4000, 12_000, usize::MAX] {
            let outbox = Outbox::new(usize::MAX);
            let mut expected = Vec::new();
            for (length, is_text) in lengths {
                let payload = vec![b'a' + (length % 26) as u8; length];
                let write = |out: &mut Vec<u8>| out.extend_from_slice(&payload);
                if is_text {
                    outbox.append(write)
                } else {
                    outbox.append_binary(write)
                }
                let mut alone = Outgoing::default();
                let frame = if is_text { Frame::Text } else { Frame::Binary };
                alone.push(&(&frame(payload.clone().into())).into());
                expected.extend(written(&mut alone, usize::MAX).0);
            }
            let mut client = Slow { at_once, takes_pieces: true, ..Slow::default() };
            let mut cx = Context::from_waker(Waker::noop());
            let (mut outgoing, mut frames) = (Outgoing::default(), Frames::default());
            let mut count = 0;
            while frames.has_next(&outbox, &mut cx) {
                if let Some(written) = outgoing.write_long(&mut cx, &mut client, &mut frames) {
                    written.unwrap();
                    count += 1;
                    continue;
                }
                while !outgoing.has_room() {
                    _ = outgoing.poll_write(&mut cx, &mut client, || {});
                }
                outgoing.push(&frames.next().unwrap());
            }
            while outgoing.poll_write(&mut cx, &mut client, || {}).is_pending() {}
            assert!(client.taken == expected, "{at_once}");
            if at_once == usize::MAX {
                assert_eq!(count, 1, "all frames are one system call");
            }
        }
    }

    #[test]
    fn short_frames_are_copied_behind_each_other() {
        let outbox = Outbox::new(usize::MAX);
        (0..100).for_each(|_| outbox.append(|out| out.extend_from_slice(&[b'x'; 100])));
        let mut client = Slow { at_once: usize::MAX, takes_pieces: true, ..Slow::default() };
        let mut cx = Context::from_waker(Waker::noop());
        let mut frames = Frames::default();
        assert!(frames.has_next(&outbox, &mut cx));
        let written = Outgoing::default().write_long(&mut cx, &mut client, &mut frames);
        assert!(written.is_none() && client.taken.is_empty());
    }

    #[test]
    fn a_client_that_never_takes_all_bytes_grows_no_buffer() {
        let mut outgoing = Outgoing::default();
        let mut client = Slow { at_once: 1000, ..Slow::default() };
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..1000 {
            while outgoing.has_room() {
                outgoing.push(&(&text(900)).into());
            }
            assert!(outgoing.poll_write(&mut cx, &mut client, || {}).is_pending());
        }
        assert!(outgoing.bytes.capacity() <= 4 * ROOM, "{}", outgoing.bytes.capacity());
    }

    #[test]
    fn frames_wait_while_many_bytes_are_not_taken() {
        let mut outgoing = Outgoing::default();
        outgoing.push(&(&text(ROOM - 5)).into());
        assert!(outgoing.has_room());
        outgoing.push(&(&text(0)).into());
        assert!(!outgoing.has_room());
        written(&mut outgoing, usize::MAX);
        assert!(outgoing.has_room());
    }
}
