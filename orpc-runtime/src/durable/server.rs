//! Durable iterators of one kind, on the server.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::builtin;
use super::client::DurableClient;
use super::issuer::{Issuer, TokenOptions};
use super::iterator::DurableIterator;
use super::object::DurableObject;
use super::routing;
use super::sessions::Sessions;
use super::token::SigningKeys;
use super::token_gate::TokenGate;
use crate::core::Error;
use crate::entries::RouterModule as _;
use crate::publish::{Publish, Publisher};
use crate::router::RouterError;
use crate::rpc::Rpc;
use crate::serve::IntoContext;
use crate::websocket::WebSocketService;

/// The durable iterators of one kind: signs their tokens, serves their sockets,
/// publishes their events. Cheap to clone.
///
/// Put it into the context of the procedures that open iterators, and of the methods.
/// See the [module](super) for an overview.
///
/// All clones, and the handles that [`ttl`](Durable::ttl) and similar methods return,
/// share the open sockets, the ids of clients, the revocations and the limits; each has
/// its own settings for the tokens that it signs.
pub struct Durable<O: DurableObject> {
    shared: Arc<Shared<O>>,
    tokens: TokenOptions,
}

struct Shared<O: DurableObject> {
    issuer: Arc<Issuer>,
    sessions: Arc<Sessions>,
    publisher: Publisher<O::Event>,
    rpc: Rpc<O::Context>,
}

impl<O: DurableObject> Durable<O> {
    /// Creates durable iterators over the channels of a publisher.
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

    /// Creates durable iterators over the channels of a publisher.
    ///
    /// # Errors
    /// The faults of the methods: see [`Rpc::try_new`]; and first names that every
    /// iterator in JavaScript has itself.
    pub fn try_new(keys: SigningKeys, publisher: Publisher<O::Event>) -> Result<Self, RouterError> {
        let builtin = builtin::procedures::router();
        let (names, router) = routing::procedures(O::Methods::router(), builtin)?;
        let rpc = Rpc::try_new(router)?;
        let shared = Shared {
            issuer: Arc::new(Issuer::new(keys, names)),
            sessions: Sessions::new(publisher.clients()),
            publisher,
            rpc,
        };
        Ok(Self { shared: Arc::new(shared), tokens: TokenOptions::default() })
    }

    /// Sets the default lifetime of tokens, in whole seconds; 24 hours by default. It
    /// applies to this handle and its clones.
    #[must_use]
    pub fn ttl(mut self, time: Duration) -> Self {
        self.tokens.ttl = time;
        self
    }

    /// Lets clients choose their ids, as the official server does. The official plugin
    /// needs that: it does not know ids in tokens. It applies to this handle and its
    /// clones.
    ///
    /// Such a token is bound to the first id that a socket is opened with; until then
    /// its holder can choose. By default a token is valid only with the id that it was
    /// signed for.
    #[must_use]
    pub fn ids_by_clients(mut self) -> Self {
        self.tokens.ids_by_clients = true;
        self
    }

    /// Sets the maximum number of open sockets of one client; 8 by default. Beyond that
    /// its oldest socket is closed with 1008. It applies to all handles.
    #[must_use]
    pub fn sockets_per_client(self, sockets: usize) -> Self {
        self.shared.sessions.per_client.store(sockets, Ordering::Relaxed);
        self
    }

    /// Sets the maximum number of open sockets of one channel; 100,000 by default.
    /// Beyond that clients without a socket get 503. It applies to all handles.
    #[must_use]
    pub fn sockets_per_channel(self, sockets: usize) -> Self {
        self.shared.sessions.per_channel.store(sockets, Ordering::Relaxed);
        self
    }

    /// Returns a durable iterator of a channel, for a procedure to return.
    pub fn iterator(&self, channel: impl Into<String>) -> DurableIterator<O> {
        DurableIterator::new(Arc::clone(&self.shared.issuer), channel.into(), self.tokens)
    }

    /// Publishes an event to the clients of a channel when the returned value is
    /// awaited; its audience is set before.
    ///
    /// Targets and excluded clients are given by their [ids](super::DurableClient::id).
    /// The same rules apply to a client that reconnects later.
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
        self.shared.publisher.publish(channel, event)
    }

    /// Returns the publisher.
    pub fn publisher(&self) -> &Publisher<O::Event> {
        &self.shared.publisher
    }

    /// Returns the clients with an open socket for a channel, once for each socket.
    pub fn clients(&self, channel: &str) -> Vec<DurableClient> {
        self.shared.sessions.clients(channel)
    }

    /// Returns the number of open sockets.
    pub fn live_sockets(&self) -> usize {
        self.shared.sessions.len()
    }

    /// Revokes a client: closes its sockets at once with 1008 `Token revoked`, and
    /// refuses its id for a time, and thereby the tokens for that id. Returns the
    /// number of sockets that are closed in this process. To keep a client out, the time is
    /// at least that for which its tokens are valid.
    ///
    /// With a publisher on a server that several processes share it applies to all of them,
    /// those that start later included: sockets of the others close when they hear of it, at
    /// once or, if announcements are lost, within 2 s. A process that cannot reach the server
    /// closes all sockets after
    /// [`max_staleness`](crate::publish::PublisherBuilder::max_staleness). With any other
    /// publisher it applies to this process.
    ///
    /// It applies to tokens already issued: the procedure that issues them has to refuse the
    /// client as well.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, if too many clients are revoked: 10,000 of the channel, or those of
    /// all channels take 16 MiB (some 30,000); on a server 16 MiB. Or if the server cannot be
    /// reached: this process tells it as soon as it can, if it runs until then; repeat the call
    /// to be sure. The sockets in this process are closed nevertheless.
    pub async fn revoke(
        &self,
        channel: &str,
        client: &str,
        time: Duration,
    ) -> Result<usize, Error> {
        self.shared.sessions.revoke(channel, client, time).await
    }

    /// Returns the endpoint of the sockets, at a URL of its own. Methods have a context
    /// from `context`, like the procedures of [`Rpc::websocket`].
    ///
    /// The token in the URL authorises a client, not a cookie: pages of every origin
    /// may connect, unless [`allow_origin`](WebSocketService::allow_origin) names those
    /// allowed beside the server's own.
    ///
    /// | request | response |
    /// |---|---|
    /// | no upgrade | 426 `Expected WebSocket upgrade` |
    /// | no `id` | 401 `ID is required` |
    /// | no `token` | 401 `Token is required` |
    /// | an invalid token, or not valid with this id | 401 `Invalid Token` |
    /// | a channel with [too many sockets](Durable::sockets_per_channel) | 503 `Too many sockets` |
    /// | the server of the publisher has no room for another [chosen id](Durable::ids_by_clients) | 503 `Too many ids` |
    /// | that server cannot be reached | 503 `Clients cannot be admitted` |
    pub fn websocket<Marker>(
        &self,
        context: impl IntoContext<O::Context, Marker>,
    ) -> WebSocketService<O::Context> {
        let shared = &self.shared;
        let (issuer, sessions) = (Arc::clone(&shared.issuer), Arc::clone(&shared.sessions));
        let gate = TokenGate::new(issuer, sessions, shared.publisher.with_events_as());
        shared.rpc.websocket(context).allow_any_origin().gated(Arc::new(gate))
    }

    /// Closes all sockets with 1001; see [`Rpc::shutdown`].
    pub fn shutdown(&self) {
        self.shared.rpc.shutdown();
    }

    /// Waits, after [`shutdown`](Durable::shutdown), until all sockets are closed.
    pub async fn closed(&self) {
        self.shared.rpc.closed().await;
    }
}

impl<O: DurableObject> Clone for Durable<O> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), tokens: self.tokens }
    }
}

impl<O: DurableObject> fmt::Debug for Durable<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable")
            .field("live_sockets", &self.live_sockets())
            .finish_non_exhaustive()
    }
}
