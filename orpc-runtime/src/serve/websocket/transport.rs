//! The connection below a WebSocket, and the state that is observed on it.

use std::io::{IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::intake::{Intake, TooLong};
use crate::wire::Protocol;

/// Number of bytes that are read at once onto the stack.
const READ: usize = 4096;

/// Number of pieces that are discarded before other tasks run.
const DISCARD_BUDGET: usize = 64;

/// A connection that records whether it took bytes, and keeps messages that are too
/// long from the codec.
#[derive(Debug)]
pub(super) struct Transport<S> {
    connection: S,
    wrote: bool,
    /// The last write is pending.
    is_blocked: bool,
    intake: Intake,
    /// Received bytes that are not parsed yet.
    ahead: Bytes,
    /// Bytes for the codec, before any others.
    ready: BytesMut,
}

impl<S> Transport<S> {
    pub(super) fn new(protocol: Protocol, connection: S, message_limit: usize) -> Self {
        Self {
            connection,
            wrote: false,
            is_blocked: false,
            intake: Intake::new(protocol, message_limit),
            ahead: Bytes::new(),
            ready: BytesMut::new(),
        }
    }

    /// Returns `true` if bytes were taken since the last call.
    pub(super) fn took_bytes(&mut self) -> bool {
        std::mem::take(&mut self.wrote)
    }

    /// Returns `true` if the connection did not take the last bytes.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    fn note(&mut self, written: &Poll<Result<usize>>) {
        self.is_blocked = written.is_pending();
        self.wrote |= matches!(written, Poll::Ready(Ok(count)) if *count > 0);
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
        self.ahead.is_empty() && self.ready.is_empty() && self.intake.is_at_boundary()
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
        let mut space = [MaybeUninit::uninit(); READ];
        let mut buffer = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.connection).poll_read(cx, &mut buffer))?;
        self.ahead = Bytes::copy_from_slice(buffer.filled());
        Poll::Ready(Ok(!self.ahead.is_empty()))
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
                this.ahead = Bytes::new();
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
        self.ahead = Bytes::copy_from_slice(&buffer.filled()[end..]);
        buffer.set_filled(end);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.connection).poll_write(cx, bytes);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.connection).poll_write_vectored(cx, bytes);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}
