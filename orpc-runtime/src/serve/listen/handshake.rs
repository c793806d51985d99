//! Connections that begin with a handshake.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection whose handshake runs while its first bytes are read, so that a
/// [`Listener`](super::Listener) accepts others meanwhile. It takes part in the deadline of
/// the first request's head.
pub struct Handshake<Io>(State<Io>);

enum State<Io> {
    Pending(BoxFuture<'static, io::Result<Io>>),
    Open(Io),
    /// The handshake has failed.
    Failed,
}

impl<Io> Handshake<Io> {
    /// Creates a connection from the future of its handshake.
    pub fn new(handshake: impl Future<Output = io::Result<Io>> + Send + 'static) -> Self {
        Self(State::Pending(Box::pin(handshake)))
    }

    /// Returns the connection; `None` until its handshake is complete.
    pub fn get_ref(&self) -> Option<&Io> {
        match &self.0 {
            State::Open(io) => Some(io),
            State::Pending(_) | State::Failed => None,
        }
    }

    /// Polls for the connection behind the handshake.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut Io>> {
        if let State::Pending(handshake) = &mut self.0 {
            match ready!(handshake.as_mut().poll(cx)) {
                Ok(io) => self.0 = State::Open(io),
                Err(error) => {
                    self.0 = State::Failed;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(match &mut self.0 {
            State::Open(io) => Ok(io),
            State::Pending(_) | State::Failed => Err(ErrorKind::NotConnected.into()),
        })
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Handshake<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let io = ready!(self.get_mut().poll_open(cx))?;
        Pin::new(io).poll_read(cx, buffer)
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Handshake<Io> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let io = ready!(self.get_mut().poll_open(cx))?;
        Pin::new(io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let io = ready!(self.get_mut().poll_open(cx))?;
        Pin::new(io).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.get_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is written before the handshake, which its reads drive.
        match &mut self.get_mut().0 {
            State::Open(io) => Pin::new(io).poll_flush(cx),
            State::Pending(_) | State::Failed => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().0 {
            State::Open(io) => Pin::new(io).poll_shutdown(cx),
            // The end of the handshake closes the connection.
            State::Pending(_) | State::Failed => Poll::Ready(Ok(())),
        }
    }
}

impl<Io: fmt::Debug> fmt::Debug for Handshake<Io> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handshake").field(&self.get_ref()).finish()
    }
}
