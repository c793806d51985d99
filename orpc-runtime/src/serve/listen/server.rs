//! Accepting connections, and serving each with hyper.

use std::future::poll_fn;
use std::io::{Error as IoError, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, Either, FutureExt as _, select};
use http::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::rt::{Sleep, Timer};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_service::Service;

use super::admission::{Addresses, Admission};
use super::body::{RequestBody, ResponseBody};
use super::io::{TimedConnection, Turn};
use super::listener::Listener;
use super::{BoxError, Options};
use crate::procedure::PeerAddr;
use crate::serve::http::Connection;
use crate::serve::patience::Patience;
use crate::serve::state::head_size;

/// Maximum length of a request's head, and of hyper's unsent bytes of a response.
const BUFFER: usize = 64 * 1024;

/// Length of a head beyond which the connection ends with the response: otherwise hyper
/// would keep a buffer in which the head fits.
const LONG_HEAD: usize = 16 * 1024;

/// Pause after a failed `accept`, which fails while the process has no file descriptors
/// left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Maximum number of permits that can be awaited at once.
const MAX_CONNECTIONS: usize = (u32::MAX >> 3) as usize;

pub(super) struct Server<S> {
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

impl<S> Server<S> {
    pub(super) fn new(service: S, options: Options) -> Self {
        Self {
            service,
            connections: Arc::new(Semaphore::new(options.connections.min(MAX_CONNECTIONS))),
            addresses: options.per_address.map(Addresses::new),
            options,
            shutdown: CancellationToken::new(),
            end: CancellationToken::new(),
        }
    }
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
    /// Accepts connections until the signal, and then waits for them to end.
    pub(super) async fn run<L: Listener>(
        mut self,
        mut listener: L,
        signal: Option<BoxFuture<'static, ()>>,
    ) -> std::io::Result<()> {
        let signal = signal.unwrap_or_else(|| std::future::pending().boxed());
        // Accepts connections until then; without a signal, forever.
        if let Either::Left((result, _)) = select(pin!(self.accept(&mut listener)), signal).await {
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
    async fn accept<L: Listener>(&mut self, listener: &mut L) -> std::io::Result<()> {
        loop {
            let permit = Arc::clone(&self.connections).acquire_owned().await;
            let permit = permit.map_err(IoError::other)?;
            let (io, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) if is_of_connection(&error) => continue,
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            match Admission::new(
                permit,
                self.addresses.as_ref(),
                address.as_ref().map(SocketAddr::ip),
            ) {
                Some(admission) => self.spawn::<L>(io, address, admission),
                None => tracing::debug!(?address, "an address has too many connections"),
            }
        }
    }

    /// Serves a connection in a task of its own.
    fn spawn<L: Listener>(&self, io: L::Io, address: Option<SocketAddr>, admission: Admission) {
        let head_bytes = self.options.memory.budget().nothing();
        let connection = Connection::new();
        let turn = Arc::new(Turn::default());
        let deadlines = self.options.deadlines;
        let io = TimedConnection::<L>::new(io, Arc::clone(&turn), deadlines, head_bytes, admission);
        let (body, idle) = (self.options.body, deadlines.idle);
        let service = self.service.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let mut busy = turn.begin();
            let names_host = names_host(&request);
            let is_connect = request.method() == Method::CONNECT;
            let is_long = head_size(request.headers(), request.uri()) > LONG_HEAD;
            if let Some(address) = address {
                request.extensions_mut().insert(PeerAddr(address));
            }
            request.extensions_mut().insert(connection.clone());
            let patience = if is_event_stream(&request) {
                Patience::for_events(idle)
            } else {
                Patience::new(body)
            };
            let request = request.map(|body| {
                let receiving = (!body.is_end_stream()).then(|| turn.hold());
                RequestBody::new(body, patience, receiving)
            });
            let mut service = service.clone();
            async move {
                if !names_host {
                    let mut response = Response::new(ResponseBody::empty(busy));
                    *response.status_mut() = StatusCode::BAD_REQUEST;
                    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                    return Ok(response);
                }
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
            // The connection itself enforces the exact deadlines. With a timeout of its own hyper
            // asks for the next request as soon as it waits for one, when its deadline begins.
            .timer(NoTimer)
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
                tracing::debug!(%error, ?address, "a connection ends");
            }
        });
    }
}

/// Returns `true` if a request has one `Host`, which HTTP/1.1 requires (RFC 9112, section 3.2).
fn names_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    request.version() != Version::HTTP_11 || (hosts.next().is_some() && hosts.next().is_none())
}

/// A timer that never ends, for timeouts beyond the deadlines of the connection.
#[derive(Debug)]
struct NoTimer;

struct Never;

impl Future for Never {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for Never {}

impl Timer for NoTimer {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(Never)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Never)
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
