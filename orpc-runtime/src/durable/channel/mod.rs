//! Channels as rooms with state.

mod bindings;
mod command;
mod gate;
mod member;
mod shared;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{Request, Response};

pub use command::ChannelCommand;
pub(super) use member::Member;

use self::gate::ChannelGate;
use self::shared::{Settings, Shared};
use super::builtin;
use super::client::DurableClient;
use super::object::DurableObject;
use super::routing;
use super::token::{KeyError, SigningKeys};
use crate::core::Error;
use crate::entries::RouterModule;
use crate::publish::{EventId, NewEvent, Publish, PublishError, PublishSink};
use crate::router::Router;
use crate::socket::{CloseFrame, Socket, SocketConfig};
use crate::stateful::{Limits, RoomHandle, SocketGate, StatefulRoom};

/// A kind of durable iterators whose channels are [rooms with state](crate::stateful): each channel
/// is one object, with its sockets and the log of its events in its storage. Methods have the
/// channel as context.
///
/// Channels run as Durable Objects on Cloudflare by the crate `orpc-cloudflare`, and in a process by
/// [`StatefulRooms::durable_iterators`](crate::stateful::StatefulRooms::durable_iterators).
///
/// ```
/// use orpc_runtime::durable::{Channel, DurableChannel, DurableObject};
/// use orpc_runtime::prelude::*;
///
/// pub struct Lobby;
///
/// impl DurableObject for Lobby {
///     type Event = String;
///     type Context = Channel<Lobby>;
///     type Methods = methods::router;
/// }
///
/// impl DurableChannel for Lobby {
///     const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
/// }
///
/// #[router(context = Channel<Lobby>)]
/// pub mod methods {
///     use super::*;
///
///     /// Says something to everyone in the channel.
///     #[procedure]
///     pub async fn say(channel: &Channel<Lobby>, text: String) -> Result<(), Error> {
///         channel.publish(&text).await?;
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
pub trait DurableChannel: DurableObject<Context = Channel<Self>> + Sized {
    /// Names of the [secrets](RoomHandle::secret) that sign tokens; the first one signs, see
    /// [`SigningKeys`]. Those that do not exist are left out.
    const KEYS: &'static [&'static str];

    /// Time for which an event is retained. It is removed when it is at most a sixteenth of that
    /// older.
    const RETENTION: Duration = Duration::from_secs(300);

    /// Maximum number of retained events of a channel.
    const MAX_EVENTS: u64 = 10_000;

    /// Maximum number of bytes of the retained events of a channel; the newest event is always
    /// retained.
    const MAX_BYTES: u64 = 16 << 20;

    /// Maximum number of open sockets of one client; beyond that its oldest one is closed with 1008.
    const SOCKETS_PER_CLIENT: usize = 8;

    /// Maximum number of open sockets of a channel; beyond that clients without a socket get 503.
    const SOCKETS_PER_CHANNEL: usize = 30_000;

    /// Reads the keys.
    ///
    /// # Errors
    /// If none of the secrets exists.
    fn keys(secret: impl Fn(&str) -> Option<String>) -> Result<SigningKeys, KeyError> {
        SigningKeys::new(Self::KEYS.iter().filter_map(|name| secret(name)))
    }
}

/// A channel of durable iterators as a room: the context of the methods. Cheap to clone.
///
/// Entries of its storage whose keys begin with `orpc/`, and the alarm of its room, belong to it.
pub struct Channel<O> {
    sink: Sink,
    object: PhantomData<fn() -> O>,
}

/// The channel as the destination of events.
#[derive(Clone)]
struct Sink(Arc<Shared>);

impl PublishSink for Sink {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        Arc::clone(&self.0).publish(event)
    }
}

impl<O: DurableChannel> Channel<O> {
    /// Publishes an event to the clients of the channel when the returned value is awaited; its
    /// audience is set before. Targets and excluded clients are given by their
    /// [ids](DurableClient::id).
    pub fn publish(&self, event: &O::Event) -> Publish<'_> {
        Publish::to(&self.sink, self.name(), event)
    }

    /// Revokes a client for a time: closes its sockets at once with 1008 `Token revoked`, and
    /// refuses its id, and thereby the tokens for that id. Returns the number of closed sockets.
    /// The procedure that issues tokens has to refuse the client as well.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, if 10,000 clients of the channel are revoked; or if the storage fails.
    /// The sockets are closed nevertheless.
    pub async fn revoke(&self, client: &str, time: Duration) -> Result<usize, Error> {
        self.sink.0.revoke(client, time).await
    }
}

impl<O> Channel<O> {
    /// Returns the name of the channel.
    pub fn name(&self) -> &str {
        self.room().name()
    }

    /// Returns its room, with its sockets and its storage.
    pub fn room(&self) -> &RoomHandle {
        &self.sink.0.room
    }

    /// Returns the clients with an open socket, once for each socket.
    pub fn clients(&self) -> Vec<DurableClient> {
        self.sink.0.clients()
    }
}

/// The procedures on the sockets of a channel: the methods, and those that are built in.
#[derive(Debug)]
pub struct ChannelProcedures<O>(PhantomData<fn() -> O>);

impl<O: DurableChannel> RouterModule<Channel<O>> for ChannelProcedures<O> {
    fn router() -> Router<Channel<O>> {
        let builtin = builtin::procedures::router();
        let routed = routing::procedures(O::Methods::router(), builtin);
        routed.map(|(_, router)| router).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<O: DurableChannel> StatefulRoom for Channel<O> {
    type Procedures = ChannelProcedures<O>;

    fn new(room: RoomHandle) -> Self {
        let keys = O::keys(|name| room.secret(name));
        if let Err(error) = &keys {
            let names = O::KEYS;
            tracing::error!(%error, ?names, "no secret of a channel of durable iterators is set");
        }
        let settings = Settings {
            log: Limits { retention: O::RETENTION, events: O::MAX_EVENTS, bytes: O::MAX_BYTES },
            sockets_per_client: O::SOCKETS_PER_CLIENT,
            sockets_per_channel: O::SOCKETS_PER_CHANNEL,
        };
        Self { sink: Sink(Shared::new(room, keys, settings)), object: PhantomData }
    }

    async fn accept(&self, request: &Parts) -> Result<SocketConfig, Error> {
        self.sink.0.accept(&request.uri).await
    }

    fn configure(&self, config: SocketConfig) -> SocketConfig {
        Member::restore(config, Arc::downgrade(&self.sink.0))
    }

    async fn request(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        ChannelCommand::run(&self.sink.0, request.body()).await
    }

    fn gate() -> Option<SocketGate> {
        Some(SocketGate(Arc::new(ChannelGate)))
    }

    async fn user_joined(&self, socket: &Socket) {
        self.sink.0.joined(socket).await;
    }

    async fn user_left(&self, _: &Socket, _: &CloseFrame) {}

    async fn alarm(&self) -> Result<(), Error> {
        self.sink.0.ring().await
    }
}

impl<O: 'static> PublishSink for Channel<O> {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        self.sink.publish_event(event)
    }
}

impl<O> Clone for Channel<O> {
    fn clone(&self) -> Self {
        Self { sink: self.sink.clone(), object: PhantomData }
    }
}

impl<O> fmt::Debug for Channel<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name()).finish_non_exhaustive()
    }
}
