//! The HTTP service.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use super::body::RpcBody;
use super::dispatch::dispatch;
use super::drain::Drain;
use super::future::ResponseFuture;
use super::read::BoxError;
use crate::budget::MemoryBudget;
use crate::rpc::Rpc;
use crate::serve::IntoContext;
use crate::serve::form::{FormLimits, Spool};
use crate::serve::host::{AllowedHosts, HostError};
use crate::serve::method::Methods;
use crate::serve::origin::{AllowedOrigins, OriginError};
use crate::serve::state::Served;
use crate::serve::time::SHORTEST;
use crate::wire;

const MIB: usize = 1024 * 1024;

/// Default limit of discarding an unused body.
const DISCARDED: u64 = 64 * MIB as u64;

/// Default limit of all temporary files together.
const SPOOL: usize = MIB.saturating_mul(4096);

/// Number of unsent bytes of events at which a stream waits.
pub(super) const STREAM_BUFFER: usize = 16 * 1024;

/// Settings of a service.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) prefix: String,
    pub(super) stripped: Option<String>,
    pub(super) body_limit: usize,
    pub(super) form: FormLimits,
    pub(super) methods: Methods,
    pub(super) hosts: AllowedHosts,
    pub(super) origins: AllowedOrigins,
    pub(super) drain: Drain,
    pub(super) batch_limit: usize,
    pub(super) batch_status: StatusCode,
    pub(super) batch_headers: HeaderMap,
    pub(super) initial_comment: Option<Bytes>,
    pub(super) keep_alive: Option<(Duration, Bytes)>,
    pub(super) timeouts: Timeouts,
    /// Memory of all requests together, and of the services that share it.
    pub(super) memory: MemoryBudget,
    /// Maximum part of it for the requests of one connection.
    pub(super) connection_memory: usize,
}

/// Timeouts for a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeouts {
    /// For the next piece of a body.
    pub(super) body: Duration,
    /// For the next piece of a body of events.
    pub(super) events: Duration,
    /// For a client to take a piece of the response.
    pub(super) write: Duration,
}

/// The procedures of a router as a tower service over HTTP.
///
/// Created by [`Rpc::http`]. It accepts any request and never fails: a path without a
/// procedure gets a plain 404 that is marked with [`Unmatched`].
///
/// | limit | default | beyond it |
/// |---|---|---|
/// | [`body_limit`](HttpService::body_limit) | 1 MiB | PAYLOAD_TOO_LARGE, 413, before the body is read as far as it declares its length |
/// | [`form_limit`](HttpService::form_limit) of a form with files | 32 MiB | 413, before it is read as far as it declares its length |
/// | [`file_limit`](HttpService::file_limit) of one file | 16 MiB | 413 |
/// | [`files_limit`](HttpService::files_limit) of one form | 100 files | 413 |
/// | [`file_memory`](HttpService::file_memory) of one file | 1 MiB | the file is kept in a temporary one |
/// | [`file_space`](HttpService::file_space) of all temporary files | 4 GiB, 512 files | SERVICE_UNAVAILABLE, 503 |
/// | [`body_timeout`](HttpService::body_timeout) | 20 s without a piece of a body | TIMEOUT, 408 |
/// | [`input_timeout`](HttpService::input_timeout) | 75 s without a piece of an event iterator that a client sends | the iterator ends with TIMEOUT |
/// | [`memory`](HttpService::memory), shared with the WebSocket service of the same [`Rpc`] | 256 MiB kept for all requests and sockets | SERVICE_UNAVAILABLE, 503 |
/// | [`connection_memory`](HttpService::connection_memory) | 40 MiB kept for the requests of one [`Connection`](super::Connection), and for one request without that | TOO_MANY_REQUESTS, 429 |
/// | [`write_timeout`](HttpService::write_timeout) | 30 s in which the client takes nothing of the response | the connection is broken off |
/// | depth of JSON | 128 | BAD_REQUEST, 400 |
/// | items of an envelope's `meta` | 50,000 | BAD_REQUEST, 400 |
/// | issues in the answer to an invalid input | 1,000, or 1 MiB of texts and keys | one more issue says that others are left out |
/// | steps through schema and value that look for the issues of one input | 4,000,000 | the issues found so far |
/// | values that serde tries for one input of a recursive untagged enum | 250,000 | one issue, of the input |
/// | steps back of a pattern with look-around or back-references, for one text | 20,000 | an issue |
/// | invalid input whose issues could take 64 MiB | some 130,000 values, fewer below long keys | one issue says that it is too large to say what is wrong |
/// | [`batch_limit`](HttpService::batch_limit) | 10 calls in one request | 413 |
/// | an event of an event iterator that a client sends: [`body_limit`](HttpService::body_limit) | 1 MiB | the iterator ends with PAYLOAD_TOO_LARGE |
/// | [`discard_limit`](HttpService::discard_limit) of an unused body | 64 MiB in 30 s, no pause of 5 s, 1,024 bodies at a time | the connection is closed |
/// | [`allow_host`](HttpService::allow_host) | any host | FORBIDDEN, 403 |
/// | [`allow_origin`](HttpService::allow_origin) | the server's own host, and programs | FORBIDDEN, 403 |
/// | methods | POST, PUT, PATCH, DELETE; GET and HEAD by [`strict_get`](HttpService::strict_get) | METHOD_NOT_SUPPORTED, 405, with `Allow` |
/// | unsent events of a stream | 16 KiB | the stream is not polled until the client reads |
/// | unwritten bytes of a response | 128 KiB | likewise |
/// | [`keep_alive`](HttpService::keep_alive) | 5 s of silence on a stream | a comment is sent |
pub struct HttpService<C> {
    served: Served<C, Options>,
}

/// Marks a response, in its extensions, whose path has no procedure: an application can
/// replace it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmatched;

impl<C> Clone for HttpService<C> {
    fn clone(&self) -> Self {
        Self { served: self.served.clone() }
    }
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Serves the router over HTTP, each call with a context from `context`: a `C`, an
    /// `Arc<C>`, or an `async fn(&Call) -> Result<C, E>`.
    pub fn http<Marker>(&self, context: impl IntoContext<C, Marker>) -> HttpService<C> {
        let options = Options {
            prefix: String::new(),
            stripped: None,
            body_limit: MIB,
            form: FormLimits {
                envelope: MIB as u64,
                file: 16 * MIB as u64,
                files: 100,
                form: 32 * MIB as u64,
                memory: MIB as u64,
                spool: Spool::new(SPOOL),
            },
            methods: Methods { strict_get: true },
            hosts: AllowedHosts::default(),
            origins: AllowedOrigins::default(),
            drain: Drain::new(DISCARDED),
            batch_limit: 10,
            batch_status: StatusCode::MULTI_STATUS,
            batch_headers: HeaderMap::new(),
            initial_comment: Some(wire::comment("").into()),
            keep_alive: Some((Duration::from_secs(5), wire::comment("").into())),
            timeouts: Timeouts {
                body: Duration::from_secs(20),
                events: Duration::from_secs(75),
                write: Duration::from_secs(30),
            },
            memory: self.memory().clone(),
            connection_memory: CONNECTION,
        };
        HttpService { served: Served::new(self.clone(), context.into_context(), options) }
    }
}

/// Returns a prefix of paths that begins with `/` and does not end with it; empty for all paths.
fn path_prefix(text: &str) -> String {
    match text.trim_matches('/') {
        "" => String::new(),
        segments => format!("/{segments}"),
    }
}

impl<C: Send + Sync + 'static> HttpService<C> {
    fn with(self, change: impl FnOnce(&mut Options)) -> Self {
        Self { served: self.served.with(change) }
    }

    /// Sets the path below which the procedures are, such as `/rpc`. Not needed if a
    /// router in front strips it, as axum's `nest_service` does.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        self.with(|options| options.prefix = path_prefix(prefix))
    }

    /// Sets the path that a router in front of the service strips, such as `/rpc`:
    /// calls in a batch have their whole paths. Not needed behind axum, which reports
    /// it (feature `axum`, on by default), nor if clients send batches to the default
    /// path, `/rpc/…/__batch__`.
    #[must_use]
    pub fn stripped_prefix(self, prefix: &str) -> Self {
        self.with(|options| options.stripped = Some(path_prefix(prefix)))
    }

    /// Sets the maximum length of a body in bytes; 1 MiB by default. For a form with
    /// files it limits the part with the envelope, for an event iterator each event.
    #[must_use]
    pub fn body_limit(self, bytes: usize) -> Self {
        self.with(|options| {
            options.body_limit = bytes;
            options.form.envelope = bytes as u64;
        })
    }

    /// Sets the maximum length of a form with files in bytes; 32 MiB by default.
    #[must_use]
    pub fn form_limit(self, bytes: u64) -> Self {
        self.with(|options| options.form.form = bytes)
    }

    /// Sets the maximum length of a file of a form in bytes; 16 MiB by default.
    #[must_use]
    pub fn file_limit(self, bytes: u64) -> Self {
        self.with(|options| options.form.file = bytes)
    }

    /// Sets the maximum number of files of a form; 100 by default.
    #[must_use]
    pub fn files_limit(self, files: usize) -> Self {
        self.with(|options| options.form.files = files)
    }

    /// Sets the maximum length of a file in bytes that is kept in memory while its call
    /// runs; 1 MiB by default. A larger one is written to a temporary file, in the
    /// directory of `TMPDIR`, otherwise `/tmp`: that should not be in memory itself.
    #[must_use]
    pub fn file_memory(self, bytes: u64) -> Self {
        self.with(|options| options.form.memory = bytes)
    }

    /// Sets the maximum number of bytes of all temporary files together, while their calls
    /// keep them; 4 GiB by default, in at most 512 files. Beyond that a form fails with
    /// SERVICE_UNAVAILABLE, 503.
    #[must_use]
    pub fn file_space(self, bytes: usize) -> Self {
        self.with(|options| options.form.spool = Spool::new(bytes))
    }

    /// Allows calls from pages of another origin, such as `https://app.example`.
    ///
    /// Without it a request that a browser sends for a page of another origin is
    /// FORBIDDEN, 403, and runs nothing: a form or a link on any page would otherwise
    /// act with its visitor's cookies. It is recognised by the header `Sec-Fetch-Site`, or
    /// by an `Origin` that is not the request's `Host`; `null`, the origin of sandboxed
    /// frames and files, is another one. Programs send neither header, and are allowed,
    /// and so is a page behind a proxy that changes `Host`, if its browser sends
    /// `same-origin`. A page that a browser opens by a link or the address bar is not a
    /// request of another page: procedures that allow GET run.
    ///
    /// Browsers let the page read the response only by CORS: put a layer of
    /// `tower_http::cors` around the service as well. Mirrored headers include
    /// `authorization`, which `*` does not (Fetch, section 3.3.5).
    ///
    /// ```
    /// use http::header::{HeaderValue, RETRY_AFTER};
    /// use orpc_runtime::prelude::*;
    /// use tower::Layer;
    /// use tower_http::cors::{AllowHeaders, AllowMethods, CorsLayer};
    ///
    /// #[router]
    /// pub mod api {
    ///     #[orpc_runtime::procedure]
    ///     pub async fn ping() -> &'static str {
    ///         "pong"
    ///     }
    /// }
    ///
    /// # fn main() {
    /// let service = Rpc::new(api::router()).http(()).allow_origin("https://app.example");
    /// let cors = CorsLayer::new()
    ///     .allow_origin(HeaderValue::from_static("https://app.example"))
    ///     .allow_methods(AllowMethods::mirror_request())
    ///     .allow_headers(AllowHeaders::mirror_request())
    ///     .expose_headers([RETRY_AFTER]);
    /// let service = cors.layer(service);
    /// # }
    /// ```
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

    /// Allows calls from pages of this origin, as [`allow_origin`](Self::allow_origin) does.
    ///
    /// # Errors
    /// If it is not an origin: a scheme, a host and a port, unless it is the default one.
    pub fn try_allow_origin(self, origin: &str) -> Result<Self, OriginError> {
        let origins = self.served.options.origins.clone().with(origin)?;
        Ok(self.with(|options| options.origins = origins))
    }

    /// Allows requests to name this host, such as `app.example` or `localhost:3000`,
    /// and no other that is not listed; without a port it is allowed with any. Unless
    /// one is listed, all are allowed. The response to another is FORBIDDEN, 403.
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

    /// Allows calls from pages of every origin. A page then acts with its visitor's
    /// cookies: do not authenticate by cookies alone.
    #[must_use]
    pub fn allow_any_origin(self) -> Self {
        self.with(|options| options.origins = AllowedOrigins::Any)
    }

    /// Sets whether GET and HEAD are refused for procedures that do not allow GET, with
    /// METHOD_NOT_SUPPORTED, 405. On by default: safe methods are repeated, prefetched and
    /// linked to (RFC 9110, section 9.2.1).
    ///
    /// POST, PUT, PATCH and DELETE run every procedure, HEAD those that GET runs,
    /// OPTIONS none: it is answered with `Allow`. Of a batch both the request and the
    /// call inside of it must have a method that the procedure allows.
    #[must_use]
    pub fn strict_get(self, strict: bool) -> Self {
        self.with(|options| options.methods = Methods { strict_get: strict })
    }

    /// Sets the maximum number of bytes of an unused body, such as that of a refused
    /// upload, that are read and discarded, so that a client that is still sending gets
    /// the response and not a connection reset; 64 MiB by default, none with 0. It
    /// takes at most 30 s, ends if the client sends nothing for 5 s, and is done for
    /// 1,024 requests of a service at a time.
    #[must_use]
    pub fn discard_limit(self, bytes: u64) -> Self {
        self.with(|options| options.drain = Drain::new(bytes))
    }

    /// Sets the maximum number of calls in one request of the official batch plugin; 10
    /// by default. They run concurrently.
    #[must_use]
    pub fn batch_limit(self, calls: usize) -> Self {
        self.with(|options| options.batch_limit = calls)
    }

    /// Sets the status and headers of the response to a batch, independent of its
    /// calls; 207 and none by default.
    #[must_use]
    pub fn batch_response(self, status: StatusCode, headers: HeaderMap) -> Self {
        self.with(|options| {
            options.batch_status = status;
            options.batch_headers = headers;
        })
    }

    /// Sets the comment that opens every event stream, so that the head is sent at
    /// once; an empty one by default.
    #[must_use]
    pub fn initial_comment(self, text: Option<&str>) -> Self {
        self.with(|options| options.initial_comment = text.map(|text| wire::comment(text).into()))
    }

    /// Sets the silence after which a comment is sent on an event stream, and its text;
    /// an empty one every 5 s by default.
    #[must_use]
    pub fn keep_alive(self, every: Option<(Duration, &str)>) -> Self {
        self.with(|options| {
            options.keep_alive =
                every.map(|(interval, text)| (interval.max(SHORTEST), wire::comment(text).into()));
        })
    }

    /// Sets the maximum pause of a body; 20 s by default. A body that takes longer than
    /// that in total must deliver 512 bytes per second on average. Beyond that the call
    /// fails with TIMEOUT, 408.
    #[must_use]
    pub fn body_timeout(self, time: Duration) -> Self {
        self.with(|options| options.timeouts.body = time)
    }

    /// Sets the maximum pause of an event iterator that a client sends as a body,
    /// comments included; 75 s by default. Beyond that the iterator ends with TIMEOUT.
    #[must_use]
    pub fn input_timeout(self, time: Duration) -> Self {
        self.with(|options| options.timeouts.events = time)
    }

    /// Sets the time within which a client must read a part of a response, whether of an
    /// event iterator, a file or a long result; 30 s by default. Beyond that the body
    /// fails, the server aborts the connection, and the stream is dropped. At most 128 KiB
    /// of a response are unwritten in the server.
    #[must_use]
    pub fn write_timeout(self, time: Duration) -> Self {
        self.with(|options| options.timeouts.write = time)
    }

    /// Sets the budget for all requests together: heads, bodies and the parts of forms in
    /// memory, and the unwritten part of responses of more than 16 KiB; [that of the
    /// `Rpc`](Rpc::memory) by default, which its WebSocket service uses as well. Beyond
    /// it requests are refused with SERVICE_UNAVAILABLE, 503, and streams wait for their
    /// readers; the values of procedures do not count.
    #[must_use]
    pub fn memory(self, memory: &MemoryBudget) -> Self {
        self.with(|options| options.memory = memory.clone())
    }

    /// Gives the service a [budget](HttpService::memory) of its own.
    #[must_use]
    pub fn service_memory(self, bytes: usize) -> Self {
        self.memory(&MemoryBudget::new(bytes))
    }

    /// Sets the maximum number of bytes of that budget for the requests of one [`Connection`](super::Connection), or for one request if
    /// the server names no connection; 40 MiB by default. Beyond that a request is refused with TOO_MANY_REQUESTS, 429.
    #[must_use]
    pub fn connection_memory(self, bytes: usize) -> Self {
        self.with(|options| options.connection_memory = bytes)
    }
}

/// Maximum memory of the requests of one connection, as of one socket.
const CONNECTION: usize = 40 * MIB;

impl<C, B> Service<Request<B>> for HttpService<C>
where
    C: Send + Sync + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        dispatch(&self.served, request)
    }
}

impl<C> std::fmt::Debug for HttpService<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpService").field("options", &self.served.options).finish_non_exhaustive()
    }
}
