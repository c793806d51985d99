//! The connection below a WebSocket, and what can be told of it by watching.

use std::io::{IoSlice, Result};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::boundary::Boundary;

/// How much is read at once into the stack.
const READ: usize = 4096;

/// A connection that remembers whether it took bytes, and whether what was read
/// ends with a message.
#[derive(Debug)]
pub(super) struct Transport<S> {
    connection: S,
    wrote: bool,
    /// The last write has to wait.
    is_blocked: bool,
    boundary: Boundary,
    /// What was read already, to be read first.
    ahead: Bytes,
}

impl<S> Transport<S> {
    pub(super) fn new(connection: S) -> Self {
        Self {
            connection,
            wrote: false,
            is_blocked: false,
            boundary: Boundary::default(),
            ahead: Bytes::new(),
        }
    }

    /// Whether bytes were taken since the last time.
    pub(super) fn took_bytes(&mut self) -> bool {
        std::mem::take(&mut self.wrote)
    }

    /// Whether the connection did not take what it was last given.
    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked
    }

    fn note(&mut self, written: &Poll<Result<usize>>) {
        self.is_blocked = written.is_pending();
        self.wrote |= matches!(written, Poll::Ready(Ok(count)) if *count > 0);
    }

    /// Whether all messages that began have been read to their ends.
    pub(super) fn is_at_boundary(&self) -> bool {
        self.ahead.is_empty() && self.boundary.is_reached()
    }
}

impl<S: AsyncRead + Unpin> Transport<S> {
    /// Reads what is there, to be read again. False at the end of the connection.
    pub(super) fn poll_read_ahead(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool>> {
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
        let start = buffer.filled().len();
        if this.ahead.is_empty() {
            ready!(Pin::new(&mut this.connection).poll_read(cx, buffer))?;
        } else {
            let length = this.ahead.len().min(buffer.remaining());
            buffer.put_slice(&this.ahead[..length]);
            this.ahead.advance(length);
            if this.ahead.is_empty() {
                this.ahead = Bytes::new();
            }
        }
        this.boundary.pass(&buffer.filled()[start..]);
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
