//! Stores under test, and a clock that tests set.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{
    Clock, Durability, EventId, Gap, IntoStart, Published, Publisher, PublisherBuilder, ReadError,
    Start, Subscription,
};

/// The events of these tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    pub n: u64,
}

/// A clock that tests set.
#[derive(Clone)]
pub struct Hands(Arc<Mutex<(Duration, SystemTime)>>);

impl Hands {
    fn new() -> Self {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        Self(Arc::new(Mutex::new((Duration::ZERO, wall))))
    }

    /// Advances the clock.
    pub fn pass(&self, time: Duration) {
        let mut hands = self.0.lock().unwrap();
        hands.0 += time;
        hands.1 += time;
    }

    /// Sets the wall clock forward.
    pub fn set_forward(&self, time: Duration) {
        self.0.lock().unwrap().1 += time;
    }

    /// Sets the wall clock back.
    pub fn set_back(&self, time: Duration) {
        self.0.lock().unwrap().1 -= time;
    }
}

impl Clock for Hands {
    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().0
    }

    fn wall(&self) -> SystemTime {
        self.0.lock().unwrap().1
    }
}

/// A store of events, which can be reopened.
pub struct World {
    pub durability: Durability,
    folder: tempfile::TempDir,
    pub hands: Hands,
    /// The server, if the events are on one.
    #[cfg(any(feature = "nats", feature = "redis"))]
    server: Option<super::servers::Server>,
}

pub const RETENTION: Duration = Duration::from_secs(160);

/// Maximum age of an event beyond the retention.
pub const SLACK: Duration = Duration::from_secs(10);

impl World {
    pub fn new(durability: Durability) -> Self {
        Self {
            durability,
            folder: tempfile::tempdir().unwrap(),
            hands: Hands::new(),
            #[cfg(any(feature = "nats", feature = "redis"))]
            server: None,
        }
    }

    /// A store on a Redis server.
    #[cfg(feature = "redis")]
    pub async fn redis() -> Self {
        let server = crate::support::redis::RedisServer::start().await;
        Self::on(super::servers::Server::Redis(server))
    }

    /// A store on a NATS server.
    #[cfg(feature = "nats")]
    pub async fn nats() -> Self {
        Self::on(super::servers::Server::Nats(crate::support::nats::NatsServer::start().await))
    }

    /// A store on a Redis cluster, of which other tests have other parts.
    #[cfg(feature = "redis")]
    pub async fn cluster() -> Self {
        Self::on(super::servers::Server::Cluster(crate::support::redis::Shared::new().await))
    }

    #[cfg(any(feature = "nats", feature = "redis"))]
    fn on(server: super::servers::Server) -> Self {
        Self { server: Some(server), ..Self::new(Durability::Memory) }
    }

    /// Returns `true` if the events are on a server, for as long as it runs.
    pub fn is_on_server(&self) -> bool {
        #[cfg(any(feature = "nats", feature = "redis"))]
        return self.server.is_some();
        #[cfg(not(any(feature = "nats", feature = "redis")))]
        false
    }

    /// Removes all events, while no publisher is open.
    pub async fn wipe(&self) {
        #[cfg(any(feature = "nats", feature = "redis"))]
        if let Some(server) = &self.server {
            return server.wipe().await;
        }
        if self.is_durable() {
            std::fs::remove_file(self.path()).unwrap();
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("events")
    }

    /// Returns `true` if events survive a restart of the publisher.
    pub fn is_durable(&self) -> bool {
        self.durability != Durability::Memory || self.is_on_server()
    }

    pub fn builder(&self) -> PublisherBuilder {
        Publisher::builder().clock(self.hands.clone()).retention(RETENTION)
    }

    pub fn open_with<T>(&self, builder: PublisherBuilder) -> Publisher<T> {
        #[cfg(any(feature = "nats", feature = "redis"))]
        if let Some(server) = &self.server {
            let url = server.url();
            let opening = super::servers::Server::open(builder, server.scheme(), &url);
            let runtime = tokio::runtime::Handle::current();
            return tokio::task::block_in_place(|| runtime.block_on(opening)).unwrap();
        }
        builder.open(self.path(), self.durability).unwrap()
    }

    pub fn open(&self) -> Publisher<Line> {
        self.open_with(self.builder())
    }
}

/// Publishes that many lines, numbered on from `first`.
pub async fn publish(lines: &Publisher<Line>, numbers: std::ops::Range<u64>) -> Vec<EventId> {
    let mut ids = Vec::new();
    for n in numbers {
        ids.push(lines.publish("room", &Line { n }).await.unwrap());
    }
    ids
}

/// Returns the payload of an event.
pub fn number(event: Published<Line>) -> u64 {
    event.value().unwrap().n
}

/// The next event.
pub async fn event(reader: &mut Subscription<Line>) -> Published<Line> {
    let next = tokio::time::timeout(Duration::from_secs(30), reader.next()).await;
    next.expect("no event comes").expect("the stream ends").expect("an error comes")
}

/// The next item, a gap.
pub async fn gap(reader: &mut Subscription<Line>) -> Gap {
    let next = tokio::time::timeout(Duration::from_secs(30), reader.next()).await;
    match next.expect("nothing comes") {
        Some(Err(ReadError::Gap(gap))) => gap,
        other => panic!("{other:?}"),
    }
}

/// All events that a reader gets without waiting, up to a gap.
pub async fn ready(reader: &mut Subscription<Line>) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Some(event) = reader.next_ready().await {
        numbers.push(number(event.unwrap()));
    }
    numbers
}

/// Returns the retained events.
pub async fn retained(lines: &Publisher<Line>) -> Vec<u64> {
    ready(&mut lines.subscribe("room", Start::Earliest).unwrap()).await
}

/// Subscribes, and waits until the store has fixed the position.
pub async fn subscribe<T>(
    lines: &Publisher<T>,
    channel: &str,
    start: impl IntoStart,
) -> Subscription<T> {
    let mut reader = lines.subscribe(channel, start).unwrap();
    reader.opened().await.unwrap();
    reader
}

/// Makes each function a test of each store; those behind the semicolon of each store that no
/// other process uses.
macro_rules! for_each_store {
    ($($name:ident),* $(,)? $(; $($local:ident),* $(,)?)?) => {
        $crate::publish::world::for_each_store!(@ memory
            (World::new(orpc_runtime::publish::Durability::Memory)) $($name)* $($($local)*)?);
        $crate::publish::world::for_each_store!(@ process
            (World::new(orpc_runtime::publish::Durability::Process)) $($name)* $($($local)*)?);
        $crate::publish::world::for_each_store!(@ commit
            (World::new(orpc_runtime::publish::Durability::Commit)) $($name)* $($($local)*)?);
        #[cfg(feature = "nats")]
        $crate::publish::world::for_each_store!(@ nats (World::nats().await) $($name)*);
        #[cfg(feature = "redis")]
        $crate::publish::world::for_each_store!(@ redis (World::redis().await) $($name)*);
        #[cfg(feature = "redis")]
        $crate::publish::world::for_each_store!(@ cluster (World::cluster().await) $($name)*);
    };
    (@ $store:ident ($world:expr) $($name:ident)*) => {
        mod $store {
            #[allow(unused_imports, reason = "a list may be empty")]
            use $crate::publish::world::World;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($world).await;
            })*
        }
    };
}

pub(crate) use for_each_store;
