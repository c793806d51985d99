//! The WebSocket service.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tower_service::Service;

use super::connection::Timing;
use super::hooks::{Hooks, SocketHooks};
use crate::budget::MemoryBudget;
use crate::http::{ResponseFuture, RpcBody};
use crate::rpc::Rpc;
use crate::serve::host::{AllowedHosts, HostError};
use crate::serve::origin::{AllowedOrigins, OriginError};
use crate::serve::peer::{Gate, PeerLimits, Rate};
use crate::serve::state::Served;
use crate::serve::time::SHORTEST;
use crate::serve::{ContextSource, IntoContext};

/// Error of a path of which the router has no procedure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the router has no procedure `{path}`: give its path, such as `chat/send`")]
pub struct NoProcedure {
    path: String,
}

/// Settings of a service.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) hosts: AllowedHosts,
    pub(super) origins: AllowedOrigins,
    pub(super) no_upgrade: StatusCode,
    pub(super) keep_extensions: bool,
    pub(super) message_limit: usize,
    pub(super) limits: Arc<PeerLimits>,
    /// Memory of all sockets together, and of the services that share it.
    pub(super) memory: MemoryBudget,
    pub(super) timing: Arc<Timing>,
    pub(super) hooks: Option<Hooks>,
    pub(super) gate: Option<GateOf>,
}

/// Gate of an endpoint.
#[derive(Clone)]
pub(super) struct GateOf(pub(super) Arc<dyn Gate>);

impl std::fmt::Debug for GateOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate")
    }
}

/// The procedures of a router as a tower service that upgrades to WebSocket.
///
/// Created by [`Rpc::websocket`]. All procedures can be called, with one result or an
/// event iterator, any number at once on one socket.
///
/// | limit | default | beyond it |
/// |---|---|---|
/// | [`allow_origin`](WebSocketService::allow_origin) | the server's own host | 403; no Origin header is no page, and passes |
/// | [`allow_host`](WebSocketService::allow_host) | any host | 403 |
/// | id of a call, as JSON | 1,024 bytes | no answer |
/// | [`message_limit`](WebSocketService::message_limit) | 1 MiB | its call fails with PAYLOAD_TOO_LARGE; 16 MiB, or a message whose beginning is that of no call: the socket closes with 1009 |
/// | [`running_call_limit`](WebSocketService::running_call_limit) | 64 | further calls wait |
/// | [`waiting_call_limit`](WebSocketService::waiting_call_limit) | 4,096, and 8 MiB of them | TOO_MANY_REQUESTS |
/// | [`stream_limit`](WebSocketService::stream_limit) | 128 | TOO_MANY_REQUESTS |
/// | [`unsent_limit`](WebSocketService::unsent_limit) | 1 MiB | streams are not polled and results wait until the client reads; what is sent [from elsewhere](crate::Socket::send) closes the socket with 1013 |
/// | files of a message | 100 | PAYLOAD_TOO_LARGE |
/// | [`result_file_limit`](WebSocketService::result_file_limit) | 32 MiB | the call fails: a message is whole, so files of any size are for HTTP |
/// | [`batch_limit`](WebSocketService::batch_limit) | 10 calls in one message, which count as one | 413 |
/// | [`unread_limit`](WebSocketService::unread_limit) of events that clients send | 1 MiB together | the iterator ends with PAYLOAD_TOO_LARGE |
/// | headers of a call | 128 values, and 32 KiB of names and values | BAD_REQUEST, which names the header |
/// | [`socket_memory`](WebSocketService::socket_memory) | 40 MiB kept for one socket | TOO_MANY_REQUESTS; a message that is not complete closes the socket with 1013 |
/// | [`memory`](WebSocketService::memory), shared with the HTTP service of the same [`Rpc`] | 256 MiB kept for all sockets and requests | 503 for a socket, SERVICE_UNAVAILABLE for a call |
/// | [`message_deadline`](WebSocketService::message_deadline) | 60 s from the first byte of a message to its last | the socket closes with 1008 |
/// | [`rate_limit`](WebSocketService::rate_limit), [`byte_rate_limit`](WebSocketService::byte_rate_limit), [`procedure_rate_limit`](WebSocketService::procedure_rate_limit) | none | TOO_MANY_REQUESTS, with the header `retry-after` in seconds |
/// | [`write_timeout`](WebSocketService::write_timeout) | 30 s in which the client takes nothing | the socket is dropped |
/// | messages read while nothing can be written | 256 | reading waits |
/// | tags of a socket | 10, of 256 characters | an error where they are given |
/// | attachment of a socket | 2,048 bytes of JSON | an error where it is given |
/// | [`no_upgrade_status`](WebSocketService::no_upgrade_status) | 426 | for a request without an upgrade |
/// | [`ping_interval`](WebSocketService::ping_interval) | 30 s | |
/// | [`idle_timeout`](WebSocketService::idle_timeout) | 75 s | the socket closes with 1000 `Idle timeout` |
/// | [`shutdown_deadline`](WebSocketService::shutdown_deadline) | 10 s | calls that still run are dropped |
///
/// Close codes are those of RFC 6455, section 7.4.1: 1000 idle, 1001 shutdown,
/// 1002 protocol error, 1007 invalid UTF-8, 1009 message too big, 1013 a client
/// that does not read; others are for [`Socket::close`](crate::Socket::close).
pub struct WebSocketService<C> {
    pub(super) served: Served<C, Options>,
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
    /// without it each may wait for the acknowledgement of the previous one.
    pub fn websocket<Marker>(&self, context: impl IntoContext<C, Marker>) -> WebSocketService<C> {
        self.websocket_with(context.into_context())
    }

    /// Serves the router over WebSocket with contexts from that source.
    pub(crate) fn websocket_with(&self, context: ContextSource<C>) -> WebSocketService<C> {
        let options = Options {
            hosts: AllowedHosts::default(),
            origins: AllowedOrigins::default(),
            no_upgrade: StatusCode::UPGRADE_REQUIRED,
            keep_extensions: true,
            message_limit: 1024 * 1024,
            limits: Arc::default(),
            memory: self.memory().clone(),
            timing: Arc::new(Timing {
                ping: Some(Duration::from_secs(30)),
                idle: Duration::from_secs(75),
                write: Duration::from_secs(30),
                message: Duration::from_secs(60),
                shutdown: Duration::from_secs(10),
            }),
            hooks: None,
            gate: None,
        };
        WebSocketService { served: Served::new(self.clone(), context, options) }
    }
}

impl<C: Send + Sync + 'static> WebSocketService<C> {
    fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        Self { served: self.served.with(change) }
    }

    /// Allows pages of another origin, such as `https://app.example`, to open sockets.
    /// After [`allow_any_origin`](WebSocketService::allow_any_origin) it restricts them
    /// to the server's own and the listed ones. The check is that of
    /// [`HttpService::allow_origin`](crate::http::HttpService::allow_origin).
    ///
    /// # Panics
    /// If it is not an origin. [`try_allow_origin`](Self::try_allow_origin) returns the
    /// error.
    #[must_use]
    #[track_caller]
    pub fn allow_origin(self, origin: impl AsRef<str>) -> Self {
        match self.try_allow_origin(origin.as_ref()) {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Allows pages of this origin to open sockets, as [`allow_origin`](Self::allow_origin)
    /// does.
    ///
    /// # Errors
    /// If it is not an origin: a scheme, a host and a port, unless it is the default one.
    pub fn try_allow_origin(self, origin: &str) -> Result<Self, OriginError> {
        let origins = self.served.options.origins.clone().with(origin)?;
        Ok(self.with(|options| options.origins = origins))
    }

    /// Allows requests to name this host, such as `app.example` or `localhost:3000`,
    /// and no other that is not listed; without a port it is allowed with any. Unless
    /// one is listed, all are allowed. The response to another is 403.
    ///
    /// Protects against DNS rebinding: a page whose own name was changed to resolve to
    /// this server is of the same origin, and only the Host header shows it.
    ///
    /// # Panics
    /// If it is not a valid host. [`try_allow_host`](Self::try_allow_host) returns the
    /// error.
    #[must_use]
    #[track_caller]
    pub fn allow_host(self, host: &str) -> Self {
        match self.try_allow_host(host) {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Allows requests to name this host, as [`allow_host`](Self::allow_host) does.
    ///
    /// # Errors
    /// If it is not a valid host.
    pub fn try_allow_host(self, host: &str) -> Result<Self, HostError> {
        let hosts = self.served.options.hosts.clone().with(host)?;
        Ok(self.with(|options| options.hosts = hosts))
    }

    /// Allows pages of every origin to open sockets. A page then acts with its
    /// visitor's cookies: do not authenticate by cookies alone.
    #[must_use]
    pub fn allow_any_origin(self) -> Self {
        self.with(|options| options.origins = AllowedOrigins::Any)
    }

    /// Sets the status of the response to a request without an upgrade; 426 by default.
    #[must_use]
    pub fn no_upgrade_status(self, status: StatusCode) -> Self {
        self.with(|options| options.no_upgrade = status)
    }

    /// Sets whether [`Call::extensions`](crate::Call::extensions) keeps the extensions
    /// of the upgrade request; on by default. Some hold the buffer that the request was
    /// read into, 16 KiB per socket: axum's `OriginalUri` does, unless its feature
    /// `original-uri` is off.
    #[must_use]
    pub fn keep_extensions(self, keep: bool) -> Self {
        self.with(|options| options.keep_extensions = keep)
    }

    /// Sets the maximum length of a message in bytes.
    #[must_use]
    pub fn message_limit(self, bytes: usize) -> Self {
        self.with(|options| options.message_limit = bytes)
    }

    /// Sets the maximum bytes of files in one result, which are all in memory at once.
    #[must_use]
    pub fn result_file_limit(self, bytes: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).result_files = bytes)
    }

    /// Sets the maximum number of running calls with one result on a socket.
    #[must_use]
    pub fn running_call_limit(self, calls: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).running = calls.max(1))
    }

    /// Sets the maximum number of queued calls of a socket.
    #[must_use]
    pub fn waiting_call_limit(self, calls: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).waiting = calls)
    }

    /// Sets the maximum number of open event iterators of a socket.
    #[must_use]
    pub fn stream_limit(self, streams: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).streams = streams)
    }

    /// Sets the number of bytes that may wait to be sent on a socket.
    #[must_use]
    pub fn unsent_limit(self, bytes: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).unsent = bytes.max(1))
    }

    /// Sets the number of bytes of clients' events that may wait to be read by their
    /// procedures.
    #[must_use]
    pub fn unread_limit(self, bytes: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).unread = bytes)
    }

    /// Sets the maximum number of calls in one message of the official batch plugin.
    /// They run concurrently and count as one.
    #[must_use]
    pub fn batch_limit(self, calls: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).batch = calls)
    }

    /// Sets the rate of a socket's calls, of any procedure, including those that do not
    /// exist.
    #[must_use]
    pub fn rate_limit(self, rate: Rate) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).rates.calls = Some(rate))
    }

    /// Sets the rate of a socket's messages in bytes; beyond that calls are refused
    /// until enough time has passed. Refused calls do not count.
    #[must_use]
    pub fn byte_rate_limit(self, rate: Rate) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).rates.bytes = Some(rate))
    }

    /// Sets the rate of a socket's calls of one procedure, given by its path:
    /// `chat/send`.
    ///
    /// # Panics
    /// If the router has no procedure of that path.
    /// [`try_procedure_rate_limit`](Self::try_procedure_rate_limit) returns the error.
    #[must_use]
    #[track_caller]
    pub fn procedure_rate_limit(self, path: &str, rate: Rate) -> Self {
        match self.try_procedure_rate_limit(path, rate) {
            Ok(service) => service,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the rate of a socket's calls of one procedure, as
    /// [`procedure_rate_limit`](Self::procedure_rate_limit) does.
    ///
    /// # Errors
    /// If the router has no procedure of that path.
    pub fn try_procedure_rate_limit(self, path: &str, rate: Rate) -> Result<Self, NoProcedure> {
        let route = self.served.rpc.find(&format!("/{path}"));
        let known = route.map(|route| Arc::clone(&route.target.path));
        let path = known.ok_or_else(|| NoProcedure { path: path.to_owned() })?;
        Ok(self
            .with(|options| Arc::make_mut(&mut options.limits).rates.procedures.push((path, rate))))
    }

    /// Sets the time within which a client must take some of the pending bytes.
    #[must_use]
    pub fn write_timeout(self, time: Duration) -> Self {
        self.with(|options| Arc::make_mut(&mut options.timing).write = time)
    }

    /// Sets the maximum time of a message from its first byte to its last, regardless of
    /// other frames in between.
    #[must_use]
    pub fn message_deadline(self, time: Duration) -> Self {
        self.with(|options| Arc::make_mut(&mut options.timing).message = time)
    }

    /// Sets the maximum bytes of memory of one socket: incomplete messages, the messages
    /// of open calls, with their headers and inputs, unread events, waiting results, and
    /// unsent frames. The values of procedures do not count.
    #[must_use]
    pub fn socket_memory(self, bytes: usize) -> Self {
        self.with(|options| Arc::make_mut(&mut options.limits).memory = bytes)
    }

    /// Sets the budget for all sockets together, each of which takes some by itself;
    /// [that of the `Rpc`](Rpc::memory) by default, which its HTTP service uses as
    /// well. Beyond it sockets and calls are refused; open ones continue.
    #[must_use]
    pub fn memory(self, memory: &MemoryBudget) -> Self {
        self.with(|options| options.memory = memory.clone())
    }

    /// Gives the service a [budget](WebSocketService::memory) of its own.
    #[must_use]
    pub fn service_memory(self, bytes: usize) -> Self {
        self.memory(&MemoryBudget::new(bytes))
    }

    /// Sets the interval of pings, if any.
    #[must_use]
    pub fn ping_interval(self, every: Option<Duration>) -> Self {
        self.with(|options| {
            Arc::make_mut(&mut options.timing).ping = every.map(|every| every.max(SHORTEST))
        })
    }

    /// Sets the maximum time without a frame from the client, pongs included.
    #[must_use]
    pub fn idle_timeout(self, time: Duration) -> Self {
        self.with(|options| Arc::make_mut(&mut options.timing).idle = time)
    }

    /// Sets the time for which calls may continue after [`Rpc::shutdown`].
    #[must_use]
    pub fn shutdown_deadline(self, time: Duration) -> Self {
        self.with(|options| Arc::make_mut(&mut options.timing).shutdown = time)
    }

    /// Registers lifecycle callbacks, which may refuse sockets.
    #[must_use]
    pub fn hooks(self, hooks: impl SocketHooks) -> Self {
        self.with(|options| options.hooks = Some(Hooks::new(hooks)))
    }

    /// Sets the gate of the sockets.
    #[cfg(feature = "durable")]
    pub(crate) fn gated(self, gate: Arc<dyn Gate>) -> Self {
        self.with(|options| options.gate = Some(GateOf(gate)))
    }
}

impl<C: Send + Sync + 'static, B> Service<Request<B>> for WebSocketService<C> {
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
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
