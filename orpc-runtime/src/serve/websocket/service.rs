//! From a request to a socket.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Either};
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower_service::Service;

use super::connection::{Connection, Timing};
use super::handshake::{Refusal, accept, is_upgrade};
use super::hooks::{Hooks, SocketHooks};
use super::idle_codec::RestingSocket;
use super::lifecycle::Life;
use crate::budget::{MemoryBudget, Reservation};
use crate::http::RpcBody;
use crate::rpc::Rpc;
use crate::serve::IntoContext;
use crate::serve::host::{self, AllowedHosts};
use crate::serve::http::respond_with_error;
use crate::serve::origin::AllowedOrigins;
use crate::serve::peer::{Admitted, Calls, Gate, NO_UPGRADE, PeerLimits, Rate};
use crate::serve::state::{Served, head_size};
use crate::serve::time::SHORTEST;
use crate::socket::{Accept, Socket};

/// How long a client may take from its handshake to the socket.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// What a service needs beside the router.
#[derive(Debug, Clone)]
struct Options {
    hosts: AllowedHosts,
    origins: AllowedOrigins,
    no_upgrade: StatusCode,
    keep_extensions: bool,
    message_limit: usize,
    limits: PeerLimits,
    /// The memory of all sockets together, and of the services that share it.
    memory: MemoryBudget,
    timing: Timing,
    hooks: Option<Hooks>,
    gate: Option<GateOf>,
}

/// The gate of an endpoint.
#[derive(Clone)]
struct GateOf(Arc<dyn Gate>);

impl std::fmt::Debug for GateOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

/// The procedures of a router as a tower service that upgrades to WebSocket.
///
/// Made by [`Rpc::websocket`]. All procedures are there, those with one result
/// and event iterators alike, any number at once on one socket.
///
/// | limit | default | beyond it |
/// |---|---|---|
/// | [`allow_origin`](WebSocketService::allow_origin) | the server's own host | 403; no Origin header is no page, and passes |
/// | [`allow_host`](WebSocketService::allow_host) | any host | 403 |
/// | [`message_limit`](WebSocketService::message_limit) | 1 MiB | its call fails with PAYLOAD_TOO_LARGE; 16 MiB, or a message whose beginning is that of no call: the socket closes with 1009 |
/// | [`running_calls`](WebSocketService::running_calls) | 64 | further calls wait |
/// | [`waiting_calls`](WebSocketService::waiting_calls) | 4,096, and 8 MiB of them | TOO_MANY_REQUESTS |
/// | [`streams`](WebSocketService::streams) | 128 | TOO_MANY_REQUESTS |
/// | [`unsent_limit`](WebSocketService::unsent_limit) | 1 MiB | streams are not polled and results wait until the client reads; what is sent [from elsewhere](crate::Socket::send) closes the socket with 1013 |
/// | files of a message | 100 | PAYLOAD_TOO_LARGE |
/// | [`result_files`](WebSocketService::result_files) | 32 MiB | the call fails: a message is whole, so files of any size are for HTTP |
/// | [`batch_limit`](WebSocketService::batch_limit) | 10 calls in one message, which count as one | 413 |
/// | [`unread_limit`](WebSocketService::unread_limit) of events that clients send | 1 MiB together | the iterator ends with PAYLOAD_TOO_LARGE |
/// | headers of a call | 128 values, and 32 KiB of names and values | BAD_REQUEST, which names the header |
/// | [`socket_memory`](WebSocketService::socket_memory) | 40 MiB kept for one socket | TOO_MANY_REQUESTS; a message that is not complete closes the socket with 1013 |
/// | [`memory`](WebSocketService::memory), shared with the HTTP service of the same [`Rpc`] | 256 MiB kept for all sockets and requests | 503 for a socket, SERVICE_UNAVAILABLE for a call |
/// | [`message_deadline`](WebSocketService::message_deadline) | 60 s from the first byte of a message to its last | the socket closes with 1008 |
/// | [`rate_limit`](WebSocketService::rate_limit), [`byte_rate_limit`](WebSocketService::byte_rate_limit), [`procedure_rate_limit`](WebSocketService::procedure_rate_limit) | none | TOO_MANY_REQUESTS, with the header `retry-after` in seconds |
/// | [`write_deadline`](WebSocketService::write_deadline) | 30 s in which the client takes nothing | the socket is dropped |
/// | messages read while nothing can be written | 256 | reading waits |
/// | [`ping_interval`](WebSocketService::ping_interval) | 30 s | |
/// | [`idle_limit`](WebSocketService::idle_limit) | 75 s | the socket closes with 1000 `Idle timeout` |
/// | [`shutdown_deadline`](WebSocketService::shutdown_deadline) | 10 s | calls that still run are dropped |
///
/// Close codes are those of RFC 6455, section 7.4.1: 1000 idle, 1001 shutdown,
/// 1002 protocol error, 1007 invalid UTF-8, 1009 message too big, 1013 a client
/// that does not read; others are for [`Socket::close`](crate::Socket::close).
pub struct WebSocketService<C> {
    served: Served<C, Options>,
}

impl<C> Clone for WebSocketService<C> {
    fn clone(&self) -> Self {
        Self { served: self.served.clone() }
    }
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Serves the router over WebSocket, each call with a context from `context`:
    /// a `C`, an `Arc<C>`, or an `async fn(&Call) -> Result<C, E>`, to which
    /// [`Call::socket`](crate::Call::socket) shows the upgrade request.
    ///
    /// Set TCP_NODELAY on the connections that you accept: messages are small, and
    /// without it each may wait for the acknowledgement of the one before.
    pub fn websocket<How>(&self, context: impl IntoContext<C, How>) -> WebSocketService<C> {
        let options = Options {
            hosts: AllowedHosts::default(),
            origins: AllowedOrigins::default(),
            no_upgrade: StatusCode::UPGRADE_REQUIRED,
            keep_extensions: true,
            message_limit: 1024 * 1024,
            limits: PeerLimits::default(),
            memory: self.memory().clone(),
            timing: Timing {
                ping: Some(Duration::from_secs(30)),
                idle: Duration::from_secs(75),
                write: Duration::from_secs(30),
                message: Duration::from_secs(60),
                shutdown: Duration::from_secs(10),
            },
            hooks: None,
            gate: None,
        };
        WebSocketService { served: Served::new(self.clone(), context.into_context(), options) }
    }
}

impl<C: Send + Sync + 'static> WebSocketService<C> {
    fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        Self { served: self.served.with(change) }
    }

    /// Lets the pages of another origin, such as `https://app.example`, open sockets.
    /// After [`allow_any_origin`](WebSocketService::allow_any_origin) it narrows those
    /// that may to the server's own and the named ones. The check is that of
    /// [`HttpService::allow_origin`](crate::http::HttpService::allow_origin).
    #[must_use]
    pub fn allow_origin(self, origin: impl Into<String>) -> Self {
        self.with(|options| options.origins.add(origin.into()))
    }

    /// Lets requests name this host, such as `app.example` or `localhost:3000`, and
    /// no other that is not listed; without a port it is allowed with any. Unless one
    /// is listed, all are allowed. The answer to another is 403.
    ///
    /// Against DNS rebinding: a page whose own name is made to lead to this server
    /// is of the same origin, and only the Host header tells.
    ///
    /// # Panics
    /// If that is no host.
    #[must_use]
    #[track_caller]
    pub fn allow_host(self, host: &str) -> Self {
        let mut hosts = self.served.options.hosts.clone();
        hosts.add(host);
        self.with(|options| options.hosts = hosts)
    }

    /// Lets the pages of every origin open sockets. A page then acts with its
    /// visitor's cookies: authenticate by something else.
    #[must_use]
    pub fn allow_any_origin(self) -> Self {
        self.with(|options| options.origins = AllowedOrigins::Any)
    }

    /// The status for a request that asks for no upgrade; 426 unless set.
    #[must_use]
    pub fn no_upgrade_status(self, status: StatusCode) -> Self {
        self.with(|options| options.no_upgrade = status)
    }

    /// Whether [`Call::extensions`](crate::Call::extensions) has what layers left
    /// with the upgrade request; kept unless told otherwise. Some hold on to the
    /// buffer that the request was read into, 16 KiB a socket: axum's
    /// `OriginalUri` does, unless its feature `original-uri` is off.
    #[must_use]
    pub fn keep_extensions(self, keep: bool) -> Self {
        self.with(|options| options.keep_extensions = keep)
    }

    /// The longest message in bytes.
    #[must_use]
    pub fn message_limit(self, bytes: usize) -> Self {
        self.with(|options| options.message_limit = bytes)
    }

    /// The most bytes of files in one result, which are all in memory at once.
    #[must_use]
    pub fn result_files(self, bytes: usize) -> Self {
        self.with(|options| options.limits.result_files = bytes)
    }

    /// How many calls with one result of a socket run at a time.
    #[must_use]
    pub fn running_calls(self, calls: usize) -> Self {
        self.with(|options| options.limits.running = calls.max(1))
    }

    /// How many calls of a socket may wait for their turn.
    #[must_use]
    pub fn waiting_calls(self, calls: usize) -> Self {
        self.with(|options| options.limits.waiting = calls)
    }

    /// How many event iterators of a socket may be open.
    #[must_use]
    pub fn streams(self, streams: usize) -> Self {
        self.with(|options| options.limits.streams = streams)
    }

    /// How many bytes may wait to be sent on a socket.
    #[must_use]
    pub fn unsent_limit(self, bytes: usize) -> Self {
        self.with(|options| options.limits.unsent = bytes.max(1))
    }

    /// How many bytes of events that clients send may wait for the procedures that
    /// read them.
    #[must_use]
    pub fn unread_limit(self, bytes: usize) -> Self {
        self.with(|options| options.limits.unread = bytes)
    }

    /// How many calls one message of the official batch plugin may hold. They run
    /// side by side and count as one.
    #[must_use]
    pub fn batch_limit(self, calls: usize) -> Self {
        self.with(|options| options.limits.batch = calls)
    }

    /// How often a socket may call, whatever it calls: also what does not exist.
    #[must_use]
    pub fn rate_limit(self, rate: Rate) -> Self {
        self.with(|options| options.limits.rates.calls = Some(rate))
    }

    /// How many bytes of messages a socket may send; beyond that calls are refused
    /// until enough time has passed. Refused calls do not count.
    #[must_use]
    pub fn byte_rate_limit(self, rate: Rate) -> Self {
        self.with(|options| options.limits.rates.bytes = Some(rate))
    }

    /// How often a socket may call one procedure, given by its path: `chat/send`.
    ///
    /// # Panics
    /// If the router has no procedure of that path.
    #[must_use]
    #[track_caller]
    pub fn procedure_rate_limit(self, path: &str, rate: Rate) -> Self {
        let route = self.served.rpc.find(&format!("/{path}"));
        let Some(path) = route.map(|route| Arc::clone(&route.target.path)) else {
            panic!("the router has no procedure `{path}`: give its path, such as `chat/send`");
        };
        self.with(|options| options.limits.rates.procedures.push((path, rate)))
    }

    /// How long a client may take nothing of what is due to be written.
    #[must_use]
    pub fn write_deadline(self, time: Duration) -> Self {
        self.with(|options| options.timing.write = time)
    }

    /// Sets how long a message may take from its first byte to its last, however many other
    /// frames come between those of the message.
    #[must_use]
    pub fn message_deadline(self, time: Duration) -> Self {
        self.with(|options| options.timing.message = time)
    }

    /// Sets how many bytes may be kept for one socket: messages that have not arrived in
    /// full, the messages of open calls, with their headers and inputs, events that were
    /// not read, results that wait, and what is unsent. The values of procedures
    /// do not count.
    #[must_use]
    pub fn socket_memory(self, bytes: usize) -> Self {
        self.with(|options| options.limits.memory = bytes)
    }

    /// Sets the budget for all sockets together, each of which takes some by itself;
    /// [that of the `Rpc`](Rpc::memory) unless set, which its HTTP service has as well.
    /// Beyond it no socket and no call is taken; those that are there go on.
    #[must_use]
    pub fn memory(self, memory: &MemoryBudget) -> Self {
        self.with(|options| options.memory = memory.clone())
    }

    /// Gives the service a [budget](WebSocketService::memory) of its own.
    #[must_use]
    pub fn service_memory(self, bytes: usize) -> Self {
        self.memory(&MemoryBudget::new(bytes))
    }

    /// How often a ping is sent, if at all.
    #[must_use]
    pub fn ping_interval(self, every: Option<Duration>) -> Self {
        self.with(|options| options.timing.ping = every.map(|every| every.max(SHORTEST)))
    }

    /// How long a client may send nothing, not even a pong.
    #[must_use]
    pub fn idle_limit(self, time: Duration) -> Self {
        self.with(|options| options.timing.idle = time)
    }

    /// How long calls may go on after [`Rpc::shutdown`].
    #[must_use]
    pub fn shutdown_deadline(self, time: Duration) -> Self {
        self.with(|options| options.timing.shutdown = time)
    }

    /// Tells an application what happens to its sockets, and lets it refuse them.
    #[must_use]
    pub fn hooks(self, hooks: impl SocketHooks) -> Self {
        self.with(|options| options.hooks = Some(Hooks::new(hooks)))
    }

    /// Lets a gate decide about the sockets.
    #[cfg(feature = "durable")]
    pub(crate) fn gated(self, gate: Arc<dyn Gate>) -> Self {
        self.with(|options| options.gate = Some(GateOf(gate)))
    }

    fn upgrade<B>(&self, request: Request<B>) -> WebSocketFuture {
        let (mut parts, _) = request.into_parts();
        let options = &self.served.options;
        if !options.hosts.allow(&parts.headers, &parts.uri) {
            return WebSocketFuture::ready(plain(StatusCode::FORBIDDEN, host::NOT_ALLOWED));
        }
        if let Some(GateOf(gate)) = &options.gate {
            if !is_upgrade(&parts.method, &parts.headers) {
                return WebSocketFuture::ready(plain(options.no_upgrade, NO_UPGRADE));
            }
            if let Err((status, text)) = gate.admit(&mut parts) {
                return WebSocketFuture::ready(plain(status, text));
            }
        }
        let headers = match accept(&parts, &options.origins) {
            Ok(headers) => headers,
            Err(refusal) => return WebSocketFuture::ready(refuse(refusal, options.no_upgrade)),
        };
        if self.served.rpc.is_shut_down() {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return WebSocketFuture::ready(plain(status, "The server shuts down"));
        }
        let Ok(held) =
            options.memory.budget().reserve(SOCKET + head_size(&parts.headers, &parts.uri))
        else {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return WebSocketFuture::ready(plain(status, "The server has too many sockets"));
        };
        // Missing where the HTTP server cannot upgrade, as with HTTP/2.
        let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            return WebSocketFuture::ready(refuse(Refusal::NoUpgrade, options.no_upgrade));
        };
        let Some(hooks) = options.hooks.clone() else {
            return WebSocketFuture::ready(self.switch(
                upgrade,
                parts,
                Accept::new(),
                headers,
                held,
            ));
        };
        let service = self.clone();
        WebSocketFuture::boxed(async move {
            match hooks.upgrade(&parts).await {
                Ok(accept) => service.switch(upgrade, parts, accept, headers, held),
                Err(error) => respond_with_error(&error, HeaderMap::new()),
            }
        })
    }

    /// Serves the socket in a task of its own, once it is there.
    fn switch(
        &self,
        upgrade: OnUpgrade,
        mut parts: Parts,
        accept: Accept,
        headers: HeaderMap,
        held: Reservation,
    ) -> Response<RpcBody> {
        if !self.served.options.keep_extensions {
            let admitted = parts.extensions.remove::<Admitted>();
            parts.extensions.clear();
            admitted.map(|admitted| parts.extensions.insert(admitted));
        }
        // What waits for the upgrade is not kept with the socket.
        let service = self.clone();
        self.served.rpc.spawn(async move {
            match tokio::time::timeout(HANDSHAKE_TIME, upgrade).await {
                Ok(Ok(upgraded)) => service.serve(TokioIo::new(upgraded), parts, accept, held),
                Ok(Err(error)) => tracing::debug!(%error, "an upgrade fails"),
                Err(_) => tracing::debug!("an upgrade takes too long"),
            }
        });
        let mut response = Response::new(RpcBody::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = headers;
        response
    }

    fn serve<S>(self, connection: S, parts: Parts, accept: Accept, held: Reservation)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Options { message_limit, limits, memory, timing, hooks, gate, .. } =
            self.served.options.clone();
        let rpc = self.served.rpc.clone();
        let context = self.served.context.clone();
        let memory = memory.budget().part(limits.memory);
        let socket = Socket::new(parts, accept, limits.unsent, memory, held);
        let websocket = RestingSocket::new(connection, message_limit);
        let gate = gate.map(|GateOf(gate)| gate);
        if let Some(gate) = &gate {
            gate.open(&socket);
        }
        let calls = Calls::new(rpc.clone(), context, socket.clone(), limits, gate);
        let life = Life::begin(socket, hooks);
        let connection = Connection::new(websocket, calls, life, timing, rpc.on_shutdown());
        rpc.spawn(connection.serve());
    }
}

/// The memory of a socket without calls, as measured, with the first bytes of what it
/// may keep.
const SOCKET: usize = 6 * 1024;

pub(super) fn refuse(refusal: Refusal, no_upgrade: StatusCode) -> Response<RpcBody> {
    let mut response = match refusal {
        Refusal::NoUpgrade => plain(no_upgrade, "This is a WebSocket endpoint"),
        Refusal::Version => plain(StatusCode::UPGRADE_REQUIRED, "The version must be 13"),
        Refusal::Malformed => plain(StatusCode::BAD_REQUEST, "Not a WebSocket handshake"),
        Refusal::Origin => plain(StatusCode::FORBIDDEN, "This origin is not allowed"),
    };
    if response.status() == StatusCode::UPGRADE_REQUIRED {
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
        response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    }
    response
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// The future of a [`WebSocketService`] or a `WebSocketProxy`.
pub struct WebSocketFuture(Either<Ready<Response<RpcBody>>, BoxFuture<'static, Response<RpcBody>>>);

impl WebSocketFuture {
    pub(super) fn ready(response: Response<RpcBody>) -> Self {
        Self(Either::Left(ready(response)))
    }

    pub(super) fn boxed(
        response: impl Future<Output = Response<RpcBody>> + Send + 'static,
    ) -> Self {
        Self(Either::Right(Box::pin(response)))
    }
}

impl Future for WebSocketFuture {
    type Output = Result<Response<RpcBody>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(Ok)
    }
}

impl std::fmt::Debug for WebSocketFuture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WebSocketFuture")
    }
}

impl<C: Send + Sync + 'static, B> Service<Request<B>> for WebSocketService<C> {
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = WebSocketFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> WebSocketFuture {
        self.upgrade(request)
    }
}

impl<C> std::fmt::Debug for WebSocketService<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebSocketService")
            .field("options", &self.served.options)
            .finish_non_exhaustive()
    }
}
