//! Events on a server that several processes share.
//!
//! The server gives numbers and epochs and keeps the events; a process has copies of the
//! channels that it reads.

#[cfg(all(feature = "durable", feature = "websocket"))]
mod clients;
mod copies;
mod keeper;
#[cfg(all(feature = "durable", feature = "websocket"))]
mod registry;
mod settings;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[cfg(all(feature = "durable", feature = "redis", feature = "websocket"))]
pub(super) use self::clients::ENTRY_BYTES;
#[cfg(all(feature = "durable", feature = "websocket"))]
pub(super) use self::clients::{
    CHOSEN_BYTES, ClientKey, ClientServer, Position, REVOKED_BYTES, Revoked, Revoking,
};
use self::copies::{Copies, Followed};
pub(super) use self::settings::Settings;
use super::channels::Channels;
use super::replays::{Fetched, Pool, ReplayReader, Wanted};
use super::{NewEvent, OpenError, Opening, Record, Start, Store};
use crate::clock::{self, Instant};
use crate::connection::{self, CallError, Contact, Keeper, Link};
use crate::publish::clock::{SystemClock, Timeline};
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, ReadError, StoreError, StoreErrorKind};
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::{Cursor, Extent};
use crate::task::Handle;

/// Maximum time for which publishing and subscribing wait for a connection.
pub(super) const WAIT: Duration = Duration::from_secs(5);

/// Pause before a request is made again that the server cannot execute at the moment.
const PAUSE: Duration = Duration::from_millis(50);

/// A part of what is on a server, of which one node has all if the server is a cluster.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "redis"), allow(dead_code, reason = "other servers have all parts"))]
pub(super) enum Part<'a> {
    Channel(&'a str),
    #[cfg(all(feature = "durable", feature = "websocket"))]
    Clients,
}

/// A server that keeps events and orders those of a channel.
pub(super) trait Server: Send + Sync + 'static {
    type Link: Link;

    /// Returns the address and the connection; a cluster has others for its nodes.
    fn contact(&self) -> &Contact<Self::Link>;

    /// Keeps the connections.
    fn keep(shared: Arc<Shared<Self>>) -> BoxFuture<'static, ()>
    where
        Self: ClientServer + Sized,
    {
        async move {
            let dropped = shared.dropped.clone();
            dropped.run_until_cancelled(connection::keep(Arc::clone(&shared))).await;
            shared.server.contact().down(None);
        }
        .boxed()
    }

    /// Waits until the server can be used, or for an error that does not pass.
    fn started(&self, within: Duration) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.contact().started(within)
    }

    /// Waits for a connection to the node of a part.
    fn link(
        &self,
        _part: Part<'_>,
        within: Duration,
    ) -> impl Future<Output = Result<Self::Link, StoreError>> + Send {
        self.contact().link(within)
    }

    /// Returns the time since there is no connection to the node of a part.
    #[cfg(all(feature = "durable", feature = "websocket"))]
    fn absence(&self, _part: Part<'_>) -> Option<Duration> {
        self.contact().absence()
    }

    /// Returns the error because of which there is no connection to the node of a part.
    fn error(&self, _part: Part<'_>) -> StoreError {
        self.contact().error()
    }

    /// Returns `true` if a part is at the node of a connection, as far as this process knows.
    fn is_at(&self, _link: &Self::Link, _part: Part<'_>) -> bool {
        true
    }

    /// Returns `true` if the node of a connection still announces the events of a channel that were subscribed to.
    fn is_announced(&self, _link: &Self::Link, _channel: &str) -> bool {
        true
    }

    /// Makes the connection of that number, and looks at the server. Announced events are passed
    /// to `announce`.
    fn connect(
        &self,
        number: u64,
        announce: Announce<Self>,
    ) -> impl Future<Output = Result<Self::Link, StoreError>> + Send
    where
        Self: Sized;

    /// Begins to receive the announcements of channels. What is appended behind the next request
    /// over the connection is announced.
    fn subscribe(
        &self,
        link: &Self::Link,
        channels: &[Arc<str>],
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Ends the announcements of channels.
    fn unsubscribe(
        &self,
        link: &Self::Link,
        channels: &[Arc<str>],
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Looks at the server once in a round of comparisons; without channels there was none.
    /// Returns `false` if the connection is lost.
    fn look(&self, link: &Self::Link, has_channels: bool) -> impl Future<Output = bool> + Send;

    /// Appends an event. Its number is behind `known` if the server does not have the channel.
    fn append(
        &self,
        link: Self::Link,
        event: &NewEvent,
        known: u64,
    ) -> impl Future<Output = Result<Appended, PublishError>> + Send;

    /// Returns the extent of a channel, which is begun if it does not exist, behind `known`.
    fn extent(
        &self,
        link: &Self::Link,
        channel: &str,
        known: u64,
    ) -> impl Future<Output = Result<Extent, CallError>> + Send;

    /// Reads events of a channel up to that number of bytes together.
    fn read(
        &self,
        link: &Self::Link,
        channel: &str,
        first: u64,
        last: u64,
        bytes: u64,
    ) -> impl Future<Output = Result<Found, CallError>> + Send;

    /// Returns the failure that an acknowledged event survives by the server's present settings.
    fn durability(&self) -> Durability;
}

/// A server: without durable iterators there are no clients that it has to know.
#[cfg(not(all(feature = "durable", feature = "websocket")))]
pub(super) trait ClientServer: Server {}

#[cfg(not(all(feature = "durable", feature = "websocket")))]
impl<S: Server> ClientServer for S {}

/// Result of appending an event.
pub(super) enum Appended {
    /// The event has that id; the oldest one has that number.
    New(EventId, u64),
    /// An event of that idempotency key exists.
    Known(EventId),
    #[cfg(feature = "redis")]
    TooManyKeys,
}

/// Events that were read.
pub(super) enum Found {
    Events(Vec<(EventId, Record)>),
    /// The first one alone has that number of bytes.
    TooLarge(u64),
}

/// An event as it was announced.
pub(super) struct Announced {
    pub(super) id: EventId,
    /// Number of the oldest event.
    pub(super) earliest: u64,
    pub(super) record: Record,
}

/// The recipient of announced events.
pub(super) struct Announce<S>(Weak<Shared<S>>);

impl<S> Clone for Announce<S> {
    fn clone(&self) -> Self {
        Self(Weak::clone(&self.0))
    }
}

impl<S: Server> Announce<S> {
    /// Returns the server; `None` once the store is dropped.
    #[cfg(feature = "redis")]
    pub(super) fn server(&self) -> Option<impl std::ops::Deref<Target = S>> {
        self.0.upgrade().map(ServerOf)
    }

    /// Adds an event that was announced.
    pub(super) fn announce(&self, channel: &str, event: Announced) {
        if let Some(shared) = self.0.upgrade()
            && let Some(followed) = shared.copies.announce(channel, event)
        {
            shared.copies.is_behind(&followed);
        }
    }

    /// Notes that events of a channel are no longer announced.
    #[cfg(feature = "redis")]
    pub(super) fn is_silent(&self, channel: &str) {
        if let Some(shared) = self.0.upgrade() {
            shared.copies.is_silent(channel);
        }
    }

    /// Notes that clients were revoked.
    #[cfg(all(feature = "durable", feature = "websocket"))]
    pub(super) fn announce_clients(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.registry.notice();
        }
    }
}

#[cfg(feature = "redis")]
struct ServerOf<S>(Arc<Shared<S>>);

#[cfg(feature = "redis")]
impl<S> std::ops::Deref for ServerOf<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0.server
    }
}

/// Stores events on a server.
pub(super) struct CopiedStore<S> {
    shared: Arc<Shared<S>>,
    /// Threads that wait for events that are only on the server.
    pool: Pool,
}

pub(super) struct Shared<S> {
    pub(super) server: S,
    copies: Copies,
    #[cfg(all(feature = "durable", feature = "websocket"))]
    registry: registry::Registry,
    max_staleness: Duration,
    /// Events that are being published.
    publishing: TaskTracker,
    is_closed: AtomicBool,
    /// Cancelled once the store is dropped.
    pub(super) dropped: CancellationToken,
}

impl<S: ClientServer> CopiedStore<S> {
    /// Connects to a server.
    pub(super) async fn open(server: S, settings: &Settings) -> Result<Self, StoreError> {
        let timeline = Timeline::new(Arc::new(SystemClock::default()));
        let channels = Channels::new(timeline, settings.limits, settings.max_channels);
        let shared = Arc::new(Shared {
            server,
            copies: Copies::new(channels),
            #[cfg(all(feature = "durable", feature = "websocket"))]
            registry: registry::Registry::default(),
            max_staleness: settings.max_staleness,
            publishing: TaskTracker::new(),
            is_closed: AtomicBool::new(false),
            dropped: CancellationToken::new(),
        });
        let runtime = Handle::current();
        let (fetching, handle) = (Arc::clone(&shared), runtime.clone());
        let fetch = move |wanted, bytes| fetching.fetch_blocking(&handle, wanted, bytes);
        let pool = Pool::start(settings.replay_bytes, Arc::new(fetch)).map_err(|error| {
            let message = "no thread can be started that reads events";
            StoreError::caused_by(StoreErrorKind::Unavailable, message, error)
        })?;
        let store = Self { shared: Arc::clone(&shared), pool };
        runtime.spawn(S::keep(Arc::clone(&shared)));
        shared.server.started(settings.connect_timeout).await?;
        Ok(store)
    }
}

impl<S: Server> Shared<S> {
    /// Ends readers that have not heard from the server for too long.
    pub(super) fn expire(&self) {
        self.copies.expire(self.max_staleness, |name| self.server.error(Part::Channel(name)));
        #[cfg(all(feature = "durable", feature = "websocket"))]
        self.registry.expire(self.max_staleness);
    }

    /// Ends the announcements of channels without readers.
    async fn forget_unread(&self, link: &S::Link) -> Result<(), CallError> {
        let names = self.copies.remove_unread(|name| self.server.is_at(link, Part::Channel(name)));
        if names.is_empty() {
            return Ok(());
        }
        self.server.unsubscribe(link, &names).await?;
        // A reader that has opened one of them again meanwhile may have subscribed before.
        for name in names {
            self.copies.is_silent(&name);
        }
        Ok(())
    }

    async fn publish(self: Arc<Self>, event: NewEvent) -> Result<EventId, PublishError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(PublishError::Closed);
        }
        let _publishing = self.publishing.token();
        let part = Part::Channel(&event.channel);
        let link = self.server.link(part, WAIT).await.map_err(PublishError::Failed)?;
        let known = self.known(&event.channel);
        match self.server.append(link.clone(), &event, known).await? {
            Appended::New(id, earliest) => {
                // Readers of this process see it now, even before it is announced.
                let record = Record::of(&event);
                let announced = Announced { id, earliest, record };
                if let Some(followed) = self.copies.announce(&event.channel, announced)
                    && keeper::refresh(&self, &link, &followed).await.is_err()
                {
                    // It is tried again by the task that compares.
                    self.copies.is_behind(&followed);
                }
                Ok(id)
            }
            Appended::Known(id) => Ok(id),
            #[cfg(feature = "redis")]
            Appended::TooManyKeys => Err(PublishError::TooManyKeys),
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
        let since = Instant::now();
        loop {
            let part = Part::Channel(&channel);
            let left = WAIT.saturating_sub(since.elapsed());
            let link = self.server.link(part, left).await.map_err(OpenError::Store)?;
            let refreshed = keeper::refresh(&self, &link, &followed);
            match keeper::answered(&link, refreshed).await {
                Some(Ok(())) => break,
                // Another connection is made.
                Some(Err(CallError::Lost(_))) | None if since.elapsed() < WAIT => {}
                Some(Err(CallError::Lost(error))) => return Err(OpenError::Store(error)),
                None => return Err(OpenError::Store(self.server.error(part))),
                Some(Err(CallError::Refused(error))) => {
                    pause(error, since, WAIT).await.map_err(OpenError::Store)?;
                }
            }
        }
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

    /// Begins to receive the announcements of a channel over a connection, unless they are.
    async fn follow(&self, link: &S::Link, followed: &Followed) -> Result<(), CallError> {
        let name = &followed.channel.name;
        if followed.link.load(Ordering::Acquire) != link.number()
            || !self.server.is_announced(link, name)
        {
            self.server.subscribe(link, &[Arc::clone(name)]).await?;
            followed.link.store(link.number(), Ordering::Release);
        }
        Ok(())
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
        let since = Instant::now();
        loop {
            let part = Part::Channel(&followed.channel.name);
            let left = self.max_staleness.saturating_sub(since.elapsed());
            let link = self.server.link(part, left).await.map_err(ReadError::Store)?;
            match self.read(&link, &followed, wanted, bytes).await {
                Ok(fetched) => return Ok(fetched),
                Err(CallError::Lost(error)) if since.elapsed() >= self.max_staleness => {
                    return Err(ReadError::Store(error));
                }
                Err(CallError::Lost(_)) => {}
                Err(CallError::Refused(error)) => {
                    pause(error, since, self.max_staleness).await.map_err(ReadError::Store)?;
                }
            }
        }
    }

    async fn read(
        &self,
        link: &S::Link,
        followed: &Arc<Followed>,
        wanted: Wanted,
        bytes: u64,
    ) -> Result<Fetched, CallError> {
        let Wanted { first, last, .. } = wanted;
        let channel = &followed.channel.name;
        let events = match self.server.read(link, channel, first, last, bytes).await? {
            Found::Events(events) => events,
            Found::TooLarge(bytes) => return Ok(Fetched::TooLarge(bytes)),
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

/// Waits before a request is made again that was refused. Returns the error if it does not pass, or has not passed within
/// that time.
async fn pause(error: StoreError, since: Instant, within: Duration) -> Result<(), StoreError> {
    let passes = error.kind() == StoreErrorKind::Unavailable;
    if !passes || since.elapsed().saturating_add(PAUSE * 2) >= within {
        return Err(error);
    }
    clock::sleep(PAUSE).await;
    Ok(())
}

/// Returns the epoch of a channel that begins anew.
pub(super) fn fresh_epoch() -> Result<Epoch, StoreError> {
    Epoch::random().map_err(|error| {
        let message = "the system gives no random numbers";
        StoreError::caused_by(StoreErrorKind::Unavailable, message, error)
    })
}

impl<S: ClientServer> Keeper for Shared<S> {
    type Link = S::Link;

    fn contact(&self) -> &Contact<S::Link> {
        self.server.contact()
    }

    async fn connect(self: Arc<Self>, number: u64) -> Result<S::Link, StoreError> {
        self.server.connect(number, Announce(Arc::downgrade(&self))).await
    }

    async fn tend(&self, link: &S::Link) {
        self.tend_link(link).await;
    }

    fn disconnected(&self) {
        self.expire();
    }
}

impl<S: ClientServer> Shared<S> {
    /// Uses a connection until it is lost.
    pub(super) async fn tend_link(&self, link: &S::Link) {
        #[cfg(all(feature = "durable", feature = "websocket"))]
        {
            // One of them notices first that the connection is lost.
            let both = (
                std::pin::pin!(keeper::tend(self, link)),
                std::pin::pin!(registry::tend(self, link)),
            );
            futures::future::select(both.0, both.1).await;
        }
        #[cfg(not(all(feature = "durable", feature = "websocket")))]
        keeper::tend(self, link).await;
    }

    /// Returns the recipient of announced events.
    #[cfg(feature = "redis")]
    pub(super) fn announce(self: &Arc<Self>) -> Announce<S> {
        Announce(Arc::downgrade(self))
    }
}

impl<S: ClientServer> Store for CopiedStore<S> {
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
        self.shared.server.durability()
    }

    fn channels(&self) -> usize {
        self.shared.copies.channels.len()
    }

    #[cfg(all(feature = "durable", feature = "websocket"))]
    fn clients(&self) -> Option<Arc<dyn crate::publish::ClientRegistry>> {
        Some(Arc::new(registry::Clients(Arc::clone(&self.shared))))
    }
}

impl<S> Drop for CopiedStore<S> {
    fn drop(&mut self) {
        self.shared.dropped.cancel();
        self.shared.copies.channels.close();
    }
}
