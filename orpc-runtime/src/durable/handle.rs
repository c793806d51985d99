//! One kind of durable iterators, as a server holds it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::Serialize;

use super::builtin;
use super::client::DurableClient;
use super::gate::{Entrance, METHODS};
use super::hub::Hub;
use super::issuer::Issuer;
use super::iterator::DurableIterator;
use super::object::{DurableObject, OF_ITERATORS};
use super::seat::{Channels, ReadingIterator};
use super::sessions::Sessions;
use super::token::SigningKeys;
use crate::event::{HibernatingIterator, LastEventId};
use crate::procedure::Error;
use crate::publish::{EventId, Publish, Publisher};
use crate::router::{Router, RouterError};
use crate::rpc::Rpc;
use crate::serve::IntoContext;
use crate::socket::Socket;
use crate::websocket::WebSocketService;

/// The durable iterators of one kind: signs their tokens, serves their sockets,
/// publishes their events. Cheap to clone; all clones are the same.
///
/// It belongs into the context of the procedures that open iterators, and of the
/// methods. See the [module](super) for the whole.
pub struct Durable<O: DurableObject>(Arc<Shared<O>>);

struct Shared<O: DurableObject> {
    issuer: Arc<Issuer>,
    sessions: Arc<Sessions>,
    hubs: Arc<Hubs<O::Event>>,
    rpc: Rpc<O::Context>,
}

impl<O: DurableObject> Durable<O> {
    /// Durable iterators whose events are those of the publisher's channels.
    ///
    /// # Panics
    /// If the methods cannot be served; see [`try_new`](Durable::try_new).
    #[track_caller]
    pub fn new(keys: SigningKeys, publisher: Publisher<O::Event>) -> Self {
        match Self::try_new(keys, publisher) {
            Ok(durable) => durable,
            Err(error) => panic!("{error}"),
        }
    }

    /// Durable iterators whose events are those of the publisher's channels.
    ///
    /// # Errors
    /// What is wrong with the methods: see [`Rpc::try_new`]; and first names that
    /// every iterator in JavaScript has for itself.
    pub fn try_new(keys: SigningKeys, publisher: Publisher<O::Event>) -> Result<Self, RouterError> {
        let methods = O::methods();
        let names = methods.names();
        let taken = names.iter().filter(|name| OF_ITERATORS.contains(&name.as_str()));
        let taken: Vec<_> = taken.cloned().collect();
        if !taken.is_empty() {
            return Err(RouterError::reserved(taken));
        }
        let router = builtin::procedures::router();
        let rpc = Rpc::try_new(Router::new().nest(METHODS, methods).merge(router))?;
        Ok(Self(Arc::new(Shared {
            issuer: Arc::new(Issuer::new(keys, names)),
            sessions: Arc::default(),
            hubs: Arc::new(Hubs { publisher, by_channel: Mutex::default() }),
            rpc,
        })))
    }

    /// How long tokens are good that say nothing else, in whole seconds; 24 hours
    /// unless set. For the start: it counts for this value and clones made later.
    #[must_use]
    pub fn ttl(self, time: Duration) -> Self {
        let shared = &self.0;
        let issuer = Issuer::new(shared.issuer.keys.clone(), shared.issuer.methods.clone());
        Self(Arc::new(Shared {
            issuer: Arc::new(Issuer { ttl: time, ..issuer }),
            sessions: Arc::clone(&shared.sessions),
            hubs: Arc::clone(&shared.hubs),
            rpc: shared.rpc.clone(),
        }))
    }

    /// A durable iterator of a channel, for a procedure to return.
    pub fn iterator(&self, channel: impl Into<String>) -> DurableIterator<O> {
        DurableIterator::new(Arc::clone(&self.0.issuer), channel.into())
    }

    /// Publishes an event to the clients of a channel; to be awaited, with more
    /// said before about whom it is for.
    ///
    /// Targets and excluded clients are told by their
    /// [ids](super::DurableClient::id). A client that comes back later gets the
    /// event by the same rules.
    ///
    /// ```
    /// # use orpc_runtime::durable::{Durable, DurableClient, DurableObject};
    /// # use orpc_runtime::publish::PublishError;
    /// # async fn publish<O: DurableObject<Event = String>>(
    /// #     rooms: Durable<O>, sender: DurableClient, text: String
    /// # ) -> Result<(), PublishError> {
    /// rooms.publish("lobby", &text).await?;
    /// rooms.publish("lobby", &text).tags(["staff"]).exclude([sender.id()]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish(&self, channel: &str, event: &O::Event) -> Publish<'_> {
        self.0.hubs.publisher.publish(channel, event)
    }

    /// The publisher.
    pub fn publisher(&self) -> &Publisher<O::Event> {
        &self.0.hubs.publisher
    }

    /// The clients with an open socket for a channel, once for each of its sockets.
    pub fn clients(&self, channel: &str) -> Vec<DurableClient> {
        self.0.sessions.of(channel).into_iter().map(|(_, client)| client).collect()
    }

    /// How many sockets are open.
    pub fn live_sockets(&self) -> usize {
        self.0.sessions.len()
    }

    /// Shuts a client out: closes its sockets at once with 1008 `Token revoked`,
    /// and refuses its id for a time, as well as tokens that were given for that id.
    /// How many sockets that were.
    ///
    /// It holds for this process, and for tokens that are out: the procedure that
    /// gives them has to refuse the client as well.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, if there is no room to remember one more. The sockets
    /// are closed nevertheless.
    pub fn revoke(&self, channel: &str, client: &str, time: Duration) -> Result<usize, Error> {
        let shared = &self.0;
        let noted = shared.issuer.ids.revoke(channel, client, time, SystemTime::now());
        let closed = shared.sessions.close(channel, client);
        match noted {
            Ok(()) => Ok(closed),
            Err(_) => Err(crate::procedure::Code::ServiceUnavailable.into()),
        }
    }

    /// The endpoint of the sockets, at a URL of its own. Methods have a context from
    /// `context`, as the procedures of [`Rpc::websocket`] have.
    ///
    /// The token in the URL is what lets a client in, not a cookie: pages of every
    /// origin may come, unless [`allow_origin`](WebSocketService::allow_origin) names
    /// those that may beside the server's own.
    ///
    /// | request | response |
    /// |---|---|
    /// | no upgrade | 426 `Expected WebSocket upgrade` |
    /// | no `id` | 401 `ID is required` |
    /// | no `token` | 401 `Token is required` |
    /// | a token that is not good, or not with this id | 401 `Invalid Token` |
    pub fn websocket<How>(
        &self,
        context: impl IntoContext<O::Context, How>,
    ) -> WebSocketService<O::Context> {
        let shared = &self.0;
        let channels = Arc::clone(&shared.hubs);
        let (issuer, sessions) = (Arc::clone(&shared.issuer), Arc::clone(&shared.sessions));
        let gate = Entrance::new(issuer, sessions, channels);
        shared.rpc.websocket(context).allow_any_origin().gated(Arc::new(gate))
    }

    /// Closes all sockets with 1001; see [`Rpc::shutdown`].
    pub fn shutdown(&self) {
        self.0.rpc.shutdown();
    }

    /// Waits, after [`shutdown`](Durable::shutdown), until all sockets are closed.
    pub async fn closed(&self) {
        self.0.rpc.closed().await;
    }
}

impl<O: DurableObject> Clone for Durable<O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<O: DurableObject> fmt::Debug for Durable<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("live_sockets", &self.live_sockets())
            .finish_non_exhaustive()
    }
}

/// The channels that somebody reads.
struct Hubs<T> {
    publisher: Publisher<T>,
    by_channel: Mutex<HashMap<Arc<str>, Weak<Hub<T>>>>,
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Hubs<T> {
    fn hub(&self, channel: &str) -> Result<Arc<Hub<T>>, Error> {
        let mut hubs = self.by_channel.lock().unwrap_or_else(PoisonError::into_inner);
        let known = hubs.get(channel).and_then(Weak::upgrade).filter(|hub| !hub.is_over());
        if let Some(hub) = known {
            return Ok(hub);
        }
        // Those that nobody reads any more are few, as they go when one comes.
        hubs.retain(|_, hub| hub.strong_count() > 0);
        let channel: Arc<str> = channel.into();
        let hub = Hub::open(Arc::clone(&channel), &self.publisher)?;
        hubs.insert(channel, Arc::downgrade(&hub));
        Ok(hub)
    }
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Channels for Hubs<T> {
    fn subscribe(
        self: Arc<Self>,
        socket: Socket,
        client: DurableClient,
        last: Option<LastEventId>,
    ) -> Result<(ReadingIterator, EventId), Error> {
        let channel = client.channel();
        let hub = self.hub(channel)?;
        let is_new = last.is_none();
        // After the hub, so that it does not stand before what the hub has given out.
        let subscription = self.publisher.subscribe(channel, last.as_ref())?;
        let position = subscription.position();
        let iterator = HibernatingIterator::new(move |id| {
            hub.join(&socket, &client, id, subscription, is_new);
            Ok(())
        });
        Ok((iterator, position))
    }
}
