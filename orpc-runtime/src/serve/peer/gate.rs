//! What stands between the messages of a socket and its calls.

use std::any::Any;
use std::sync::Arc;

use http::StatusCode;
use http::request::Parts;

use crate::core::Error;
use crate::socket::Socket;
use crate::wire::v1::peer::Request;

/// Decides for the sockets of one endpoint who gets in, and what a call there
/// means.
pub(crate) trait Gate: Send + Sync {
    /// A client asks for a socket. What is left in the [`Admitted`] of the
    /// request's extensions stays with the socket.
    fn admit(&self, request: &mut Parts) -> Result<(), Refusal>;

    /// The socket is there, and no message has been read.
    fn open(&self, socket: &Socket);

    /// Whether the socket may go on: asked before each message and each answer.
    /// One that may not is being closed.
    fn may_go_on(&self, socket: &Socket) -> bool;

    /// Turns a call into the one that it stands for.
    fn route(&self, socket: &Socket, request: &mut Request) -> Result<(), Blocked>;
}

/// Why a client gets no socket: the status and text of the response.
pub(crate) type Refusal = (StatusCode, &'static str);

/// The text for a request that asks for no upgrade.
pub(crate) const NO_UPGRADE: &str = "Expected WebSocket upgrade";

/// What a gate knows of a socket.
#[derive(Clone)]
pub(crate) struct Admitted(pub(crate) Arc<dyn Any + Send + Sync>);

/// Why a call goes nowhere.
#[derive(Debug)]
pub(crate) enum Blocked {
    /// There is no such procedure.
    Unmatched,
    /// It fails.
    Failed(Error),
}
