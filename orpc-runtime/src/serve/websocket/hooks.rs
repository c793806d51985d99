//! What an application has to say in the life of a socket.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::request::Parts;

use crate::core::Error;
use crate::core::panic_text;
use crate::socket::{Accept, Close, Frame, Socket};

/// What an application does when a socket is asked for, opens, gets a message,
/// fails, closes. Each hook does nothing unless written.
///
/// All but [`upgrade`](SocketHooks::upgrade) run in the task of the socket and
/// hold up its calls: they are for quick things, and spawn a task for others. One
/// that panics is logged, and the socket goes on, without the message if there is one.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::websocket::SocketHooks;
/// use orpc_runtime::{Accept, Close, Rooms};
///
/// struct Lobby { rooms: Rooms }
///
/// impl SocketHooks for Lobby {
///     /// `/ws?name=Ada` enters the lobby as Ada.
///     async fn upgrade(&self, request: &http::request::Parts) -> Result<Accept, Error> {
///         let query = request.uri.query().unwrap_or_default();
///         let name = query.strip_prefix("name=").ok_or(Code::Unauthorized)?;
///         let lobby = self.rooms.get_or_create("lobby");
///         let accept = Accept::new().tag(name).map_err(|_| Code::BadRequest)?;
///         Ok(accept.attach(name)?.room(&lobby))
///     }
///
///     fn open(&self, socket: &Socket) {
///         self.tell(socket, "joins");
///     }
///
///     fn close(&self, socket: &Socket, _: &Close) {
///         self.tell(socket, "leaves");
///     }
/// }
///
/// impl Lobby {
///     fn tell(&self, socket: &Socket, what: &str) {
///         let name = socket.tags().next().unwrap_or_default();
///         let lobby = self.rooms.get_or_create("lobby");
///         lobby.everyone().except(socket).send(format!("{name} {what}"));
///     }
/// }
/// ```
pub trait SocketHooks: Send + Sync + 'static {
    /// A client asks for a socket, with a handshake that is in order and from an
    /// allowed origin. An error refuses it: the response has its status and is
    /// that of a failed call.
    fn upgrade(&self, request: &Parts) -> impl Future<Output = Result<Accept, Error>> + Send {
        let _ = request;
        std::future::ready(Ok(Accept::new()))
    }

    /// The socket is there, and no message has been read.
    fn open(&self, socket: &Socket) {
        let _ = socket;
    }

    /// A message arrived. [`Handled::Yes`] keeps it from the calls.
    fn message(&self, socket: &Socket, frame: &Frame) -> Handled {
        let _ = (socket, frame);
        Handled::No
    }

    /// The connection failed, or its client broke the protocol. `close` follows.
    fn error(&self, socket: &Socket, error: &SocketError) {
        let _ = (socket, error);
    }

    /// The socket is at its end: nothing can be sent on it any more. It leaves its
    /// rooms after this.
    fn close(&self, socket: &Socket, close: &Close) {
        let _ = (socket, close);
    }
}

/// Whether a hook took a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// It is not looked at any more.
    Yes,
    /// It goes to the calls.
    No,
}

/// What went wrong with a socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// A message is longer than the service's limit, and its call cannot be refused
    /// alone; the socket closes with 1009.
    #[error("a message is longer than {limit} bytes")]
    MessageTooBig {
        /// The limit.
        limit: usize,
    },
    /// The client broke RFC 6455; the socket closes with 1002, or 1007 for text
    /// that is no UTF-8.
    #[error("the client breaks the protocol: {reason}")]
    Protocol {
        /// How.
        reason: String,
    },
    /// A message did not arrive in time; the socket closes with 1008.
    #[error("a message did not arrive in time")]
    MessageTooSlow,
    /// There is no memory left for what the client sends; the socket closes with 1013.
    #[error("there is no memory left for a message")]
    NoMemory,
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] std::io::Error),
    /// The client takes nothing of what it is sent; the connection is dropped.
    #[error("the client does not read")]
    Stalled,
}

/// Hooks whose type only they know, and which cannot harm the socket.
#[derive(Clone)]
pub(super) struct Hooks(Arc<dyn ErasedHooks>);

/// [`SocketHooks`] as an object.
trait ErasedHooks: Send + Sync {
    fn upgrade<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Accept, Error>>;
    fn open(&self, socket: &Socket);
    fn message(&self, socket: &Socket, frame: &Frame) -> Handled;
    fn error(&self, socket: &Socket, error: &SocketError);
    fn close(&self, socket: &Socket, close: &Close);
}

impl<H: SocketHooks> ErasedHooks for H {
    fn upgrade<'a>(&'a self, request: &'a Parts) -> BoxFuture<'a, Result<Accept, Error>> {
        Box::pin(SocketHooks::upgrade(self, request))
    }

    fn open(&self, socket: &Socket) {
        SocketHooks::open(self, socket);
    }

    fn message(&self, socket: &Socket, frame: &Frame) -> Handled {
        SocketHooks::message(self, socket, frame)
    }

    fn error(&self, socket: &Socket, error: &SocketError) {
        SocketHooks::error(self, socket, error);
    }

    fn close(&self, socket: &Socket, close: &Close) {
        SocketHooks::close(self, socket, close);
    }
}

impl Hooks {
    pub(super) fn new(hooks: impl SocketHooks) -> Self {
        Self(Arc::new(hooks))
    }

    pub(super) async fn upgrade(&self, request: &Parts) -> Result<Accept, Error> {
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

    pub(super) fn message(&self, socket: &Socket, frame: &Frame) -> Handled {
        guard("message", || self.0.message(socket, frame)).unwrap_or(Handled::Yes)
    }

    pub(super) fn error(&self, socket: &Socket, error: &SocketError) {
        guard("error", || self.0.error(socket, error));
    }

    pub(super) fn close(&self, socket: &Socket, close: &Close) {
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
