//! Events on a Redis server, which several processes share.
//!
//! The server gives numbers and epochs and keeps the events; a process has copies of the
//! channels that it reads.

mod copies;
mod keeper;
mod open;
mod script;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use redis::{PushInfo, PushKind, Value};
use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::copies::{Copies, Followed};
use self::script::{Announced, AppendAnswer, Appended, Found, Scripts};
use super::channels::Channels;
use super::replays::{Fetched, Pool, ReplayReader, Wanted};
use super::{NewEvent, OpenError, Opening, Record, Start, Store};
use crate::clock;
use crate::publish::clock::{Clock, SystemClock, Timeline, millis};
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, ReadError, StoreError, StoreErrorKind};
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::{Cursor, Limits};
use crate::redis_server::{self, CallError, Info, Keeper, Link, Server, malformed};
use crate::task::Handle;

/// Maximum time for which publishing and subscribing wait for a connection.
const WAIT: Duration = Duration::from_secs(5);

/// Stores events on a Redis server.
struct RedisStore {
    shared: Arc<Shared>,
    /// Threads that wait for events that are only on the server.
    pool: Pool,
}

/// Settings of the store.
struct Settings {
    limits: Limits,
    max_channels: usize,
    replay_bytes: u64,
    prefix: String,
    connect_timeout: Duration,
    max_staleness: Duration,
    /// A clock instead of that of the server.
    clock: Option<Arc<dyn Clock>>,
}

struct Shared {
    server: Server,
    scripts: Scripts,
    copies: Copies,
    max_staleness: Duration,
    clock: Option<Arc<dyn Clock>>,
    /// Durability of the present settings of the server.
    durability: Mutex<Durability>,
    /// Locked for writing while the announcements of channels end.
    names: RwLock<()>,
    /// Events that are being published.
    publishing: TaskTracker,
    is_closed: AtomicBool,
    /// Cancelled once the store is dropped.
    dropped: CancellationToken,
}

impl RedisStore {
    /// Connects to a server.
    async fn open(url: &str, settings: Settings) -> Result<Self, StoreError> {
        let server = Server::new(url)?;
        let Settings { limits, max_channels, replay_bytes, prefix, .. } = settings;
        let timeline = Timeline::new(Arc::new(SystemClock::default()));
        let scripts = Scripts::new(&prefix, server.database(), limits);
        let shared = Arc::new(Shared {
            server,
            scripts,
            copies: Copies::new(Channels::new(timeline, limits, max_channels)),
            max_staleness: settings.max_staleness,
            clock: settings.clock,
            durability: Mutex::new(Durability::Memory),
            names: RwLock::default(),
            publishing: TaskTracker::new(),
            is_closed: AtomicBool::new(false),
            dropped: CancellationToken::new(),
        });
        let runtime = Handle::current();
        let (fetching, handle) = (Arc::clone(&shared), runtime.clone());
        let fetch = move |wanted, bytes| fetching.fetch_blocking(&handle, wanted, bytes);
        let pool = Pool::start(replay_bytes, Arc::new(fetch)).map_err(|error| {
            let message = "no thread can be started that reads events";
            StoreError::caused_by(StoreErrorKind::Unavailable, message, error)
        })?;
        let store = Self { shared: Arc::clone(&shared), pool };
        let dropped = shared.dropped.clone();
        let keeping = Arc::clone(&shared);
        runtime.spawn(async move {
            dropped.run_until_cancelled(redis_server::keep(Arc::clone(&keeping))).await;
            keeping.server.down(None);
        });
        shared.server.started(settings.connect_timeout).await?;
        Ok(store)
    }
}

impl Shared {
    /// Returns the time for the scripts; `None` for that of the server.
    fn now(&self) -> Option<u64> {
        let since = self.clock.as_ref()?.wall().duration_since(SystemTime::UNIX_EPOCH);
        Some(since.map_or(0, millis))
    }

    /// Ends readers that have not heard from the server for too long.
    fn expire(&self) {
        self.copies.expire(self.max_staleness, || self.server.error());
    }

    /// Ends the announcements of channels without readers.
    async fn forget_unread(&self, link: &Link) -> Result<(), CallError> {
        let _locked = self.names.write().await;
        let names = self.copies.remove_unread();
        let names: Vec<_> = names.iter().map(|name| self.scripts.announced(name)).collect();
        if names.is_empty() { Ok(()) } else { link.unsubscribe(&names).await }
    }

    async fn publish(self: Arc<Self>, event: NewEvent) -> Result<EventId, PublishError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(PublishError::Closed);
        }
        let _publishing = self.publishing.token();
        let link = self.server.link(WAIT).await.map_err(PublishError::Failed)?;
        let fresh = fresh_epoch().map_err(PublishError::Failed)?;
        let appending = self.scripts.append(&event, self.known(&event.channel), fresh, self.now());
        let answer: AppendAnswer = link.invoke(&appending).await.map_err(|error| match error {
            CallError::Lost(error) => PublishError::OutcomeUnknown(Some(error)),
            CallError::Refused(error) => PublishError::Failed(error),
        })?;
        match script::appended(&answer) {
            Some(Appended::New(id, earliest)) => {
                // Readers of this process see it now, even before it is announced.
                let record = Record::of(&event);
                let announced = Announced { id, earliest, record };
                if let Some(followed) = self.copies.announce(&event.channel, announced) {
                    // If this fails it is tried again by the task that compares.
                    keeper::refresh(&self, &link, &followed).await.ok();
                }
                Ok(id)
            }
            Some(Appended::Known(id)) => Ok(id),
            Some(Appended::TooManyKeys) => Err(PublishError::TooManyKeys),
            None => {
                let error = malformed(self.server.address());
                Err(PublishError::OutcomeUnknown(Some(error)))
            }
        }
    }

    /// Returns the number of the last event of a channel that this process knows.
    fn known(&self, channel: &str) -> u64 {
        let Some(channel) = self.copies.channels.find(channel) else { return 0 };
        let state = channel.state();
        state.copy.as_ref().map_or(0, |_| state.log.head().sequence())
    }

    async fn open(
        self: Arc<Self>,
        replays: Arc<super::replays::Replays>,
        channel: String,
        start: Start,
    ) -> Result<Box<dyn super::Reader>, OpenError> {
        let mut reader = self.copies.channels.register(&channel, Start::Latest)?;
        let followed = self.copies.follow(&reader.channel);
        let begun = async {
            loop {
                let link = self.server.link(WAIT).await?;
                match self.begin(&link, &followed).await {
                    Ok(()) => return Ok(()),
                    // Another connection is made.
                    Err(CallError::Lost(_)) => {}
                    Err(CallError::Refused(error)) => return Err(error),
                }
            }
        };
        let begun = clock::timeout(WAIT, begun).await;
        begun.unwrap_or_else(|_| Err(self.server.error())).map_err(OpenError::Store)?;
        let state = reader.channel.state();
        let position = match start {
            Start::Latest => state.log.head(),
            Start::Earliest => state.log.start(),
            Start::After(id) => id,
        };
        drop(state);
        reader.cursor = Cursor::new(position);
        Ok(Box::new(ReplayReader::new(reader, replays)))
    }

    /// Begins to receive the announcements of a channel, and makes its copy the same as the
    /// server.
    async fn begin(&self, link: &Link, followed: &Arc<Followed>) -> Result<(), CallError> {
        if followed.link.load(Ordering::Acquire) != link.number {
            let _locked = self.names.read().await;
            link.subscribe(&[self.scripts.announced(&followed.channel.name)]).await?;
            followed.link.store(link.number, Ordering::Release);
        }
        keeper::refresh(self, link, followed).await
    }

    /// Reads events, on a thread that waits for them.
    fn fetch_blocking(
        self: &Arc<Self>,
        runtime: &Handle,
        wanted: Wanted,
        bytes: u64,
    ) -> Result<Fetched, ReadError> {
        let shared = Arc::clone(self);
        // The thread itself uses neither timers nor sockets of a runtime that may end.
        let fetching = runtime.spawn(async move { shared.fetch(wanted, bytes).await });
        let fetched = runtime.block_on(self.dropped.run_until_cancelled(fetching));
        match fetched {
            Some(Ok(fetched)) => fetched,
            Some(Err(_)) | None => Err(ReadError::Closed),
        }
    }

    async fn fetch(&self, wanted: Wanted, bytes: u64) -> Result<Fetched, ReadError> {
        let Some(followed) = self.copies.get(wanted.channel) else {
            return Ok(Fetched::Records(Vec::new()));
        };
        loop {
            // For each attempt, since a connection that is lost has worked until then.
            let link = self.server.link(self.max_staleness).await.map_err(ReadError::Store)?;
            match self.read(&link, &followed, wanted, bytes).await {
                Ok(fetched) => return Ok(fetched),
                Err(CallError::Lost(_)) => {}
                Err(CallError::Refused(error)) => return Err(ReadError::Store(error)),
            }
        }
    }

    async fn read(
        &self,
        link: &Link,
        followed: &Arc<Followed>,
        wanted: Wanted,
        bytes: u64,
    ) -> Result<Fetched, CallError> {
        let Wanted { first, last, .. } = wanted;
        let reading = self.scripts.read(&followed.channel.name, first, last, bytes);
        let found = script::found(link.invoke(&reading).await?);
        let events = match found {
            Some(Found::Events(events)) => events,
            Some(Found::TooLarge(bytes)) => return Ok(Fetched::TooLarge(bytes)),
            None => return Err(CallError::Refused(malformed(self.server.address()))),
        };
        let count = followed.entries(first, &events);
        if count == 0 {
            // They were trimmed or lost in the meantime.
            keeper::refresh(self, link, followed).await?;
        }
        let records = events.into_iter().take(count).map(|(_, record)| record);
        Ok(Fetched::Records(records.collect()))
    }
}

/// Returns the epoch of a channel that begins anew.
fn fresh_epoch() -> Result<Epoch, StoreError> {
    Epoch::random().map_err(|error| {
        let message = "the system gives no random numbers";
        StoreError::caused_by(StoreErrorKind::Unavailable, message, error)
    })
}

impl Keeper for Shared {
    fn server(&self) -> &Server {
        &self.server
    }

    fn announced(&self, info: PushInfo) {
        if info.kind != PushKind::Message {
            return;
        }
        let mut data = info.data.into_iter();
        let (Some(Value::BulkString(name)), Some(Value::BulkString(message))) =
            (data.next(), data.next())
        else {
            return;
        };
        let name = std::str::from_utf8(&name).ok().and_then(|name| self.scripts.channel(name));
        if let (Some(channel), Some(event)) = (name, script::announced(message))
            && let Some(followed) = self.copies.announce(channel, event)
        {
            self.copies.is_behind(&followed);
        }
    }

    async fn inspect(&self, link: &Link, info: &Info) -> Result<(), StoreError> {
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
        Ok(())
    }

    async fn tend(&self, link: &Link) {
        keeper::tend(self, link).await;
    }

    fn disconnected(&self) {
        self.expire();
    }
}

impl Store for RedisStore {
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        Arc::clone(&self.shared).publish(event).boxed()
    }

    fn subscribe(&self, channel: &str, start: Start) -> Opening {
        let (shared, replays) = (Arc::clone(&self.shared), Arc::clone(self.pool.replays()));
        shared.open(replays, channel.to_owned(), start).boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let shared = Arc::clone(&self.shared);
        shared.is_closed.store(true, Ordering::Release);
        async move {
            shared.publishing.close();
            // A future that is not polled does not end.
            clock::timeout(WAIT, shared.publishing.wait()).await.ok();
            shared.copies.channels.close();
        }
        .boxed()
    }

    fn durability(&self) -> Durability {
        *self.shared.durability.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn channels(&self) -> usize {
        self.shared.copies.channels.len()
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        self.shared.dropped.cancel();
        self.shared.copies.channels.close();
    }
}
