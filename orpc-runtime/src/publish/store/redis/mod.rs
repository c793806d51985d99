//! Events on a Redis server, which several processes share.

#[cfg(all(feature = "durable", feature = "websocket"))]
mod clients;
mod script;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use redis::{PushInfo, PushKind, Value};

use self::script::{AppendAnswer, ExtentAnswer, Scripts};
use super::NewEvent;
use super::copied::{
    Announce, Appended, CopiedStore, Found, Part, Server, Settings, Shared, fresh_epoch,
};
use crate::connection::{self, CallError, Contact};
use crate::publish::clock::{Clock, millis};
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, StoreError};
use crate::publish::log::Extent;
use crate::publish::{Publisher, PublisherBuilder};
use crate::redis_server::{Announced, Info, Link, Node, NodeUser, Servers};
use crate::store::StoreErrorKind;

impl PublisherBuilder {
    /// Opens a publisher that keeps its events on a Redis server, 7.0 or newer, which it shares
    /// with other processes: all of them see one order. The URL is
    /// `redis://user:password@host:port/database`, or for a Redis Cluster
    /// `redis-cluster://user:password@host:port,host:port` with some of its nodes; with `rediss` and `rediss-cluster`
    /// connections are encrypted.
    ///
    /// Of a cluster each channel is at one node. What is at a node that cannot be reached waits, all else goes on.
    ///
    /// Retention is by the clock of the server. `max_total_bytes` has no effect: set `maxmemory`
    /// of the server with the policy `noeviction`. A lost connection is made again; until then
    /// publishing waits up to 5 s, and subscriptions wait.
    ///
    /// # Errors
    /// If the URL is malformed; if the server refuses the user or is too old; if it cannot be
    /// reached within [`connect_timeout`](PublisherBuilder::connect_timeout); for a cluster if
    /// [`key_prefix`](PublisherBuilder::key_prefix) is empty or has braces.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn redis<T>(self, url: &str) -> Result<Publisher<T>, StoreError> {
        let settings = Settings::of(&self);
        let server = RedisServer::new(url, &settings)?;
        let store = CopiedStore::open(server, &settings).await?;
        Ok(self.on(Arc::new(store)))
    }
}

/// A server on which scripts append events and read them.
struct RedisServer {
    servers: Servers,
    scripts: Scripts,
    #[cfg(all(feature = "durable", feature = "websocket"))]
    clients: clients::ClientScripts,
    /// A clock instead of that of the server.
    clock: Option<Arc<dyn Clock>>,
    /// Durability of the present settings of each server.
    durability: Mutex<HashMap<String, Durability>>,
}

impl RedisServer {
    fn new(url: &str, settings: &Settings) -> Result<Self, StoreError> {
        let servers = Servers::new(url)?;
        let prefix = &settings.prefix;
        if servers.is_cluster() && (prefix.is_empty() || prefix.contains(['{', '}'])) {
            let message = "the prefix of the keys of a Redis cluster is empty or has braces, which choose the node";
            return Err(StoreError::new(StoreErrorKind::Refused, message));
        }
        let database = (!servers.is_cluster()).then(|| servers.database());
        let scripts = Scripts::new(prefix, database, settings.limits);
        let durability = Mutex::default();
        #[cfg(all(feature = "durable", feature = "websocket"))]
        let clients = clients::ClientScripts::new(prefix, database);
        Ok(Self {
            servers,
            scripts,
            #[cfg(all(feature = "durable", feature = "websocket"))]
            clients,
            clock: settings.clock.clone(),
            durability,
        })
    }

    /// Returns the time for the scripts; `None` for that of the server.
    fn now(&self) -> Option<u64> {
        let since = self.clock.as_ref()?.wall().duration_since(SystemTime::UNIX_EPOCH);
        Some(since.map_or(0, millis))
    }

    /// Passes on an event that was announced.
    fn announced(&self, info: PushInfo, announce: &Announce<Self>) {
        let has_message = matches!(info.kind, PushKind::Message | PushKind::SMessage);
        if !has_message && info.kind != PushKind::SUnsubscribe {
            return;
        }
        let mut data = info.data.into_iter();
        let Some(Value::BulkString(name)) = data.next() else { return };
        #[cfg(all(feature = "durable", feature = "websocket"))]
        if name == self.clients.announced.as_bytes() {
            return announce.announce_clients();
        }
        let name = std::str::from_utf8(&name).ok().and_then(|name| self.scripts.channel(name));
        let Some(channel) = name else { return };
        if !has_message {
            // The node has passed on the slot, unless this process has asked for it.
            return announce.is_silent(channel);
        }
        let Some(Value::BulkString(message)) = data.next() else { return };
        if let Some(event) = script::announced(message) {
            announce.announce(channel, event);
        }
    }

    /// Returns the recipient of what the server announces.
    fn listener(announce: Announce<Self>) -> Announced {
        Arc::new(move |info| {
            if let Some(server) = announce.server() {
                server.announced(info, &announce);
            }
        })
    }

    /// Returns the hash slot of a part; without a cluster there is one.
    fn slot(&self, part: Part<'_>) -> u16 {
        match part {
            _ if !self.servers.is_cluster() => 0,
            Part::Channel(channel) => Scripts::slot(channel),
            #[cfg(all(feature = "durable", feature = "websocket"))]
            Part::Clients => self.clients.slot,
        }
    }

    async fn inspect(&self, link: &Link, info: &Info) {
        link.warn_of_eviction(info, "events");
        let mut settings = redis::cmd("CONFIG");
        settings.arg("GET").arg("appendonly").arg("appendfsync");
        // Hosted servers do not tell.
        let settings: HashMap<String, String> = link.command(settings).await.unwrap_or_default();
        let is = |name: &str, value: &str| settings.get(name).is_some_and(|set| set == value);
        let durability = if is("appendonly", "yes") && is("appendfsync", "always") {
            Durability::Commit
        } else {
            // With `everysec` the server answers before it writes while a sync takes long.
            Durability::Memory
        };
        let mut all = self.durability.lock().unwrap_or_else(PoisonError::into_inner);
        let addresses = self.servers.addresses();
        all.retain(|address, _| addresses.contains(address));
        all.insert(link.address().to_owned(), durability);
    }

    fn malformed(&self) -> CallError {
        CallError::Refused(self.servers.contact().malformed())
    }

    fn names(&self, channels: &[Arc<str>]) -> Vec<String> {
        channels.iter().map(|channel| self.scripts.announced(channel)).collect()
    }
}

impl Server for RedisServer {
    type Link = Link;

    fn contact(&self) -> &Contact<Link> {
        self.servers.contact()
    }

    fn keep(shared: Arc<Shared<Self>>) -> BoxFuture<'static, ()> {
        async move {
            let dropped = shared.dropped.clone();
            match &shared.server.servers {
                Servers::One(server) => {
                    dropped.run_until_cancelled(connection::keep(Arc::clone(&shared))).await;
                    server.contact.down(None);
                }
                Servers::Cluster(cluster) => {
                    dropped.run_until_cancelled(cluster.keep(&shared)).await;
                    cluster.end();
                }
            }
        }
        .boxed()
    }

    async fn started(&self, within: Duration) -> Result<(), StoreError> {
        self.servers.started(within).await
    }

    async fn link(&self, part: Part<'_>, within: Duration) -> Result<Link, StoreError> {
        self.servers.link(self.slot(part), within).await
    }

    #[cfg(all(feature = "durable", feature = "websocket"))]
    fn absence(&self, part: Part<'_>) -> Option<Duration> {
        self.servers.absence(self.slot(part))
    }

    fn error(&self, part: Part<'_>) -> StoreError {
        self.servers.error(self.slot(part))
    }

    fn is_at(&self, link: &Link, part: Part<'_>) -> bool {
        self.servers.is_at(link, self.slot(part))
    }

    fn is_announced(&self, link: &Link, channel: &str) -> bool {
        !self.servers.is_cluster() || link.is_subscribed(&self.scripts.announced(channel))
    }

    async fn connect(&self, number: u64, announce: Announce<Self>) -> Result<Link, StoreError> {
        let inspect = async |link: Link, info| {
            self.inspect(&link, &info).await;
            Ok(())
        };
        match &self.servers {
            Servers::One(server) => {
                server.connect(number, Some(Self::listener(announce)), inspect).await
            }
            // Its nodes are connected to one by one.
            Servers::Cluster(cluster) => Err(cluster.contact().silent()),
        }
    }

    async fn subscribe(&self, link: &Link, channels: &[Arc<str>]) -> Result<(), CallError> {
        link.subscribe(&self.names(channels)).await
    }

    async fn unsubscribe(&self, link: &Link, channels: &[Arc<str>]) -> Result<(), CallError> {
        link.unsubscribe(&self.names(channels)).await
    }

    async fn look(&self, link: &Link, has_channels: bool) -> bool {
        // Announcements of a cluster come over a connection of their own.
        (has_channels && !self.servers.is_cluster()) || link.is_alive().await
    }

    async fn append(
        &self,
        link: Link,
        event: &NewEvent,
        known: u64,
    ) -> Result<Appended, PublishError> {
        let fresh = fresh_epoch().map_err(PublishError::Failed)?;
        let appending = self.scripts.append(event, known, fresh, self.now());
        let slot = self.slot(Part::Channel(&event.channel));
        let answer = self.servers.invoke(link, slot, &appending).await;
        let answer: AppendAnswer = answer.map_err(|error| match error {
            CallError::Lost(error) => PublishError::OutcomeUnknown(Some(error)),
            CallError::Refused(error) => PublishError::Failed(error),
        })?;
        let malformed = || PublishError::OutcomeUnknown(Some(self.servers.contact().malformed()));
        script::appended(&answer).ok_or_else(malformed)
    }

    async fn extent(&self, link: &Link, channel: &str, known: u64) -> Result<Extent, CallError> {
        let fresh = fresh_epoch().map_err(CallError::Refused)?;
        let asking = self.scripts.extent(channel, known, fresh, self.now());
        let answer: ExtentAnswer = link.invoke(&asking).await?;
        script::extent(&answer).ok_or_else(|| self.malformed())
    }

    async fn read(
        &self,
        link: &Link,
        channel: &str,
        first: u64,
        last: u64,
        bytes: u64,
    ) -> Result<Found, CallError> {
        let reading = self.scripts.read(channel, first, last, bytes);
        script::found(link.invoke(&reading).await?).ok_or_else(|| self.malformed())
    }

    fn durability(&self) -> Durability {
        let all = self.durability.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().copied().min().unwrap_or(Durability::Memory)
    }
}

impl NodeUser for Shared<RedisServer> {
    async fn connect(self: &Arc<Self>, node: &Node) -> Result<Link, StoreError> {
        let inspect = async |link: Link, info| {
            self.server.inspect(&link, &info).await;
            Ok(())
        };
        node.connect(Some(RedisServer::listener(self.announce())), inspect).await
    }

    async fn tend(&self, link: &Link) {
        self.tend_link(link).await;
    }

    fn disconnected(&self) {
        self.expire();
    }
}
