//! Settings of a publisher, and the stores that it opens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, SystemClock, Timeline};
#[cfg(feature = "redb")]
use super::durability::Durability;
#[cfg(any(feature = "redb", feature = "redis"))]
use super::error::StoreError;
use super::log::Limits;
use super::publisher::Publisher;
#[cfg(feature = "redb")]
use super::store::{Disk, FileStore, SystemDisk};
use super::store::{MemoryStore, Store};
#[cfg(feature = "redis")]
use super::store::{RedisStore, Settings};

/// Configuration of a [`Publisher`]'s retention and limits.
#[derive(Clone)]
pub struct PublisherBuilder {
    /// `None` for the clocks of the system.
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(crate) retention: Duration,
    pub(crate) max_events: u64,
    pub(crate) max_bytes: u64,
    pub(super) max_total_bytes: Option<u64>,
    pub(super) max_event: usize,
    pub(super) max_channels: usize,
    pub(super) lock_timeout: Duration,
    pub(super) replay_bytes: u64,
    pub(super) key_prefix: String,
    pub(super) connect_timeout: Duration,
    pub(super) max_staleness: Duration,
}

impl Default for PublisherBuilder {
    fn default() -> Self {
        Self {
            clock: None,
            retention: Duration::from_secs(300),
            max_events: 10_000,
            max_bytes: 16 << 20,
            max_total_bytes: None,
            max_event: 1 << 20,
            max_channels: 100_000,
            lock_timeout: Duration::ZERO,
            replay_bytes: 32 << 20,
            key_prefix: "orpc".to_owned(),
            connect_timeout: Duration::from_secs(10),
            max_staleness: Duration::from_secs(30),
        }
    }
}

impl PublisherBuilder {
    /// Sets the time for which an event is retained; 300 s by default. It is trimmed
    /// when it is at most a sixteenth of that older. At least a millisecond.
    ///
    /// The age of events is measured while the process runs. In a file they also age
    /// while it does not, by the wall clock: no time passes if that was set back, and
    /// at most the retention if it was set forward.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention.max(Duration::from_millis(1));
        self
    }

    /// Sets the maximum number of retained events of one channel; 10,000 by default.
    /// Beyond that the oldest sixteenth is trimmed. At least one.
    #[must_use]
    pub fn max_events(mut self, events: u64) -> Self {
        self.max_events = events.max(1);
        self
    }

    /// Sets the maximum number of bytes of the retained events of one channel; 16 MiB
    /// by default. Beyond that the oldest sixteenth is trimmed; the newest event is
    /// always retained.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the maximum number of bytes of the retained events of all channels
    /// together; 256 MiB in memory and 4 GiB in a file by default. Beyond that the
    /// oldest events of all channels are trimmed, and readers that have not read them
    /// get a gap. One event, or one write to a file, may exceed it for a moment.
    #[must_use]
    pub fn max_total_bytes(mut self, bytes: u64) -> Self {
        self.max_total_bytes = Some(bytes);
        self
    }

    /// Sets the maximum length of one serialised event, in bytes; 1 MiB by default.
    #[must_use]
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.max_event = bytes;
        self
    }

    /// Sets the maximum number of channels at once; 100,000 by default. A channel
    /// exists while it has readers or events, and for one retention after that.
    #[must_use]
    pub fn max_channels(mut self, channels: usize) -> Self {
        self.max_channels = channels;
        self
    }

    /// Sets the clocks, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    fn timeline(&self) -> Timeline {
        let system = || Arc::new(SystemClock::default()) as Arc<dyn Clock>;
        Timeline::new(self.clock.clone().unwrap_or_else(system))
    }

    /// Creates a publisher that keeps its events in memory: they end with the process,
    /// and each start has a new epoch.
    pub fn memory<T>(self) -> Publisher<T> {
        let limits = Limits::in_memory(self.retention, self.max_events, self.max_bytes)
            .with_total(self.max_total_bytes.unwrap_or(256 << 20));
        let timeline = self.timeline();
        let store = MemoryStore::new(timeline, limits, self.max_channels);
        Publisher::with_store(Arc::new(store), self.max_event)
    }

    /// Creates a publisher on a store of a module above.
    pub(crate) fn on<T>(self, store: Arc<dyn Store>) -> Publisher<T> {
        Publisher::with_store(store, self.max_event)
    }
}

#[cfg(feature = "redb")]
impl PublisherBuilder {
    /// Sets the time for which [`open`](PublisherBuilder::open) waits for a file that
    /// another process has open, such as the old process of a rolling deployment; zero by
    /// default. It blocks the thread.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout;
        self
    }

    /// Opens a publisher that keeps its events in a file, which is created if it does
    /// not exist. Every page and event of it is checked, which takes time and blocks
    /// the thread. One publisher at a time has it open; dropping the last clone waits
    /// until it is closed. A file is created under the name `<path>.new` and renamed
    /// once it is complete: a start may be interrupted at any moment.
    ///
    /// A file that can be read but not written, as on a full disk, is opened: its
    /// events can be read, and publishing fails until there is room.
    ///
    /// If events are damaged or lost, readers positioned before them get a gap, and the
    /// reason is logged. Beside the file there is another one, `<path>.mark`, by which a
    /// restored copy is distinguished from the original.
    ///
    /// # Errors
    /// If the file cannot be opened, is in use for longer than the
    /// [`lock_timeout`](PublisherBuilder::lock_timeout), or is so corrupt that nothing
    /// can be read from it. It is left unchanged: move it away to start with an empty
    /// file. With [`Durability::Memory`] there is no file, and no error.
    pub fn open<T>(
        self,
        path: impl AsRef<std::path::Path>,
        durability: Durability,
    ) -> Result<Publisher<T>, StoreError> {
        if durability == Durability::Memory {
            return Ok(self.memory());
        }
        let syncs = durability == Durability::Commit;
        self.open_disk(Box::new(SystemDisk::new(path.as_ref())), syncs)
    }

    pub(super) fn open_disk<T>(
        self,
        disk: Box<dyn Disk>,
        syncs: bool,
    ) -> Result<Publisher<T>, StoreError> {
        let limits = Limits::in_file(self.retention, self.max_events, self.max_bytes)
            .with_total(self.max_total_bytes.unwrap_or(4 << 30));
        let timeline = self.timeline();
        let (channels, patience) = (self.max_channels, self.lock_timeout);
        let store =
            FileStore::open(disk, syncs, timeline, limits, channels, patience, self.replay_bytes)?;
        Ok(Publisher::with_store(Arc::new(store), self.max_event))
    }
}

#[cfg(any(feature = "redb", feature = "redis"))]
impl PublisherBuilder {
    /// Sets the maximum number of bytes in memory of events that were read back from the
    /// file or the server and not yet delivered, for all subscriptions together; 32 MiB by default.
    /// Beyond that the subscriptions that have not taken an event for the longest time lose
    /// their buffers, and read again when they continue. At least one event.
    #[must_use]
    pub fn replay_bytes(mut self, bytes: u64) -> Self {
        self.replay_bytes = bytes;
        self
    }
}

#[cfg(feature = "redis")]
impl PublisherBuilder {
    /// Sets the prefix of all keys on a Redis server; `orpc` by default. Publishers with the
    /// same prefix and database share their channels.
    #[must_use]
    pub fn key_prefix(mut self, prefix: &str) -> Self {
        self.key_prefix = prefix.to_owned();
        self
    }

    /// Sets the time for which [`redis`](PublisherBuilder::redis) waits for the server; 10 s by
    /// default. With [`Duration::MAX`] it waits until there is one.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the time after which subscriptions end with
    /// [`StoreErrorKind::Unavailable`](super::StoreErrorKind::Unavailable) if the server cannot
    /// be reached; 30 s by default. Until then they wait for it, and continue where they were;
    /// with [`Duration::MAX`] always.
    #[must_use]
    pub fn max_staleness(mut self, time: Duration) -> Self {
        self.max_staleness = time;
        self
    }

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
        let settings = Settings {
            limits: Limits::in_file(self.retention, self.max_events, self.max_bytes),
            max_channels: self.max_channels,
            replay_bytes: self.replay_bytes,
            prefix: self.key_prefix,
            connect_timeout: self.connect_timeout,
            max_staleness: self.max_staleness,
            clock: self.clock,
        };
        let store = RedisStore::open(url, settings).await?;
        Ok(Publisher::with_store(Arc::new(store), self.max_event))
    }
}

impl fmt::Debug for PublisherBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublisherBuilder")
            .field("retention", &self.retention)
            .field("max_events", &self.max_events)
            .field("max_bytes", &self.max_bytes)
            .field("max_total_bytes", &self.max_total_bytes)
            .field("max_event", &self.max_event)
            .field("max_channels", &self.max_channels)
            .field("lock_timeout", &self.lock_timeout)
            .field("replay_bytes", &self.replay_bytes)
            .field("key_prefix", &self.key_prefix)
            .field("connect_timeout", &self.connect_timeout)
            .field("max_staleness", &self.max_staleness)
            .finish_non_exhaustive()
    }
}
