//! Socket lifecycle callbacks.

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::request::Parts;

use crate::core::Error;
use crate::core::panic_text;
use crate::socket::{CloseFrame, Frame, Socket, SocketConfig};

/// Socket lifecycle callbacks: upgrade, open, message, error, close. Each does nothing
/// by default.
///
/// All but [`upgrade`](SocketHooks::upgrade) run in the task of the socket and delay
/// its calls: spawn a task for anything slow. If one panics, the panic is logged and
/// the socket continues, without the message if there is one.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::websocket::SocketHooks;
/// use orpc_runtime::{CloseFrame, Notice, Rooms, SocketConfig};
///
/// struct Lobby { rooms: Rooms }
///
/// impl SocketHooks for Lobby {
///     /// `/ws?name=Ada` enters the lobby as Ada.
///     async fn upgrade(&self, request: &http::request::Parts) -> Result<SocketConfig, Error> {
///         let query = request.uri.query().unwrap_or_default();
///         let name = query.strip_prefix("name=").ok_or(Code::Unauthorized)?;
///         let lobby = self.rooms.get_or_create("lobby");
///         let accept = SocketConfig::new().tag(name).map_err(|_| Code::BadRequest)?;
///         Ok(accept.attach(name)?.room(&lobby))
///     }
///
///     fn open(&self, socket: &Socket) {
///         self.tell(socket, "joins");
///     }
///
///     fn close(&self, socket: &Socket, _: &CloseFrame) {
///         self.tell(socket, "leaves");
///     }
/// }
///
/// impl Lobby {
///     fn tell(&self, socket: &Socket, what: &str) {
///         let name = socket.tags().next().unwrap_or_default();
///         let lobby = self.rooms.get_or_create("lobby");
///         let notice = Notice::new(&serde_json::json!({ "name": name, "event": what }));
///         lobby.everyone().except(socket).send(&notice.expect("plain JSON"));
///     }
/// }
/// ```
pub trait SocketHooks: Send + Sync + 'static {
    /// A client requests a socket, with a valid handshake from an allowed origin. An
    /// error refuses it: the response has its status and the body of a failed call.
    fn upgrade(&self, request: &Parts) -> impl Future<Output = Result<SocketConfig, Error>> + Send {
        let _ = request;
        std::future::ready(Ok(SocketConfig::new()))
    }

    /// The socket is open, and no message has been read.
    fn open(&self, socket: &Socket) {
        let _ = socket;
    }

    /// A message arrived. [`ControlFlow::Break`] consumes it.
    fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()> {
        let _ = (socket, frame);
        ControlFlow::Continue(())
    }

    /// The connection failed, or its client violated the protocol. `close` follows.
    fn error(&self, socket: &Socket, error: &SocketError) {
        let _ = (socket, error);
    }

    /// The socket has ended: nothing can be sent on it any more. It leaves its rooms
    /// after this.
    fn close(&self, socket: &Socket, close: &CloseFrame) {
        let _ = (socket, close);
    }
}

/// Error of a socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// A message is longer than the service's limit, and its call cannot be refused
    /// alone; the socket closes with 1009.
    #[error("a message is longer than {limit} bytes")]
    MessageTooBig {
        /// The limit.
        limit: usize,
    },
    /// The client violated RFC 6455; the socket closes with 1002, or 1007 for text that
    /// is not UTF-8.
    #[error("the client violated the protocol: {reason}")]
    Protocol {
        /// Violated rule.
        reason: String,
    },
    /// A message did not arrive in time; the socket closes with 1008.
    #[error("a message did not arrive in time")]
    MessageTooSlow,
    /// The memory for received messages is exhausted; the socket closes with 1013.
    #[error("the memory for messages is exhausted")]
    NoMemory,
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] std::io::Error),
    /// The client does not read; the connection is dropped.
    #[error("the client does not read")]
    Stalled,
}

/// Type-erased hooks, whose panics do not end the socket.
#[derive(Clone)]
pub(super) struct Hooks(Arc<dyn ErasedHooks>);

/// [`SocketHooks`] as an object.
trait ErasedHooks: Send + Sync {
    fn upgrade<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<SocketConfig, Error>>;
    fn open(&self, socket: &Socket);
    fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()>;
    fn error(&self, socket: &Socket, error: &SocketError);
    fn close(&self, socket: &Socket, close: &CloseFrame);
}

impl<H: SocketHooks> ErasedHooks for H {
    fn upgrade<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<SocketConfig, Error>> {
        Box::pin(SocketHooks::upgrade(self, request))
    }

    fn open(&self, socket: &Socket) {
        SocketHooks::open(self, socket);
    }

    fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()> {
        SocketHooks::message(self, socket, frame)
    }

    fn error(&self, socket: &Socket, error: &SocketError) {
        SocketHooks::error(self, socket, error);
    }

    fn close(&self, socket: &Socket, close: &CloseFrame) {
        SocketHooks::close(self, socket, close);
    }
}

impl Hooks {
    pub(super) fn new(hooks: impl SocketHooks) -> Self {
        Self(Arc::new(hooks))
    }

    pub(super) async fn upgrade(&self, request: &Parts) -> Result<SocketConfig, Error> {
        let accept = AssertUnwindSafe(async { self.0.upgrade(request).await }).catch_unwind();
        let accept = accept.await.unwrap_or_else(|panic| {
            log("upgrade", &*panic);
            Err(Error::hidden())
        });
        accept.inspect_err(|error| error.log("upgrade"))
    }

    pub(super) fn open(&self, socket: &Socket) {
        guard("open", || self.0.open(socket));
    }

    pub(super) fn message(&self, socket: &Socket, frame: &Frame) -> ControlFlow<()> {
        guard("message", || self.0.message(socket, frame)).unwrap_or(ControlFlow::Break(()))
    }

    pub(super) fn error(&self, socket: &Socket, error: &SocketError) {
        guard("error", || self.0.error(socket, error));
    }

    pub(super) fn close(&self, socket: &Socket, close: &CloseFrame) {
        guard("close", || self.0.close(socket, close));
    }
}

fn guard<T>(hook: &'static str, run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| log(hook, &*panic)).ok()
}

fn log(hook: &'static str, panic: &(dyn Any + Send)) {
    tracing::error!(hook, panic = panic_text(panic), "a hook panicked");
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}
