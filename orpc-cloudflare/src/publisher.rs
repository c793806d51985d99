//! Channels of publishers in Durable Objects.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use orpc_runtime::publish::{
    EventId, NewEvent, PublishError, PublishSink, PublisherBuilder, RemoteChannels,
    RemoteConnection, StoreError, StoreErrorKind,
};
use orpc_runtime::stateful::{PublisherChannel, ReaderSocket, Storage};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use worker::send::{SendFuture, SendWrapper};
use worker::web_sys::MessageEvent;
use worker::{
    Env, Method, Request, RequestInit, Response, Result, State, Stub, WebSocket,
    WebSocketIncomingMessage, WebSocketPair,
};

use crate::entry::is_upgrade;
use crate::storage::SqlStorage;

/// Maximum number of readers of a channel: Cloudflare's limit of an object is 32,768.
const MAX_READERS: usize = 30_000;

/// The channels of a [`Publisher`](orpc_runtime::publish::Publisher) in Durable Objects of one binding: an object for
/// each channel, with its events in a SQLite database. Procedures of the Worker, and of rooms, publish and subscribe.
/// [`publisher_object!`](crate::publisher_object) declares their class.
///
/// ```ignore
/// publisher_object!(
///     pub struct Messages;
/// );
///
/// // For each request of the Worker, into the context of its procedures.
/// let messages: Publisher<Message> = Publisher::builder().store(PublisherObjects::new(&env, "MESSAGES"));
///
/// #[procedure]
/// pub fn on_message(
///     app: &App,
///     last: Option<&LastEventId>,
/// ) -> Result<impl Stream<Item = Result<Published<Message>, ReadError>>, SubscribeError> {
///     app.messages.subscribe("lobby", last)
/// }
/// ```
///
/// A subscription is a WebSocket from the Worker to the object, which hibernates while nothing is published. If it ends,
/// as with a deployment, the subscription opens another behind its last event. An object sends at most 128 events or
/// 256 KiB, and one event, beyond what a reader has read; the rest stays in its database. It has 30,000 readers at most.
#[derive(Clone)]
pub struct PublisherObjects {
    env: SendWrapper<Env>,
    binding: String,
}

impl PublisherObjects {
    /// Creates the channels of a binding.
    pub fn new(env: &Env, binding: impl Into<String>) -> Self {
        Self { env: SendWrapper(env.clone()), binding: binding.into() }
    }

    /// Returns the number of open subscriptions of a channel, in all Workers.
    ///
    /// # Errors
    /// If the object cannot be reached.
    pub async fn readers(&self, channel: &str) -> Result<usize> {
        let objects = self.clone();
        let channel = channel.to_owned();
        SendFuture::new(async move {
            let mut response = objects.stub(&channel)?.fetch_with_str("https://channel/").await?;
            let text = response.text().await?;
            text.parse().map_err(|_| format!("the object answers {text}").into())
        })
        .await
    }

    fn stub(&self, channel: &str) -> Result<Stub> {
        self.env.durable_object(&self.binding)?.id_from_name(channel)?.get_stub()
    }

    async fn send(&self, event: &NewEvent) -> Result<Vec<u8>> {
        let mut init = RequestInit::new();
        init.with_method(Method::Post).with_body(Some(serde_json::to_string(event)?.into()));
        let request = Request::new_with_init("https://channel/", &init)?;
        self.stub(event.channel())?.fetch_with_request(request).await?.bytes().await
    }

    async fn open(&self, channel: &str, request: &str) -> Result<Connection, StoreError> {
        let failed =
            |error: worker::Error| StoreError::new(StoreErrorKind::Unavailable, error.to_string());
        let connecting = async {
            let mut init = RequestInit::new();
            init.with_method(Method::Get);
            let url = format!("https://channel/?{request}");
            let mut request = Request::new_with_init(&url, &init)?;
            request.headers_mut()?.set("upgrade", "websocket")?;
            self.stub(channel)?.fetch_with_request(request).await
        };
        let mut response = connecting.await.map_err(failed)?;
        let status = response.status_code();
        if status != 101 {
            let text = response.text().await.unwrap_or_default();
            let kind = match status {
                503 => StoreErrorKind::Full,
                _ => StoreErrorKind::Unavailable,
            };
            let text = format!("the object of a channel answers {status}: {text}");
            return Err(StoreError::new(kind, text));
        }
        let socket = response.websocket().ok_or_else(|| "no WebSocket".into());
        socket.and_then(Connection::new).map_err(failed)
    }
}

impl PublishSink for PublisherObjects {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let objects = self.clone();
        SendFuture::new(async move {
            let response = objects.send(&event).await.map_err(|error| {
                let channel = event.channel();
                tracing::warn!(%error, channel, "the object of a channel does not answer");
                PublishError::OutcomeUnknown(None)
            });
            PublisherChannel::published(&response?)
        })
        .boxed()
    }
}

impl RemoteChannels for PublisherObjects {
    fn connect(
        &self,
        channel: &str,
        request: String,
    ) -> BoxFuture<'static, Result<Box<dyn RemoteConnection>, StoreError>> {
        let (objects, channel) = (self.clone(), channel.to_owned());
        SendFuture::new(async move {
            let connection = objects.open(&channel, &request).await?;
            Ok(Box::new(Remote(SendWrapper(connection))) as Box<dyn RemoteConnection>)
        })
        .boxed()
    }
}

impl fmt::Debug for PublisherObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublisherObjects").field("binding", &self.binding).finish_non_exhaustive()
    }
}

/// A WebSocket of the Worker to an object.
struct Connection {
    socket: WebSocket,
    inbox: Rc<RefCell<Inbox>>,
    message: Closure<dyn FnMut(MessageEvent)>,
    end: Closure<dyn FnMut()>,
}

/// Messages that have arrived: the object sends no more than a window.
#[derive(Default)]
struct Inbox {
    messages: VecDeque<String>,
    has_ended: bool,
    waker: Option<Waker>,
}

const ENDS: [&str; 2] = ["close", "error"];

impl Connection {
    fn new(socket: WebSocket) -> Result<Self> {
        let inbox = Rc::<RefCell<Inbox>>::default();
        let wake = |change: &mut dyn FnMut(&mut Inbox), inbox: &RefCell<Inbox>| {
            let waker = {
                let mut inbox = inbox.borrow_mut();
                change(&mut inbox);
                inbox.waker.take()
            };
            if let Some(waker) = waker {
                waker.wake();
            }
        };
        let arrived = Rc::clone(&inbox);
        let message = Closure::wrap_assert_unwind_safe(Box::new(move |event: MessageEvent| {
            // Others are not sent.
            let mut text = event.data().as_string();
            wake(&mut |inbox| inbox.messages.extend(text.take()), &arrived);
        }) as Box<dyn FnMut(MessageEvent)>);
        let ended = Rc::clone(&inbox);
        let end = Closure::wrap_assert_unwind_safe(Box::new(move || {
            wake(&mut |inbox| inbox.has_ended = true, &ended);
        }) as Box<dyn FnMut()>);
        let connection = Self { socket, inbox, message, end };
        let target = connection.socket.as_ref();
        let message = connection.message.as_ref().unchecked_ref();
        target.add_event_listener_with_callback("message", message)?;
        for name in ENDS {
            let end = connection.end.as_ref().unchecked_ref();
            target.add_event_listener_with_callback(name, end)?;
        }
        connection.socket.accept()?;
        Ok(connection)
    }
}

struct Remote(SendWrapper<Connection>);

impl RemoteConnection for Remote {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        let mut inbox = self.0.inbox.borrow_mut();
        if let Some(message) = inbox.messages.pop_front() {
            return Poll::Ready(Some(message));
        }
        if inbox.has_ended {
            return Poll::Ready(None);
        }
        inbox.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    fn send(&mut self, message: String) {
        if let Err(error) = self.0.socket.send_with_str(message) {
            tracing::debug!(%error, "a message to a channel is not sent");
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let target = self.socket.as_ref();
        let message = self.message.as_ref().unchecked_ref();
        target.remove_event_listener_with_callback("message", message).ok();
        for name in ENDS {
            let end = self.end.as_ref().unchecked_ref();
            target.remove_event_listener_with_callback(name, end).ok();
        }
        // It may be closed already.
        self.socket.close(Some(1000), Some("")).ok();
    }
}

/// A Durable Object that is a channel of a publisher; [`publisher_object!`](crate::publisher_object) wires it.
pub struct PublisherObject {
    state: Rc<State>,
    channel: PublisherChannel,
}

impl PublisherObject {
    /// Creates the object. Of the settings it uses retention, number of events and bytes.
    ///
    /// # Panics
    /// If the object has no SQLite database: its migration needs `new_sqlite_classes`.
    pub fn new(state: State, settings: &PublisherBuilder) -> Self {
        let state = Rc::new(state);
        let storage = SqlStorage::new(Rc::clone(&state)).unwrap_or_else(|error| {
            panic!(
                "publishers need `new_sqlite_classes` in the migrations of wrangler.jsonc: {error}"
            )
        });
        Self { state, channel: PublisherChannel::new(Storage::new(storage), settings) }
    }

    fn readers(&self) -> Vec<Reader> {
        self.state.get_websockets().into_iter().map(Reader).collect()
    }

    /// Publishes an event, or opens the WebSocket of a reader. Another request is answered with the number of readers.
    ///
    /// # Errors
    /// If the request cannot be read.
    pub async fn fetch(&self, mut request: Request) -> Result<Response> {
        if request.method() == Method::Post {
            let event = request.bytes().await?;
            return match self.channel.publish(&event, || self.readers()).await {
                Ok(outcome) => Response::from_bytes(outcome.into()),
                Err(error) => Response::error(error.message(), error.status()),
            };
        }
        let readers = self.state.get_websockets().len();
        if !is_upgrade(&request)? {
            return Response::ok(readers.to_string());
        }
        if readers >= MAX_READERS {
            return Response::error("Too many readers", 503);
        }
        let pair = WebSocketPair::new()?;
        self.state.accept_web_socket(&pair.server);
        let url = request.url()?;
        let reader = Reader(pair.server);
        match self.channel.open(url.query().unwrap_or_default(), &reader).await {
            Ok(()) => Response::from_websocket(pair.client),
            Err(error) => {
                reader.close();
                Response::error(error.message(), error.status())
            }
        }
    }

    /// Receives the message of a reader.
    pub async fn message(&self, websocket: &WebSocket, message: WebSocketIncomingMessage) {
        let message = match message {
            WebSocketIncomingMessage::String(text) => text.into_bytes(),
            WebSocketIncomingMessage::Binary(bytes) => bytes,
        };
        let reader = Reader(websocket.clone());
        if let Err(error) = self.channel.receive(&message, &reader).await {
            tracing::error!(%error, "a reader of a channel is closed");
            reader.close();
        }
    }

    /// Closes the WebSocket of a reader that has ended.
    pub fn closed(&self, websocket: &WebSocket) {
        websocket.close(Some(1000), Some("")).ok();
    }

    /// Removes old events.
    ///
    /// # Errors
    /// If the storage fails: Cloudflare calls it again.
    pub async fn alarm(&self) -> Result<Response> {
        self.channel.alarm().await.map_err(|error| error.to_string())?;
        Response::empty()
    }
}

impl fmt::Debug for PublisherObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublisherObject").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// The WebSocket of a reader, which hibernates.
struct Reader(WebSocket);

impl ReaderSocket for Reader {
    fn kept(&self) -> Option<Bytes> {
        self.0.deserialize_attachment().ok().flatten()
    }

    fn keep(&self, state: Bytes) {
        if let Err(error) = self.0.serialize_attachment(state) {
            tracing::error!(%error, "the position of a reader is not kept");
            self.close();
        }
    }

    fn send(&self, message: &str) {
        // One that has ended is told nothing: its reader comes back with its position.
        self.0.send_with_str(message).ok();
    }

    fn close(&self) {
        self.0.close(Some(1011), Some("The channel starts again")).ok();
    }
}

/// Declares a Durable Object for [`PublisherObjects`](crate::PublisherObjects): `publisher_object!(pub struct Messages;);`,
/// or with retention and limits `publisher_object!(pub struct Messages(Publisher::builder().max_events(100)););`.
///
/// Workers find it by the name of the struct, `class_name` in `wrangler.jsonc`, where it is one of `new_sqlite_classes`.
/// The crate that writes it depends on `worker` itself, whose attribute it uses.
#[macro_export]
macro_rules! publisher_object {
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident;) => {
        $crate::publisher_object!(
            $(#[$attribute])*
            $visibility struct $name($crate::orpc_runtime::publish::Publisher::builder());
        );
    };
    ($(#[$attribute:meta])* $visibility:vis struct $name:ident($settings:expr);) => {
        $(#[$attribute])*
        #[::worker::durable_object]
        $visibility struct $name {
            channel: ::std::panic::AssertUnwindSafe<$crate::PublisherObject>,
        }

        impl ::worker::DurableObject for $name {
            fn new(state: ::worker::State, _: ::worker::Env) -> Self {
                let channel = $crate::PublisherObject::new(state, &$settings);
                Self { channel: ::std::panic::AssertUnwindSafe(channel) }
            }

            async fn fetch(&self, request: ::worker::Request) -> ::worker::Result<::worker::Response> {
                self.channel.fetch(request).await
            }

            async fn websocket_message(
                &self,
                socket: ::worker::WebSocket,
                message: ::worker::WebSocketIncomingMessage,
            ) -> ::worker::Result<()> {
                self.channel.message(&socket, message).await;
                Ok(())
            }

            async fn websocket_close(
                &self,
                socket: ::worker::WebSocket,
                _: usize,
                _: ::std::string::String,
                _: bool,
            ) -> ::worker::Result<()> {
                self.channel.closed(&socket);
                Ok(())
            }

            async fn websocket_error(
                &self,
                socket: ::worker::WebSocket,
                _: ::worker::Error,
            ) -> ::worker::Result<()> {
                self.channel.closed(&socket);
                Ok(())
            }

            async fn alarm(&self) -> ::worker::Result<::worker::Response> {
                self.channel.alarm().await
            }
        }
    };
}
