//! Frames of the server that the connection has not taken (RFC 6455, section 5.2).

use std::cell::Cell;
use std::io::{ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::AsyncWrite;

use crate::socket::Part;

/// Number of bytes that wait before further frames do, and length from which a payload is
/// not copied.
const ROOM: usize = 8 * 1024;

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
        let opcode = if message.is_text() { TEXT } else { BINARY };
        let payload = message.as_bytes();
        let bytes = self.begin(opcode, payload.len());
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
        out.push(LAST | opcode);
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(length @ ..=125), _) => out.push(length),
            (_, Ok(length)) => {
                out.push(126);
                out.extend_from_slice(&length.to_be_bytes());
            }
            _ => {
                out.push(127);
                out.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        out
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

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::socket::Frame;

    /// Takes at most a number of bytes at once, and none in between.
    #[derive(Default)]
    struct Slow {
        at_once: usize,
        is_ready: bool,
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
