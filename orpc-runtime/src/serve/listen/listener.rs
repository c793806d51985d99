//! Sources of connections.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use tokio::io::{AsyncRead, AsyncWrite, Interest, Ready};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream, unix};

/// A source of connections for [`serve`](crate::serve), implemented for TCP and Unix sockets.
///
/// Implement it for connections of another kind, such as TLS. Deadlines, timeouts, limits
/// and shutdown are those of [`Serve`](super::Serve) for all of them.
///
/// `accept` must not wait for a client once its connection is there, since no other one is
/// accepted meanwhile: return a [`Handshake`](super::Handshake) for a connection that has one.
///
/// ```
/// use std::io;
/// use std::net::SocketAddr;
///
/// use orpc_runtime::server::{Handshake, Listener, Transport};
/// use tokio::net::{TcpListener, TcpStream};
/// # use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
/// # struct TlsStream(TcpStream);
/// # impl TlsStream { fn get_ref(&self) -> &TcpStream { &self.0 } }
/// # struct TlsAcceptor;
/// # impl TlsAcceptor {
/// #     fn accept(&self, stream: TcpStream) -> impl Future<Output = io::Result<TlsStream>> + Send + use<> {
/// #         async { Ok(TlsStream(stream)) }
/// #     }
/// # }
/// # macro_rules! delegate { ($name:ident($($arg:ident: $type:ty),*) -> $out:ty) => {
/// #     fn $name(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>, $($arg: $type),*) -> std::task::Poll<io::Result<$out>> {
/// #         std::pin::Pin::new(&mut self.0).$name(cx, $($arg),*)
/// #     }
/// # } }
/// # impl AsyncRead for TlsStream { delegate!(poll_read(buffer: &mut ReadBuf<'_>) -> ()); }
/// # impl AsyncWrite for TlsStream {
/// #     delegate!(poll_write(bytes: &[u8]) -> usize);
/// #     delegate!(poll_flush() -> ());
/// #     delegate!(poll_shutdown() -> ());
/// # }
///
/// struct Tls {
///     listener: TcpListener,
///     acceptor: TlsAcceptor,
/// }
///
/// impl Listener for Tls {
///     type Io = Handshake<TlsStream>;
///     type Addr = SocketAddr;
///
///     async fn accept(&mut self) -> io::Result<(Self::Io, Option<SocketAddr>)> {
///         let (stream, address) = self.listener.accept().await?;
///         Ok((Handshake::new(self.acceptor.accept(stream)), Some(address)))
///     }
///
///     fn local_addr(&self) -> io::Result<SocketAddr> {
///         self.listener.local_addr()
///     }
///
///     fn transport(io: &Self::Io) -> Option<Transport<'_>> {
///         io.get_ref().map(|tls| Transport::Tcp(tls.get_ref()))
///     }
/// }
/// ```
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The address that the listener is bound to.
    type Addr;

    /// Accepts the next connection. The address of the client becomes the
    /// [`PeerAddr`](crate::PeerAddr) of its requests and counts for
    /// [`address_limit`](super::Serve::address_limit); without one neither applies.
    ///
    /// # Errors
    /// If no connection can be accepted. The server logs it and calls again after 100 ms; at once if
    /// the error is that of one connection (refused, aborted, reset).
    fn accept(&mut self)
    -> impl Future<Output = io::Result<(Self::Io, Option<SocketAddr>)>> + Send;

    /// Returns the address that the listener is bound to.
    ///
    /// # Errors
    /// If the operating system does not tell it.
    fn local_addr(&self) -> io::Result<Self::Addr>;

    /// Returns the connection of the operating system below `io`, on which the server sets the
    /// options of TCP and detects that a client is gone. `None`, which it returns unless
    /// implemented, leaves both out; also return it while a handshake is under way.
    fn transport(io: &Self::Io) -> Option<Transport<'_>> {
        let _ = io;
        None
    }
}

/// A connection of the operating system; see [`Listener::transport`].
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Transport<'a> {
    /// A connection by TCP.
    Tcp(&'a TcpStream),
    /// A connection by a Unix socket.
    #[cfg(unix)]
    Unix(&'a UnixStream),
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, address) = Self::accept(self).await?;
        Ok((stream, Some(address)))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }

    fn transport(io: &TcpStream) -> Option<Transport<'_>> {
        Some(Transport::Tcp(io))
    }
}

#[cfg(unix)]
impl Listener for UnixListener {
    type Io = UnixStream;
    type Addr = unix::SocketAddr;

    async fn accept(&mut self) -> io::Result<(UnixStream, Option<SocketAddr>)> {
        let (stream, _) = Self::accept(self).await?;
        Ok((stream, None))
    }

    fn local_addr(&self) -> io::Result<unix::SocketAddr> {
        Self::local_addr(self)
    }

    fn transport(io: &UnixStream) -> Option<Transport<'_>> {
        Some(Transport::Unix(io))
    }
}

impl Transport<'_> {
    /// Polls for bytes of the client, or its end.
    pub(super) fn poll_read_ready(self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx),
            #[cfg(unix)]
            Self::Unix(stream) => stream.poll_read_ready(cx),
        }
    }

    /// Returns `true` if the client is known to send nothing more.
    pub(super) fn is_read_closed(self) -> io::Result<bool> {
        let ready = match self {
            Self::Tcp(stream) => stream.ready(Interest::READABLE).now_or_never(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.ready(Interest::READABLE).now_or_never(),
        };
        Ok(ready.transpose()?.is_some_and(Ready::is_read_closed))
    }

    /// Lets the end of the connection discard the bytes that the client does not read.
    pub(super) fn discard_unsent(self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            #[cfg(unix)]
            Self::Unix(_) => Ok(()),
        }
    }
}

impl fmt::Debug for Transport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(stream) => stream.fmt(f),
            #[cfg(unix)]
            Self::Unix(stream) => stream.fmt(f),
        }
    }
}
