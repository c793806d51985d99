//! From an upgrade request to a socket that is served.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connection::Connection;
use super::handshake::{Refusal, accept, is_upgrade};
use super::idle_codec::RestingSocket;
use super::lifecycle::Life;
use super::service::{GateOf, Options, WebSocketService};
use crate::budget::Reservation;
use crate::http::{ResponseFuture, RpcBody};
use crate::serve::host;
use crate::serve::http::error_response;
use crate::serve::peer::{Admitted, Calls, NO_UPGRADE};
use crate::serve::state::head_size;
use crate::socket::{Socket, SocketConfig};

/// Maximum time from the handshake to the upgraded connection.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);

/// Memory of a socket without calls, as measured, including the first bytes of its
/// state.
const SOCKET: usize = 6 * 1024;

impl<C: Send + Sync + 'static> WebSocketService<C> {
    /// Answers a request: switches protocols, or refuses to.
    pub(super) fn upgrade<B>(&self, request: Request<B>) -> ResponseFuture {
        let (mut parts, _) = request.into_parts();
        let options = &self.served.options;
        if !options.hosts.allow(&parts.headers, &parts.uri) {
            return ResponseFuture::ready(plain(StatusCode::FORBIDDEN, host::NOT_ALLOWED));
        }
        let mut asking = None;
        if let Some(GateOf(gate)) = &options.gate {
            if !is_upgrade(&parts.method, &parts.headers) {
                return ResponseFuture::ready(plain(options.no_upgrade, NO_UPGRADE));
            }
            match gate.admit(&mut parts) {
                Ok(rest) => asking = rest,
                Err((status, text)) => return ResponseFuture::ready(plain(status, text)),
            }
        }
        let headers = match accept(&parts, &options.origins) {
            Ok(headers) => headers,
            Err(refusal) => return ResponseFuture::ready(refuse(refusal, options.no_upgrade)),
        };
        if self.served.rpc.is_shut_down() {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return ResponseFuture::ready(plain(status, "The server shuts down"));
        }
        let Ok(held) =
            options.memory.budget().reserve(SOCKET + head_size(&parts.headers, &parts.uri))
        else {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return ResponseFuture::ready(plain(status, "The server has too many sockets"));
        };
        // Missing if the HTTP server cannot upgrade, as with HTTP/2.
        let Some(upgrade) = parts.extensions.remove::<OnUpgrade>() else {
            return ResponseFuture::ready(refuse(Refusal::NoUpgrade, options.no_upgrade));
        };
        let hooks = options.hooks.clone();
        if hooks.is_none() && asking.is_none() {
            let accept = SocketConfig::new();
            return ResponseFuture::ready(self.switch(upgrade, parts, accept, headers, held));
        }
        let service = self.clone();
        ResponseFuture::boxed(async move {
            if let Some(asking) = asking
                && let Err((status, text)) = asking.await
            {
                return plain(status, text);
            }
            let accepted = match hooks {
                Some(hooks) => hooks.upgrade(&parts).await,
                None => Ok(SocketConfig::new()),
            };
            match accepted {
                Ok(accept) => service.switch(upgrade, parts, accept, headers, held),
                Err(error) => error_response(&error),
            }
        })
    }

    /// Serves the socket in a task of its own, once the connection is upgraded.
    fn switch(
        &self,
        upgrade: OnUpgrade,
        mut parts: Parts,
        accept: SocketConfig,
        headers: HeaderMap,
        held: Reservation,
    ) -> Response<RpcBody> {
        if !self.served.options.keep_extensions {
            let admitted = parts.extensions.remove::<Admitted>();
            parts.extensions.clear();
            admitted.map(|admitted| parts.extensions.insert(admitted));
        }
        // State that waits for the upgrade is not kept with the socket.
        let service = self.clone();
        self.served.rpc.spawn(async move {
            match crate::clock::timeout(HANDSHAKE_TIME, upgrade).await {
                Ok(Ok(upgraded)) => {
                    service.serve(TokioIo::new(upgraded), parts, accept, held).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "an upgrade fails"),
                Err(_) => tracing::debug!("an upgrade takes too long"),
            }
        });
        let mut response = Response::new(RpcBody::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        *response.headers_mut() = headers;
        response
    }

    async fn serve<S>(self, connection: S, parts: Parts, accept: SocketConfig, held: Reservation)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Options { message_limit, limits, memory, timing, hooks, gate, .. } =
            &self.served.options;
        let (limits, timing, hooks) = (Arc::clone(limits), Arc::clone(timing), hooks.clone());
        let rpc = self.served.rpc.clone();
        let context = self.served.context.clone();
        let memory = memory.budget().part(limits.memory);
        let socket = Socket::new(parts, accept, limits.unsent, memory, held);
        let websocket = RestingSocket::new(socket.protocol(), connection, *message_limit);
        let gate = gate.as_ref().map(|GateOf(gate)| Arc::clone(gate));
        if let Some(opening) = gate.as_ref().and_then(|gate| gate.open(&socket)) {
            opening.await;
        }
        let calls = Calls::new(rpc.clone(), context, socket.clone(), limits, gate);
        let life = Life::begin(socket, hooks);
        let connection = Connection::new(websocket, calls, life, timing, rpc.on_shutdown());
        rpc.spawn(connection.serve());
    }
}

/// Creates the response to a handshake that is refused.
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

/// Creates a response of plain text.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<RpcBody> {
    let mut response = Response::new(RpcBody::full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}
