//! The connection below a WebSocket, and the state that is observed on it.

use std::io::Result;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::intake::{Intake, TooLong};
use super::outgoing::Outgoing;
use crate::socket::{Frame, Frames, Part};
use crate::wire::Protocol;

/// Number of bytes that are read at once onto the stack.
const READ: usize = 16 * 1024;

/// Number of pieces that are discarded before other tasks run.
const DISCARD_BUDGET: usize = 64;

/// A connection that records whether it took bytes, keeps messages that are too long from
/// the codec, and reads and writes most others without it.
#[derive(Debug)]
pub(super) struct Transport<S> {
    connection: S,
    wrote: bool,
    /// Bytes were written since the connection was flushed.
    needs_flush: bool,
    outgoing: Outgoing,
    intake: Intake,
    /// Received bytes that are not parsed yet.
    ahead: BytesMut,
    /// The last read was as long as possible: the connection may have more bytes.
    has_more: bool,
    /// Bytes for the codec, before any others.
    ready: BytesMut,
}

impl<S> Transport<S> {
    pub(super) fn new(protocol: Protocol, connection: S, message_limit: usize) -> Self {
        Self {
            connection,
            wrote: false,
            needs_flush: false,
            outgoing: Outgoing::default(),
            intake: Intake::new(protocol, message_limit),
            ahead: BytesMut::new(),
            has_more: false,
            ready: BytesMut::new(),
        }
    }

    /// Returns `true` if bytes were taken since the last call.
    pub(super) fn took_bytes(&mut self) -> bool {
        std::mem::take(&mut self.wrote)
    }

    /// Returns `true` if another message may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.outgoing.has_room()
    }

    /// Sends a message once the connection is flushed. There has to be
    /// [room](Self::has_room).
    pub(super) fn send(&mut self, message: &Part<'_>) {
        self.outgoing.push(message);
    }

    /// Sends a ping likewise.
    pub(super) fn ping(&mut self) {
        self.outgoing.push_ping();
    }

    /// Takes the next message, a slice of what was read, if it has arrived whole in one frame, and no part of another
    /// message is before it. The codec is to have no bytes.
    pub(super) fn take_message(&mut self) -> Option<Frame> {
        let message = self.intake.take_message(&mut self.ahead)?;
        if self.ahead.is_empty() {
            self.ahead = BytesMut::new();
        }
        Some(message)
    }

    /// Returns the number of complete messages before an incomplete one; `None` between
    /// two messages.
    pub(super) fn unfinished(&self) -> Option<u64> {
        (!self.intake.is_at_boundary()).then(|| self.intake.complete())
    }

    /// Returns the number of bytes that the codec keeps.
    pub(super) fn kept(&self) -> usize {
        self.intake.kept()
    }

    /// Returns the length of the codec's buffer.
    pub(super) fn buffer(&self) -> usize {
        self.intake.buffer()
    }

    /// Notes that a new codec reads from here on.
    pub(super) fn begin(&mut self) {
        self.intake.begin();
    }

    /// Returns `true` if every message that began has been read to its end.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.ahead.is_empty() && self.is_between_messages()
    }

    /// Returns `true` if the next byte is the first one of a frame that begins a message.
    pub(super) fn is_between_messages(&self) -> bool {
        self.ready.is_empty() && self.too_long().is_none() && self.intake.is_at_boundary()
    }

    /// Returns a message that is too long, of which the codec got at most a part.
    /// Nothing is read until it is taken.
    pub(super) fn too_long(&self) -> Option<&TooLong> {
        self.intake.too_long()
    }

    pub(super) fn take_too_long(&mut self) -> Option<TooLong> {
        self.intake.take_too_long()
    }

    /// Notes that a close frame is sent: the codec handles all further frames.
    pub(super) fn close(&mut self) {
        self.intake.close();
    }
}

impl<S: AsyncRead + Unpin> Transport<S> {
    /// Reads available bytes ahead. Returns `false` at the end of the connection.
    pub(super) fn poll_read_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool>> {
        if !self.ahead.is_empty() {
            return Poll::Ready(Ok(true));
        }
        self.poll_read(cx)
    }

    /// Reads bytes behind those that are there, if the connection has had more than were read at
    /// once: the rest of a message.
    pub(super) fn read_behind(&mut self, cx: &mut Context<'_>) -> Result<bool> {
        if !self.has_more || self.ahead.is_empty() || self.ahead.len() >= READ {
            return Ok(false);
        }
        match self.poll_read(cx) {
            Poll::Ready(read) => read,
            Poll::Pending => Ok(false),
        }
    }

    /// Reads bytes behind those that are there. Returns `false` at the end of the connection.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool>> {
        let mut space = [MaybeUninit::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut space);
        buffer.put_slice(&self.ahead);
        let start = self.ahead.len();
        ready!(Pin::new(&mut self.connection).poll_read(cx, &mut buffer))?;
        let is_read = buffer.filled().len() > start;
        self.has_more = buffer.remaining() == 0;
        if is_read {
            self.ahead = BytesMut::from(buffer.filled());
        }
        Poll::Ready(Ok(is_read))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = &mut *self;
        for _ in 0..DISCARD_BUDGET {
            if !this.ready.is_empty() {
                let length = this.ready.len().min(buffer.remaining());
                buffer.put_slice(&this.ready[..length]);
                this.ready.advance(length);
                if this.ready.is_empty() {
                    this.ready = BytesMut::new();
                }
                return Poll::Ready(Ok(()));
            }
            if this.intake.too_long().is_some() {
                // The caller polls for it next.
                return Poll::Pending;
            }
            if this.ahead.is_empty() && this.intake.is_in_payload() {
                return this.poll_read_payload(cx, buffer);
            }
            if !ready!(this.poll_read_ahead(cx))? {
                return Poll::Ready(Ok(()));
            }
            let taken = this.intake.take(&this.ahead, &mut this.ready);
            this.ahead.advance(taken);
            if this.ahead.is_empty() {
                this.ahead = BytesMut::new();
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> Transport<S> {
    /// Reads the payload of a frame, up to its end, without a copy.
    fn poll_read_payload(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let start = buffer.filled().len();
        ready!(Pin::new(&mut self.connection).poll_read(cx, buffer))?;
        let end = start + self.intake.pass(&buffer.filled()[start..]);
        self.ahead = BytesMut::from(&buffer.filled()[end..]);
        buffer.set_filled(end);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Transport<S> {
    /// Writes all frames, and flushes the connection.
    pub(super) fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Self { connection, wrote, needs_flush, outgoing, .. } = self;
        ready!(outgoing.poll_write(cx, connection, || (*wrote, *needs_flush) = (true, true)))?;
        if self.needs_flush {
            ready!(Pin::new(&mut self.connection).poll_flush(cx))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Transport<S> {
    /// Writes long frames from where they are; `None` if they have to be [sent](Self::send)
    /// instead.
    pub(super) fn write_long(
        &mut self,
        cx: &mut Context<'_>,
        frames: &mut Frames,
    ) -> Option<Result<()>> {
        let written = self.outgoing.write_long(cx, &mut self.connection, frames)?;
        if written.is_ok() {
            (self.wrote, self.needs_flush) = (true, true);
        }
        Some(written)
    }
}

/// The codec writes into the buffer of the frames, which takes all bytes.
impl<S: AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        self.outgoing.extend(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.poll_send(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a text frame of a client whose payload is all of one byte, masked with zeros.
    fn frame(length: u16) -> Vec<u8> {
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(length.to_be_bytes());
        frame.extend([0; 4]);
        frame.resize(8 + usize::from(length), b'x');
        frame
    }

    /// The codec reads the rest of a frame into a buffer of its own, which may be larger than that of the connection.
    #[test]
    fn more_bytes_than_are_read_at_once_may_be_left_behind_a_frame() {
        let first = frame(20_000);
        let bytes = [&first[..], &frame(40_000)].concat();
        let mut transport = Transport::new(Protocol::V1, &bytes[..], 1 << 20);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut codec = vec![0; 1 << 17];
        let mut buffer = ReadBuf::new(&mut codec);
        while buffer.filled().len() < first.len() {
            assert!(Pin::new(&mut transport).poll_read(&mut cx, &mut buffer).is_ready());
        }
        assert_eq!(buffer.filled(), first);
        assert!(transport.ahead.len() > READ && transport.has_more);
        assert!(!transport.read_behind(&mut cx).unwrap());
        while buffer.filled().len() < bytes.len() {
            assert!(Pin::new(&mut transport).poll_read(&mut cx, &mut buffer).is_ready());
        }
        assert_eq!(buffer.filled(), bytes);
    }
}
