//! Events on a Redis server, which several processes share.

#[cfg(all(feature = "durable", feature = "websocket"))]
mod clients;
mod script;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use redis::{PushInfo, PushKind, Value};

use self::script::{AppendAnswer, ExtentAnswer, Scripts};
use super::NewEvent;
use super::copied::{Announce, Appended, CopiedStore, Found, Server, Settings, fresh_epoch};
use crate::connection::{CallError, Contact};
use crate::publish::clock::{Clock, millis};
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, StoreError};
use crate::publish::log::Extent;
use crate::publish::{Publisher, PublisherBuilder};
use crate::redis_server::{self, Info, Link};

impl PublisherBuilder {
    /// Opens a publisher that keeps its events on a Redis server, 7.0 or newer, which it shares
    /// with other processes: all of them see one order. The URL is
    /// `redis://user:password@host:port/database`.
    ///
    /// Retention is by the clock of the server. `max_total_bytes` has no effect: set `maxmemory`
    /// of the server with the policy `noeviction`. A lost connection is made again; until then
    /// publishing waits up to 5 s, and subscriptions wait.
    ///
    /// # Errors
    /// If the URL is malformed; if the server refuses the user or is too old; if it cannot be
    /// reached within [`connect_timeout`](PublisherBuilder::connect_timeout).
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
    server: redis_server::Server,
    scripts: Scripts,
    #[cfg(all(feature = "durable", feature = "websocket"))]
    clients: clients::ClientScripts,
    /// A clock instead of that of the server.
    clock: Option<Arc<dyn Clock>>,
    /// Durability of the present settings of the server.
    durability: Mutex<Durability>,
}

impl RedisServer {
    fn new(url: &str, settings: &Settings) -> Result<Self, StoreError> {
        let server = redis_server::Server::new(url)?;
        let scripts = Scripts::new(&settings.prefix, server.database(), settings.limits);
        let durability = Mutex::new(Durability::Memory);
        #[cfg(all(feature = "durable", feature = "websocket"))]
        let clients = clients::ClientScripts::new(&settings.prefix, server.database());
        Ok(Self {
            server,
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
        if info.kind != PushKind::Message {
            return;
        }
        let mut data = info.data.into_iter();
        let (Some(Value::BulkString(name)), Some(Value::BulkString(message))) =
            (data.next(), data.next())
        else {
            return;
        };
        #[cfg(all(feature = "durable", feature = "websocket"))]
        if name == self.clients.announced.as_bytes() {
            return announce.announce_clients();
        }
        let name = std::str::from_utf8(&name).ok().and_then(|name| self.scripts.channel(name));
        if let (Some(channel), Some(event)) = (name, script::announced(message)) {
            announce.announce(channel, event);
        }
    }

    async fn inspect(&self, link: &Link, info: &Info) {
        self.server.warn_of_eviction(link, info, "events");
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
        *self.durability.lock().unwrap_or_else(PoisonError::into_inner) = durability;
    }

    fn malformed(&self) -> CallError {
        CallError::Refused(self.server.contact.malformed())
    }

    fn names(&self, channels: &[Arc<str>]) -> Vec<String> {
        channels.iter().map(|channel| self.scripts.announced(channel)).collect()
    }
}

impl Server for RedisServer {
    type Link = Link;

    fn contact(&self) -> &Contact<Link> {
        &self.server.contact
    }

    async fn connect(&self, number: u64, announce: Announce<Self>) -> Result<Link, StoreError> {
        let announced = move |info| {
            if let Some(server) = announce.server() {
                server.announced(info, &announce);
            }
        };
        let inspect = async |link: Link, info| {
            self.inspect(&link, &info).await;
            Ok(())
        };
        self.server.connect(number, announced, inspect).await
    }

    async fn subscribe(&self, link: &Link, channels: &[Arc<str>]) -> Result<(), CallError> {
        link.subscribe(&self.names(channels)).await
    }

    async fn unsubscribe(&self, link: &Link, channels: &[Arc<str>]) -> Result<(), CallError> {
        link.unsubscribe(&self.names(channels)).await
    }

    async fn look(&self, link: &Link, has_channels: bool) -> bool {
        has_channels || link.is_alive().await
    }

    async fn append(
        &self,
        link: Link,
        event: &NewEvent,
        known: u64,
    ) -> Result<Appended, PublishError> {
        let fresh = fresh_epoch().map_err(PublishError::Failed)?;
        let appending = self.scripts.append(event, known, fresh, self.now());
        let answer: AppendAnswer = link.invoke(&appending).await.map_err(|error| match error {
            CallError::Lost(error) => PublishError::OutcomeUnknown(Some(error)),
            CallError::Refused(error) => PublishError::Failed(error),
        })?;
        let malformed = || PublishError::OutcomeUnknown(Some(self.server.contact.malformed()));
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
        *self.durability.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
