//! Forwards sockets to another server.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING};
use http::uri::{InvalidUri, Uri};
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::handshake::{Refusal, check};
use super::upgrade::{plain, refuse};
use crate::http::{ResponseFuture, RpcBody};
use crate::procedure::PeerAddr;

/// Maximum time for the other server to answer a handshake.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Maximum number of bytes of a refusal that are forwarded.
const REFUSAL_LIMIT: usize = 64 * 1024;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A tower service that forwards WebSockets to another server, for example to the one
/// with the room in the URL.
///
/// The upgrade request is forwarded with all of its headers, including `Host` and
/// `Origin`, so that the other server decides as for a direct request; a [`PeerAddr`]
/// is appended to `x-forwarded-for`. Its response is returned to the client. After that
/// bytes are forwarded unchanged in both directions, and the limits, pings and close
/// codes are those of the other server.
///
/// | case | response |
/// |---|---|
/// | a request without an upgrade | 426 |
/// | the other server cannot be reached | 502 |
/// | it does not answer within 10 s | 504 |
/// | it refuses | its response, of the body at most 64 KiB |
///
/// ```
/// use orpc_runtime::websocket::WebSocketProxy;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = WebSocketProxy::new("http://127.0.0.1:4000")?;
/// let app: axum::Router = axum::Router::new().route_service("/rooms/{name}", proxy);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct WebSocketProxy {
    target: Arc<Target>,
}

#[derive(Debug)]
struct Target {
    authority: String,
    /// `None` if the path of each request is kept.
    path: Option<String>,
}

/// Error of a URL that sockets cannot be forwarded to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyTargetError {
    /// It is not a URL.
    #[error("the target of sockets is not a URL")]
    Syntax(#[from] InvalidUri),
    /// It has no host, or a scheme other than `http` and `ws`.
    #[error("sockets are forwarded to an `http://` or `ws://` URL with a host")]
    Scheme,
    /// It has a user or a query, which are not sent.
    #[error("the URL that sockets are forwarded to has a user or a query: requests keep their own")]
    Parts,
}

/// Reason why the other server did not answer.
#[derive(Debug, thiserror::Error)]
enum ForwardError {
    #[error("the target cannot be reached")]
    Connect(#[source] std::io::Error),
    #[error("the target does not speak HTTP")]
    Http(#[from] hyper::Error),
    #[error("the request cannot be forwarded")]
    Request(#[from] http::Error),
}

impl WebSocketProxy {
    /// Forwards to a server, `http://host:port`. With a path, all sockets use it;
    /// without one, the path of each request is kept. Queries are kept.
    ///
    /// # Errors
    /// If it is not such a URL. TLS to the other server is not supported.
    pub fn new(target: &str) -> Result<Self, ProxyTargetError> {
        let uri: Uri = target.parse()?;
        if !matches!(uri.scheme_str(), Some("http" | "ws")) {
            return Err(ProxyTargetError::Scheme);
        }
        let host = uri.host().ok_or(ProxyTargetError::Scheme)?;
        if uri.query().is_some() || uri.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err(ProxyTargetError::Parts);
        }
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let path = Some(uri.path()).filter(|path| *path != "/").map(str::to_owned);
        Ok(Self { target: Arc::new(Target { authority, path }) })
    }

    async fn forward(self, mut request: Request<()>) -> Response<RpcBody> {
        let Some(ours) = request.extensions_mut().remove::<OnUpgrade>() else {
            return refuse(Refusal::NoUpgrade, StatusCode::UPGRADE_REQUIRED);
        };
        let answer = crate::clock::timeout(HANDSHAKE_TIME, self.target.ask(&request)).await;
        let mut response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                tracing::warn!(%error, target = self.target.authority, "a socket is not forwarded");
                return plain(StatusCode::BAD_GATEWAY, "The other server cannot be reached");
            }
            Err(_) => {
                return plain(StatusCode::GATEWAY_TIMEOUT, "The other server does not answer");
            }
        };
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return refusal(response).await;
        }
        let theirs = hyper::upgrade::on(&mut response);
        crate::task::spawn(join(ours, theirs));
        response.map(|_| RpcBody::default())
    }
}

impl Target {
    /// Forwards the request.
    async fn ask(&self, request: &Request<()>) -> Result<Response<Incoming>, ForwardError> {
        let stream = TcpStream::connect(&self.authority).await.map_err(ForwardError::Connect)?;
        stream.set_nodelay(true).map_err(ForwardError::Connect)?;
        let (mut sender, connection) =
            http1::handshake::<_, Empty<Bytes>>(TokioIo::new(stream)).await?;
        crate::task::spawn(connection.with_upgrades().map(|end| {
            if let Err(error) = end {
                tracing::debug!(%error, "a connection that sockets are forwarded on fails");
            }
        }));
        let mut forwarded = Request::builder()
            .method(request.method().clone())
            .uri(self.path_and_query(request.uri()))
            .body(Empty::new())?;
        *forwarded.headers_mut() = request.headers().clone();
        if let Some(PeerAddr(address)) = request.extensions().get() {
            let client = HeaderValue::try_from(address.ip().to_string());
            forwarded.headers_mut().append(X_FORWARDED_FOR, client.map_err(http::Error::from)?);
        }
        Ok(sender.send_request(forwarded).await?)
    }

    fn path_and_query(&self, uri: &Uri) -> String {
        let path = self.path.as_deref().unwrap_or(uri.path());
        match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        }
    }
}

/// Forwards the refusal of the other server.
async fn refusal(response: Response<Incoming>) -> Response<RpcBody> {
    let (mut parts, body) = response.into_parts();
    // The body is sent on a connection of its own.
    for name in [CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    let body = match Limited::new(body, REFUSAL_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            tracing::debug!(%error, "the body of a refusal cannot be read");
            parts.headers.remove(CONTENT_TYPE);
            Bytes::new()
        }
    };
    Response::from_parts(parts, RpcBody::full(body))
}

/// Copies bytes in both directions until either end closes.
async fn join(ours: OnUpgrade, theirs: OnUpgrade) {
    let joined = async {
        let (ours, theirs) =
            futures::future::try_join(ours, theirs).await.map_err(std::io::Error::other)?;
        tokio::io::copy_bidirectional(&mut TokioIo::new(ours), &mut TokioIo::new(theirs)).await
    };
    if let Err(error) = joined.await {
        tracing::debug!(%error, "a forwarded socket fails");
    }
}

impl<B> Service<Request<B>> for WebSocketProxy {
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        // A handshake has no body.
        let (parts, _) = request.into_parts();
        // Invalid handshakes are refused here.
        if let Err(refusal) = check(&parts) {
            return ResponseFuture::ready(refuse(refusal, StatusCode::UPGRADE_REQUIRED));
        }
        ResponseFuture::boxed(self.clone().forward(Request::from_parts(parts, ())))
    }
}
