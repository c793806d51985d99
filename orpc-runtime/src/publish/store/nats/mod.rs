//! Events on a NATS server, which several processes share.

mod append;
#[cfg(all(feature = "durable", feature = "websocket"))]
mod clients;
mod entry;
mod link;
mod log;
mod place;
mod stream;
mod target;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use self::entry::Entry;
use self::link::Link;
use self::place::Memory;
use self::target::Target;
use super::NewEvent;
use super::copied::{Announce, Announced, Appended, CopiedStore, Found, Server, Settings};
use crate::connection::{CallError, Contact};
use crate::publish::clock::{Clock, millis};
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, StoreError, StoreErrorKind};
use crate::publish::log::{Extent, Limits};
use crate::publish::{Publisher, PublisherBuilder};

impl PublisherBuilder {
    /// Opens a publisher that keeps its events on a NATS server with JetStream, 2.11 or newer,
    /// which it shares with other processes: all of them see one order. The URL is
    /// `nats://user:password@host:port`, or `nats://token@host:port`.
    ///
    /// All channels are in one stream, which is made if it does not exist. Retention is by the
    /// clock of the server. `max_total_bytes` has no effect: bound the files of the server. A lost
    /// connection is made again; until then publishing waits up to 5 s, and subscriptions wait.
    ///
    /// # Errors
    /// If the URL is malformed; if the server refuses the user, is too old, or has no JetStream;
    /// if it cannot be reached within [`connect_timeout`](PublisherBuilder::connect_timeout).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn nats<T>(self, url: &str) -> Result<Publisher<T>, StoreError> {
        let settings = Settings::of(&self);
        let server = Nats::new(url, &settings)?;
        let store = CopiedStore::open(server, &settings).await?;
        Ok(self.on(Arc::new(store)))
    }
}

/// A server that appends to the subject of a channel if its last message is the expected one.
struct Nats {
    target: Target,
    contact: Arc<Contact<Link>>,
    prefix: String,
    limits: Limits,
    /// A clock instead of that of the server.
    clock: Option<Arc<dyn Clock>>,
    has_files: AtomicBool,
    memory: Memory,
}

impl Nats {
    fn new(url: &str, settings: &Settings) -> Result<Self, StoreError> {
        let (target, address) = Target::new(url)?;
        if settings.prefix.is_empty() || settings.prefix.len() > 64 {
            let message = "the key prefix of a stream has 1 to 64 bytes";
            return Err(StoreError::new(StoreErrorKind::Refused, message));
        }
        Ok(Self {
            target,
            contact: Arc::new(Contact::new("NATS", address)),
            prefix: settings.prefix.clone(),
            limits: settings.limits,
            clock: settings.clock.clone(),
            has_files: AtomicBool::new(false),
            memory: Memory::default(),
        })
    }

    /// Returns the time in ms since 1970.
    fn now(&self, link: &Link) -> u64 {
        let Some(clock) = &self.clock else { return link.now() };
        clock.wall().duration_since(SystemTime::UNIX_EPOCH).map_or(0, millis)
    }
}

impl Server for Nats {
    type Link = Link;

    fn contact(&self) -> &Contact<Link> {
        &self.contact
    }

    async fn connect(&self, number: u64, announce: Announce<Self>) -> Result<Link, StoreError> {
        let max_age = stream::max_age(&self.limits);
        let connecting =
            link::connect(&self.target, &self.contact, number, &self.prefix, max_age, announce);
        let link = connecting.await?;
        self.has_files.store(link.stream().has_files, Ordering::Release);
        self.memory.give(&link);
        Ok(link)
    }

    async fn subscribe(&self, link: &Link, channels: &[Arc<str>]) -> Result<(), CallError> {
        for channel in channels {
            link.subscribe(channel).await?;
        }
        Ok(())
    }

    async fn unsubscribe(&self, link: &Link, channels: &[Arc<str>]) -> Result<(), CallError> {
        for channel in channels {
            link.unsubscribe(channel);
        }
        Ok(())
    }

    async fn look(&self, link: &Link, _: bool) -> bool {
        link.look().await
    }

    async fn append(
        &self,
        link: Link,
        event: &NewEvent,
        known: u64,
    ) -> Result<Appended, PublishError> {
        self.append_to(link, event, known).await
    }

    async fn extent(&self, link: &Link, channel: &str, known: u64) -> Result<Extent, CallError> {
        self.extent_of(link, channel, known).await
    }

    async fn read(
        &self,
        link: &Link,
        channel: &str,
        first: u64,
        last: u64,
        bytes: u64,
    ) -> Result<Found, CallError> {
        self.read_from(link, channel, (first, last), bytes).await
    }

    /// The server does not tell how often it syncs its files.
    fn durability(&self) -> Durability {
        if self.has_files.load(Ordering::Acquire) {
            Durability::Process
        } else {
            Durability::Memory
        }
    }
}

/// Passes on an entry that was announced.
fn announced(announce: &Announce<Nats>, channel: &str, entry: &Entry) {
    if !entry.head.is_mark {
        let (id, earliest) = (entry.head.id, entry.head.floor.earliest);
        announce.announce(channel, Announced { id, earliest, record: entry.record() });
    }
}
