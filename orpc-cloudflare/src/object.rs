//! The Durable Object of a room.

use std::any::{Any, TypeId};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures::FutureExt as _;
use http::{HeaderName, HeaderValue};
use orpc_runtime::stateful::{HostedRoom, RoomHandle, StatefulRoom, Storage};
use orpc_runtime::{CloseFrame, Rooms, RouterModule as _, Rpc};
use worker::send::SendWrapper;
use worker::{
    Date, Env, Headers, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage,
    WebSocketPair,
};

use crate::entry::{ROOM, is_upgrade};
use crate::hub::Hub;
use crate::secret;
use crate::storage::SqlStorage;

/// Name of the room in the texts of the framework.
const NAME: &str = "name";

/// A Durable Object that is a room; [`durable_object!`](crate::durable_object) wires it.
///
/// The object hibernates between events: sockets stay open, and each is restored from its
/// attachment when it is needed. An open call or stream keeps the object in memory, an iterator
/// that hibernates does not.
pub struct RoomObject<R: StatefulRoom> {
    state: Rc<State>,
    env: Env,
    storage: SqlStorage,
    hub: OnceCell<Rc<Hub<R>>>,
}

/// The environment and the state that Cloudflare lends to a room: [`RoomHandle::host`] returns them
/// on an object, and `None` in a process.
///
/// ```ignore
/// let bucket = room.host::<Cloudflare>().ok_or(Code::NotImplemented)?.env().bucket("FILES")?;
/// ```
#[derive(Clone)]
pub struct Cloudflare {
    env: SendWrapper<Env>,
    state: SendWrapper<Rc<State>>,
}

impl Cloudflare {
    /// Returns the bindings of the Worker.
    pub fn env(&self) -> &Env {
        &self.env
    }

    /// Returns the state of the object, with its storage. Tables whose names begin with `orpc_` and
    /// the alarm belong to this crate.
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl fmt::Debug for Cloudflare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cloudflare")
    }
}

thread_local! {
    /// Routers by the types of their rooms: compiling schemas is most of what it takes to wake up,
    /// and an isolate outlives its objects.
    static ROUTERS: RefCell<HashMap<TypeId, Box<dyn Any>>> = RefCell::default();
}

fn rpc<R: StatefulRoom>() -> Rpc<R> {
    ROUTERS.with_borrow_mut(|routers| {
        let new = || Box::new(Rpc::<R>::new(R::Procedures::router())) as Box<dyn Any>;
        let rpc = routers.entry(TypeId::of::<R>()).or_insert_with(new);
        rpc.downcast_ref::<Rpc<R>>().expect("it is stored by its type").clone()
    })
}

impl<R: StatefulRoom> RoomObject<R> {
    /// Creates the object.
    ///
    /// # Panics
    /// If the object has no SQLite database: its migration needs `new_sqlite_classes`.
    pub fn new(state: State, env: Env) -> Self {
        let state = Rc::new(state);
        let storage = SqlStorage::new(Rc::clone(&state));
        let storage = storage.unwrap_or_else(|error| {
            panic!("rooms need `new_sqlite_classes` in the migrations of wrangler.jsonc: {error}")
        });
        Self { state, env, storage, hub: OnceCell::new() }
    }

    /// Returns the sockets. An object that was not addressed by a name needs that of a request.
    fn hub(&self, named: Option<String>) -> Result<&Rc<Hub<R>>> {
        if let Some(hub) = self.hub.get() {
            return Ok(hub);
        }
        let name = match self.state.id().name().or(self.storage.text(NAME)?) {
            Some(name) => name,
            None => {
                let name = named.ok_or("the object has no name: address it with `idFromName`")?;
                self.storage.set_text(NAME, &name)?;
                name
            }
        };
        let host = Cloudflare {
            env: SendWrapper(self.env.clone()),
            state: SendWrapper(Rc::clone(&self.state)),
        };
        let storage = Storage::new(self.storage.clone());
        let sockets = Rooms::new().get_or_create(&name);
        let env = host.env.clone();
        let handle = RoomHandle::new(sockets, storage).with_host(host);
        let room = HostedRoom::new(handle.with_secrets(move |name| secret(&env, name)));
        Ok(self.hub.get_or_init(|| Hub::new(rpc::<R>(), room, Rc::clone(&self.state))))
    }

    /// Accepts a socket, or passes another request to the room, which answers 426 unless it takes
    /// [requests](StatefulRoom::request).
    ///
    /// # Errors
    /// If the object's storage fails.
    pub async fn fetch(&self, request: Request) -> Result<Response> {
        let name = request.headers().get(ROOM)?;
        let name = name.as_deref().map(percent_encoding::percent_decode_str);
        let name = name.and_then(|name| name.decode_utf8().ok().map(Into::into));
        let hub = self.hub(name)?;
        if !is_upgrade(&request)? {
            return pass(hub.room(), request).await;
        }
        let parts = parts_of(&request)?;
        let config = match hub.room().accept(&parts).await {
            Ok(config) => config,
            Err(error) => return Response::error(error.message(), error.status()),
        };
        let pair = WebSocketPair::new()?;
        let seat = hub.accept(self.storage.next_socket()?, pair.server, parts, config)?;
        let (room, socket) = (hub.room().clone(), seat.socket.clone());
        let mut joined = Box::pin(async move { room.joined(socket).await });
        // Polled now, so that its turn is before those of the socket's calls.
        if joined.as_mut().now_or_never().is_none() {
            self.state.wait_until(joined);
        }
        Response::from_websocket(pair.client)
    }

    /// Receives a message of a socket. Ready when no call of the socket is open, so that the
    /// object stays in memory until then.
    ///
    /// # Errors
    /// If the attachment of the socket cannot be read.
    pub async fn message(
        &self,
        websocket: &WebSocket,
        message: WebSocketIncomingMessage,
    ) -> Result<()> {
        let seat = self.hub(None)?.seat(websocket)?;
        match message {
            WebSocketIncomingMessage::String(text) => seat.receive(text).await,
            WebSocketIncomingMessage::Binary(bytes) => seat.receive(bytes).await,
        }
        Ok(())
    }

    /// Ends a socket whose client has closed it, or answered a close frame.
    ///
    /// # Errors
    /// If the attachment of the socket cannot be read.
    pub async fn closed(
        &self,
        websocket: &WebSocket,
        code: usize,
        reason: String,
        was_clean: bool,
    ) -> Result<()> {
        let code = u16::try_from(code).unwrap_or(1006);
        // A close frame of this end was answered; otherwise this is the answer.
        let answer = if matches!(code, 1005 | 1006 | 1015) { 1000 } else { code };
        websocket.close(Some(answer), Some(&reason)).ok();
        self.end(websocket, CloseFrame::received(code, reason, was_clean)).await
    }

    /// Ends a socket whose connection failed.
    ///
    /// # Errors
    /// If the attachment of the socket cannot be read.
    pub async fn failed(&self, websocket: &WebSocket, error: &worker::Error) -> Result<()> {
        tracing::debug!(%error, "a socket fails");
        self.end(websocket, CloseFrame::received(1006, "", false)).await
    }

    async fn end(&self, websocket: &WebSocket, close: CloseFrame) -> Result<()> {
        let hub = self.hub(None)?;
        let seat = hub.seat(websocket)?;
        let close = seat.closed().unwrap_or(close);
        let (room, socket) = (hub.room().clone(), seat.socket.clone());
        hub.remove(&seat);
        drop(seat);
        room.left(socket, close).await;
        Ok(())
    }

    /// Runs the alarms whose time has come.
    ///
    /// # Errors
    /// If one fails: Cloudflare calls it again, with a pause that doubles, six times.
    pub async fn alarm(&self) -> Result<Response> {
        let now = UNIX_EPOCH + Duration::from_millis(Date::now().as_millis());
        let rang = self.hub(None)?.room().ring(now).await;
        rang.map_err(|error| {
            tracing::error!(%error, "the alarm of a room failed, and is repeated");
            error.to_string()
        })?;
        Response::empty()
    }
}

/// Passes a request to the room.
async fn pass<R: StatefulRoom>(room: &HostedRoom<R>, mut request: Request) -> Result<Response> {
    let parts = parts_of(&request)?;
    let body = Bytes::from(request.bytes().await?);
    let answer = room.request(http::Request::from_parts(parts, body)).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Response::error(error.message(), error.status()),
    };
    let (head, body) = answer.into_parts();
    let headers = Headers::from(&head.headers);
    Ok(Response::from_bytes(body.into())?.with_status(head.status.as_u16()).with_headers(headers))
}

/// Returns the head of a request.
fn parts_of(request: &Request) -> Result<http::request::Parts> {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.method = request.method().to_string().parse().unwrap_or_default();
    parts.uri = request.inner().url().parse().map_err(|_| "the URL of a request is invalid")?;
    for (name, value) in request.headers() {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
        if let (Ok(name), Ok(value)) = (name, value) {
            parts.headers.append(name, value);
        }
    }
    Ok(parts)
}

impl<R: StatefulRoom> fmt::Debug for RoomObject<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomObject")
    }
}
