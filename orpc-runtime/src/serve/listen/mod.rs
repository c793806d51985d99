//! A small HTTP server on tokio and hyper, with a deadline for every step of a client.

mod admission;
mod body;
mod io;
mod options;

use std::error::Error;
use std::future::poll_fn;
use std::io::{Error as IoError, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, Either, FutureExt as _, select};
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

pub use super::patience::BodyTimeout;
pub use body::RequestBody;

use self::admission::{Addresses, Admission};
use self::body::ResponseBody;
use self::io::{Deadlines, TimedConnection, Turn};
use super::http::Connection;
use super::patience::Patience;
use super::state::head_size;
use crate::budget::MemoryBudget;
use crate::procedure::PeerAddr;

/// Maximum length of a request's head, and of hyper's unsent bytes of a response.
const BUFFER: usize = 64 * 1024;

/// Length of a head beyond which the connection ends with the response: otherwise hyper
/// would keep a buffer in which the head fits.
const LONG_HEAD: usize = 16 * 1024;

/// Pause after a failed `accept`, which fails while the process has no file descriptors
/// left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Memory of all incomplete heads.
const HEADS: usize = 64 * 1024 * 1024;

type BoxError = Box<dyn Error + Send + Sync>;

/// Serves a tower service, such as an `axum::Router`, on a listener: HTTP/1.1, with
/// upgrades to WebSocket.
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
pub fn serve<S, B>(listener: TcpListener, service: S) -> Serve<S>
where
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
        },
        body: Duration::from_secs(30),
        shutdown: Duration::from_secs(10),
        connections: 16_384,
        per_address: None,
        keepalive: Some(Duration::from_secs(60)),
        memory: MemoryBudget::new(HEADS),
    };
    Serve { listener, service, options, signal: None }
}

/// A configured server, which runs when it is awaited. Created by [`serve`].
///
/// The connections have TCP_NODELAY, and their requests a [`PeerAddr`] among their
/// extensions. A client that misses a deadline or a timeout is disconnected. A deadline is the time for the
/// whole of something, a timeout that of a pause.
///
/// | deadline, timeout or limit | default | |
/// |---|---|---|
/// | [`head_deadline`](Serve::head_deadline) | 10 s | for the head of a request, from its first byte; of the first request, from the connection |
/// | [`body_timeout`](Serve::body_timeout) | 30 s | for the next piece of a request's body; beyond it bodies of less than 512 bytes per second fail |
/// | [`idle_timeout`](Serve::idle_timeout) | 75 s | from a response to the next request, and between the pieces of a `text/event-stream` that a client sends |
/// | [`write_timeout`](Serve::write_timeout) | 30 s | for a client that takes nothing of what is due, after an upgrade as well |
/// | head of a request | 64 KiB | 431 |
/// | [`memory`](Serve::memory) | 64 MiB for the heads that are not complete | connections are closed whose head has more than 4 KiB |
/// | client that is gone and has sent more than its request | 1 s, or 6 s while bytes of it are unread | its call or stream is dropped, as that of other clients at once |
/// | [`connection_limit`](Serve::connection_limit) | 16,384 | further ones wait to be accepted |
/// | [`address_limit`](Serve::address_limit) | no limit | further ones are closed |
/// | [`tcp_keepalive`](Serve::tcp_keepalive) | 60 s | of silence until a client is asked for a sign of life by TCP |
/// | [`shutdown_deadline`](Serve::shutdown_deadline) | 10 s | for requests that are being answered at shutdown |
#[must_use = "a server runs when it is awaited"]
pub struct Serve<S> {
    listener: TcpListener,
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
    keepalive: Option<Duration>,
    memory: MemoryBudget,
}

impl<S> Serve<S> {
    /// Returns the address that the listener is bound to, with the port that the operating
    /// system has chosen for port 0.
    ///
    /// # Errors
    /// If the operating system does not tell it.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
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
        self.options.keepalive = silence;
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

impl<S, B> IntoFuture for Serve<S>
where
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
        let server = Server {
            service,
            connections: Arc::new(Semaphore::new(options.connections.min(MAX_CONNECTIONS))),
            addresses: options.per_address.map(Addresses::new),
            options,
            shutdown: CancellationToken::new(),
            end: CancellationToken::new(),
        };
        Box::pin(server.run(listener, signal))
    }
}

/// Maximum number of permits that can be awaited at once.
const MAX_CONNECTIONS: usize = (u32::MAX >> 3) as usize;

struct Server<S> {
    service: S,
    options: Options,
    /// One permit for each open connection.
    connections: Arc<Semaphore>,
    addresses: Option<Arc<Addresses>>,
    /// Connections end after their current request.
    shutdown: CancellationToken,
    /// Connections end at once.
    end: CancellationToken,
}

impl<S, B> Server<S>
where
    S: Service<Request<RequestBody>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    async fn run(
        mut self,
        listener: TcpListener,
        signal: Option<BoxFuture<'static, ()>>,
    ) -> std::io::Result<()> {
        let signal = signal.unwrap_or_else(|| std::future::pending().boxed());
        // Accepts connections until then; without a signal, forever.
        if let Either::Left((result, _)) = select(pin!(self.accept(&listener)), signal).await {
            return result;
        }
        drop(listener);
        self.shutdown.cancel();
        let all = u32::try_from(self.options.connections.min(MAX_CONNECTIONS));
        let closed = self.connections.acquire_many(all.unwrap_or(u32::MAX >> 3));
        if tokio::time::timeout(self.options.shutdown, closed).await.is_err() {
            tracing::warn!("connections are closed at the shutdown deadline");
        }
        self.end.cancel();
        Ok(())
    }

    /// Accepts connections; returns when the listener fails.
    async fn accept(&mut self, listener: &TcpListener) -> std::io::Result<()> {
        loop {
            let permit = Arc::clone(&self.connections).acquire_owned().await;
            let permit = permit.map_err(IoError::other)?;
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_of_connection(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            match Admission::new(permit, self.addresses.as_ref(), address.ip()) {
                Some(admission) => self.spawn(stream, address, admission),
                None => tracing::debug!(%address, "an address has too many connections"),
            }
        }
    }

    /// Serves a connection in a task of its own.
    fn spawn(&mut self, stream: TcpStream, address: SocketAddr, admission: Admission) {
        if let Err(error) = options::set(&stream, self.options.keepalive, &self.options.deadlines) {
            tracing::debug!(%error, "the options of a connection cannot be set");
        }
        let head_bytes = self.options.memory.budget().nothing();
        let connection = Connection::new();
        let turn = Arc::new(Turn::default());
        let deadlines = self.options.deadlines;
        let io = TimedConnection::new(stream, Arc::clone(&turn), deadlines, head_bytes, admission);
        let (body, idle) = (self.options.body, deadlines.idle);
        let service = self.service.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let mut busy = turn.begin();
            let is_connect = request.method() == Method::CONNECT;
            let is_long = head_size(request.headers(), request.uri()) > LONG_HEAD;
            request.extensions_mut().insert(PeerAddr(address));
            request.extensions_mut().insert(connection.clone());
            let patience = if is_event_stream(&request) {
                Patience::for_events(idle)
            } else {
                Patience::new(body)
            };
            let request = request.map(|body| RequestBody::new(body, patience));
            let mut service = service.clone();
            async move {
                poll_fn(|cx| service.poll_ready(cx)).await?;
                let mut response = service.call(request).await?;
                let is_switched = response.status() == StatusCode::SWITCHING_PROTOCOLS
                    || (is_connect && response.status().is_success());
                if is_switched {
                    busy.stay();
                } else if is_long {
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, S::Error>(response.map(|body| ResponseBody::new(body, busy)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // The connection itself enforces the exact deadlines.
            .header_read_timeout(deadlines.idle.max(deadlines.head))
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades();
        // Tokens of the connection's own: polling takes no lock that connections share.
        let (shutdown, end) = (self.shutdown.child_token(), self.end.child_token());
        tokio::spawn(async move {
            let serve = async {
                let mut connection = pin!(connection);
                let shutdown = pin!(shutdown.cancelled());
                match select(connection.as_mut(), shutdown).await {
                    Either::Left((result, _)) => result,
                    Either::Right(_) => {
                        connection.as_mut().graceful_shutdown();
                        connection.await
                    }
                }
            };
            if let Some(Err(error)) = end.run_until_cancelled(serve).await {
                tracing::debug!(%error, %address, "a connection ends");
            }
        });
    }
}

fn is_event_stream<B>(request: &Request<B>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).map(|value| value.as_bytes());
    content_type
        .and_then(|value| value.get(..17))
        .is_some_and(|start| start.eq_ignore_ascii_case(b"text/event-stream"))
}

/// Returns `true` if accepting failed because of the connection that was to be
/// accepted.
fn is_of_connection(error: &IoError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}

impl<S> std::fmt::Debug for Serve<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
