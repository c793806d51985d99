//! Gates between the messages of a socket and its calls.

#[cfg(feature = "websocket")]
use std::any::Any;
use std::fmt;
use std::sync::Arc;

#[cfg(feature = "websocket")]
use futures::future::BoxFuture;
#[cfg(feature = "websocket")]
use http::StatusCode;
#[cfg(feature = "websocket")]
use http::request::Parts;

use crate::core::Error;
use crate::socket::Socket;
use crate::wire::Request;

/// Admits the sockets of one endpoint, and routes the calls on them.
pub(crate) trait Gate: Send + Sync {
    /// Admits a client's upgrade request. The [`Admitted`] in the request's extensions
    /// is kept with the socket. `Some` is what remains to be asked for.
    #[cfg(feature = "websocket")]
    fn admit(&self, request: &mut Parts) -> Result<Option<Asking>, Refusal>;

    /// Called when the socket is open, and no message has been read. `Some` is what has to be
    /// done before one is read.
    #[cfg(feature = "websocket")]
    fn open(&self, socket: &Socket) -> Option<BoxFuture<'static, ()>>;

    /// Returns `true` if the socket may continue: checked before each message and each
    /// answer. Otherwise it is being closed.
    fn may_go_on(&self, socket: &Socket) -> bool;

    /// Replaces a call by the one that it stands for.
    fn route(&self, socket: &Socket, request: &mut Request) -> Result<(), Blocked>;
}

/// The gate of the sockets of a room, which rooms of this crate have.
#[derive(Clone)]
pub struct SocketGate(pub(crate) Arc<dyn Gate>);

impl fmt::Debug for SocketGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketGate")
    }
}

/// Status and text of the response that refuses a socket.
#[cfg(feature = "websocket")]
pub(crate) type Refusal = (StatusCode, &'static str);

/// The rest of an admission, which waits for others.
#[cfg(feature = "websocket")]
pub(crate) type Asking = BoxFuture<'static, Result<(), Refusal>>;

/// Text of the response to a request without an upgrade.
#[cfg(feature = "websocket")]
pub(crate) const NO_UPGRADE: &str = "Expected WebSocket upgrade";

/// The gate's data of a socket.
#[cfg(feature = "websocket")]
#[derive(Clone)]
#[cfg_attr(
    not(feature = "durable"),
    expect(dead_code, reason = "durable iterators have the only gate")
)]
pub(crate) struct Admitted(pub(crate) Arc<dyn Any + Send + Sync>);

/// Reason why a call is not routed.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "durable"),
    expect(dead_code, reason = "durable iterators have the only gate")
)]
pub(crate) enum Blocked {
    /// The procedure does not exist.
    Unmatched,
    /// The call fails with an error.
    Failed(Error),
}
