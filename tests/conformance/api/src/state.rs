//! State that the procedures share.

#[cfg(not(target_family = "wasm"))]
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(not(target_family = "wasm"))]
use std::time::Duration;

#[cfg(not(target_family = "wasm"))]
use orpc_runtime::durable::{Durable, SigningKeys};
use orpc_runtime::publish::Publisher;
#[cfg(not(target_family = "wasm"))]
use orpc_runtime::publish::{Durability, PublisherBuilder, StoreError};
#[cfg(not(target_family = "wasm"))]
use orpc_runtime::stateful::{HostedRoom, RoomHandle, StatefulRooms, StorageError};
use orpc_runtime::{Call, Code, Error};

use crate::api::Publication;
#[cfg(not(target_family = "wasm"))]
use crate::api::room::{Room, RoomMessage};
#[cfg(not(target_family = "wasm"))]
use crate::api::store::StoredRoom;

/// Maximum number of events that wait for the slowest reader, beside the 16 MiB of a channel; one
/// that falls further behind gets an error.
const BACKLOG: u64 = 16 * 1024;

/// Number of events of a channel that its publisher retains; tests exceed it.
const RETAINED: u64 = 100;

/// The events of `publisher.*`: any JSON.
pub type Events = Publisher<serde_json::Value>;

/// Returns the publisher of `publisher.*`, in memory.
pub fn events_in_memory() -> Events {
    Publisher::builder().max_events(RETAINED).memory()
}

/// Opens the publisher of `publisher.*`, in a file with that durability.
///
/// # Errors
/// If the file cannot be opened.
#[cfg(not(target_family = "wasm"))]
pub fn open_events(path: &Path, durability: Durability) -> Result<Events, StoreError> {
    Publisher::builder().max_events(RETAINED).open(path, durability)
}

/// Opens the publisher of `publisher.*` on a NATS or a Redis server, which other processes use as
/// well.
///
/// # Errors
/// If the server cannot be used.
#[cfg(not(target_family = "wasm"))]
pub async fn open_shared_events(url: &str) -> Result<Events, StoreError> {
    on_server(Publisher::builder().max_events(RETAINED), url).await
}

/// The events of rooms.
#[cfg(not(target_family = "wasm"))]
pub type RoomEvents = Publisher<RoomMessage>;

/// Opens the publisher of rooms on a NATS or a Redis server, beside that of `publisher.*`.
///
/// # Errors
/// If the server cannot be used.
#[cfg(not(target_family = "wasm"))]
pub async fn open_shared_rooms(url: &str) -> Result<RoomEvents, StoreError> {
    on_server(Publisher::builder().key_prefix("rooms"), url).await
}

/// The kinds of servers that keep events.
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Clone, Copy)]
pub enum Server {
    /// Redis, or a cluster of it.
    Redis,
    /// NATS with JetStream.
    Nats,
}

/// Returns the kind of server that the scheme of a URL names.
#[cfg(not(target_family = "wasm"))]
pub fn server(scheme: &str) -> Option<Server> {
    match &*scheme.to_ascii_lowercase() {
        "redis" | "rediss" | "redis-cluster" | "rediss-cluster" => Some(Server::Redis),
        "nats" | "tls" => Some(Server::Nats),
        _ => None,
    }
}

#[cfg(not(target_family = "wasm"))]
async fn on_server<T: 'static>(
    builder: PublisherBuilder,
    url: &str,
) -> Result<Publisher<T>, StoreError> {
    match url.split_once("://").and_then(|(scheme, _)| server(scheme)) {
        Some(Server::Nats) => builder.nats(url).await,
        Some(Server::Redis) | None => builder.redis(url).await,
    }
}

/// State that all calls share.
#[derive(Debug)]
pub struct State {
    pub(crate) publications: Publisher<Publication>,
    pub(crate) messages: Publisher<String>,
    pub(crate) publisher: Events,
    pub(crate) live_ticks: Gauge,
    pub(crate) live_waits: Gauge,
    /// The rooms, whose sockets have an endpoint of their own.
    #[cfg(not(target_family = "wasm"))]
    pub rooms: Durable<Room>,
    #[cfg(not(target_family = "wasm"))]
    stored: StatefulRooms<StoredRoom>,
}

/// The tests know it, and what it signs is worth nothing.
#[cfg(not(target_family = "wasm"))]
const ROOM_KEY: &str = "the key of the conformance server";

/// The settings of the tokens of rooms.
#[cfg(not(target_family = "wasm"))]
#[derive(Debug, Clone, Copy)]
pub struct RoomTokens {
    /// The time that they are good.
    pub ttl: Duration,
    /// `true` if clients choose their ids.
    pub ids_by_clients: bool,
}

impl State {
    /// Returns the state of a server with those tokens for rooms, those publishers, and the file
    /// in which rooms keep their entries, or none.
    ///
    /// # Errors
    /// If the file cannot be opened.
    #[cfg(not(target_family = "wasm"))]
    pub fn new(
        tokens: RoomTokens,
        publisher: Events,
        rooms: RoomEvents,
        file: Option<&Path>,
    ) -> Result<Self, StorageError> {
        let keys = SigningKeys::new([ROOM_KEY]).unwrap_or_else(|error| panic!("{error}"));
        let rooms = Durable::new(keys, rooms).ttl(tokens.ttl);
        let rooms = if tokens.ids_by_clients { rooms.ids_by_clients() } else { rooms };
        // Alarms of rooms are events.
        let events = publisher.clone();
        let lend = move |room: RoomHandle| room.with_host(events.clone());
        let stored = match file {
            Some(path) => StatefulRooms::open_with(path, lend)?,
            None => StatefulRooms::memory_with(lend),
        };
        Ok(Self::with(publisher, rooms, stored))
    }

    /// Returns the state of a worker, which has no rooms.
    #[cfg(target_family = "wasm")]
    pub fn in_memory() -> Self {
        Self::with(events_in_memory())
    }

    fn with(
        publisher: Events,
        #[cfg(not(target_family = "wasm"))] rooms: Durable<Room>,
        #[cfg(not(target_family = "wasm"))] stored: StatefulRooms<StoredRoom>,
    ) -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            rooms,
            #[cfg(not(target_family = "wasm"))]
            stored,
            publications: Publisher::builder().max_events(BACKLOG).memory(),
            messages: Publisher::builder().max_events(BACKLOG).memory(),
            publisher,
            live_ticks: Gauge::default(),
            live_waits: Gauge::default(),
        }
    }
}

/// The context of one call: the shared state, and who calls.
#[derive(Debug)]
pub struct Session {
    pub(crate) state: Arc<State>,
    caller: Option<String>,
}

impl Session {
    /// Creates the session of a call: `authorization: Bearer <name>` makes the caller
    /// `<name>`.
    pub fn new(state: Arc<State>, call: &Call) -> Self {
        Self { state, caller: call.bearer_token().map(str::to_owned) }
    }

    /// Returns the room that keeps entries.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn room(&self, name: &str) -> Arc<HostedRoom<StoredRoom>> {
        self.state.stored.get(name)
    }

    /// Returns the caller's name.
    pub(crate) fn caller(&self) -> Result<&str, Error> {
        self.caller.as_deref().ok_or_else(|| Error::new(Code::Unauthorized))
    }
}

/// A number of things alive at this moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct Gauge(Arc<AtomicUsize>);

impl Gauge {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts one for as long as the guard lives.
    pub(crate) fn enter(&self) -> GaugeGuard {
        self.0.fetch_add(1, Ordering::SeqCst);
        GaugeGuard(self.clone())
    }
}

/// Counts one in a [`Gauge`].
#[derive(Debug)]
pub(crate) struct GaugeGuard(Gauge);

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}
