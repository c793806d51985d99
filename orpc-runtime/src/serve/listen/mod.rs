//! A small HTTP server on tokio and hyper, with a deadline for every step of a client.

mod admission;
mod body;
mod handshake;
mod io;
mod listener;
mod options;
mod server;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use tokio::net::TcpListener;
use tower_service::Service;

pub use super::patience::BodyTimeout;
pub use body::RequestBody;
pub use handshake::Handshake;
pub use listener::{Listener, Transport};

use self::io::Deadlines;
use self::server::Server;
use crate::budget::MemoryBudget;
#[cfg(doc)]
use crate::procedure::PeerAddr;

/// Memory of all incomplete heads.
const HEADS: usize = 64 * 1024 * 1024;

type BoxError = Box<dyn Error + Send + Sync>;

/// Serves a tower service, such as an `axum::Router`, on a listener: HTTP/1.1, with
/// upgrades to WebSocket. TCP and Unix sockets are listeners; a [`Listener`] of your own may add TLS.
///
/// Await what it returns. Every deadline and limit has a default; see [`Serve`].
///
/// ```no_run
/// use orpc_runtime::prelude::*;
///
/// #[router]
/// pub mod api {
///     #[orpc_runtime::procedure]
///     pub async fn ping() -> &'static str {
///         "pong"
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> std::io::Result<()> {
/// let rpc = Rpc::new(api::router());
/// let app = axum::Router::new()
///     .nest_service("/rpc", rpc.http(()))
///     .route_service("/ws", rpc.websocket(()));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// orpc_runtime::serve(listener, app)
///     .with_graceful_shutdown(async move {
///         let _ = tokio::signal::ctrl_c().await;
///         rpc.shutdown();
///     })
///     .await
/// # }
/// ```
pub fn serve<L, S, B>(listener: L, service: S) -> Serve<S, L>
where
    L: Listener,
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let options = Options {
        deadlines: Deadlines {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
            keepalive: Some(Duration::from_secs(60)),
        },
        body: Duration::from_secs(30),
        shutdown: Duration::from_secs(12),
        connections: 16_384,
        per_address: None,
        memory: MemoryBudget::new(HEADS),
    };
    Serve { listener, service, options, signal: None }
}

/// A configured server, which runs when it is awaited. Created by [`serve`].
///
/// The connections have TCP_NODELAY, and their requests a [`PeerAddr`] among their
/// extensions, unless they come from a Unix socket. A client that misses a deadline or a timeout is disconnected. A deadline is the time for the
/// whole of something, a timeout that of a pause.
///
/// | deadline, timeout or limit | default | |
/// |---|---|---|
/// | [`head_deadline`](Serve::head_deadline) | 10 s | for the head of a request, from its first byte; of the first request, from the connection, with a [handshake](Handshake) |
/// | [`body_timeout`](Serve::body_timeout) | 30 s | for the next piece of a request's body; beyond it bodies of less than 512 bytes per second fail |
/// | [`idle_timeout`](Serve::idle_timeout) | 75 s | from a response to the next request, and between the pieces of a `text/event-stream` that a client sends |
/// | [`write_timeout`](Serve::write_timeout) | 30 s | for a client that takes nothing of what is due, after an upgrade as well |
/// | head of a request | 64 KiB | 431 |
/// | headers of a request | 100 | 431 |
/// | `Host` headers of a request of HTTP/1.1 | 1, no more and no less | 400, and the connection is closed |
/// | [`memory`](Serve::memory) | 64 MiB for the heads that are not complete | connections are closed whose head has more than 4 KiB |
/// | client that is gone and has sent more than its request | 1 s, or 6 s while bytes of it are unread | its call or stream is dropped, as that of other clients at once |
/// | [`connection_limit`](Serve::connection_limit) | 16,384 | further ones wait to be accepted |
/// | [`address_limit`](Serve::address_limit) | no limit | further ones are closed |
/// | [`tcp_keepalive`](Serve::tcp_keepalive) | 60 s | of silence until a client is asked for a sign of life by TCP |
/// | [`shutdown_deadline`](Serve::shutdown_deadline) | 12 s | for requests that are being answered at shutdown, and sockets |
#[must_use = "a server runs when it is awaited"]
pub struct Serve<S, L = TcpListener> {
    listener: L,
    service: S,
    options: Options,
    signal: Option<BoxFuture<'static, ()>>,
}

#[derive(Debug, Clone)]
struct Options {
    deadlines: Deadlines,
    body: Duration,
    shutdown: Duration,
    connections: usize,
    per_address: Option<usize>,
    memory: MemoryBudget,
}

impl<S, L: Listener> Serve<S, L> {
    /// Returns the address that the listener is bound to, with the port that the operating
    /// system has chosen for port 0.
    ///
    /// # Errors
    /// If the operating system does not tell it.
    pub fn local_addr(&self) -> std::io::Result<L::Addr> {
        self.listener.local_addr()
    }

    /// Sets the maximum time of a request's head, from its first byte on.
    pub fn head_deadline(mut self, time: Duration) -> Self {
        self.options.deadlines.head = time;
        self
    }

    /// Sets the maximum pause of a request's body while the service waits for it. A body
    /// that takes longer than that in total must deliver 512 bytes per second on average.
    /// The service sees the body [fail](BodyTimeout).
    pub fn body_timeout(mut self, time: Duration) -> Self {
        self.options.body = time;
        self
    }

    /// Sets the maximum time that a connection may wait for its next request.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.options.deadlines.idle = time;
        self
    }

    /// Sets the time within which a client must take some of the bytes sent to it.
    /// Sockets also have [a timeout of their
    /// own](crate::websocket::WebSocketService::write_timeout); the shorter one
    /// applies.
    ///
    /// On Linux it also sets TCP_USER_TIMEOUT (RFC 5482): a client that is lost, or reads
    /// nothing, is disconnected even while the buffers of the operating system accept more.
    pub fn write_timeout(mut self, time: Duration) -> Self {
        self.options.deadlines.write = time;
        self
    }

    /// Sets the maximum number of open connections, including sockets.
    pub fn connection_limit(mut self, connections: usize) -> Self {
        self.options.connections = connections.max(1);
        self
    }

    /// Sets the maximum number of open connections of one IPv4 address, or one IPv6
    /// network of 64 bits. Do not set it behind a proxy, which has one address for all
    /// clients.
    pub fn address_limit(mut self, connections: usize) -> Self {
        self.options.per_address = Some(connections);
        self
    }

    /// Sets the silence after which TCP probes a client (RFC 9293, section
    /// 3.8.4), if at all; 60 s by default. A client that does not answer several probes, a
    /// third of that time apart (on Linux: none for the write timeout), is disconnected.
    /// While a call takes long, or a stream sends nothing, a lost client is not detected
    /// otherwise.
    pub fn tcp_keepalive(mut self, silence: Option<Duration>) -> Self {
        self.options.deadlines.keepalive = silence;
        self
    }

    /// Sets the budget for incomplete heads of requests, beyond the first 4 KiB of each:
    /// one of 64 MiB by default. It may be shared with the services.
    pub fn memory(mut self, memory: &MemoryBudget) -> Self {
        self.options.memory = memory.clone();
        self
    }

    /// Ends the server gracefully when the future completes: no connection is accepted
    /// any more, and running requests may end. Event streams and sockets end with
    /// [`Rpc::shutdown`](crate::Rpc::shutdown); call it in that future.
    pub fn with_graceful_shutdown(
        mut self,
        signal: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.signal = Some(Box::pin(signal));
        self
    }

    /// Sets the maximum time for requests and sockets to end after that. Remaining
    /// connections are closed.
    pub fn shutdown_deadline(mut self, time: Duration) -> Self {
        self.options.shutdown = time;
        self
    }
}

impl<S, L, B> IntoFuture for Serve<S, L>
where
    L: Listener,
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    /// An error is one of the listener itself; connections do not cause it.
    type Output = std::io::Result<()>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { listener, service, options, signal } = self;
        Box::pin(Server::new(service, options).run(listener, signal))
    }
}

impl<S, L: fmt::Debug> fmt::Debug for Serve<S, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
