//! Settings of a publisher. The stores beside that in memory add those of their own.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::{Clock, SystemClock, Timeline};
use super::log::Limits;
use super::publisher::Publisher;
use super::store::{MemoryStore, Store};

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
    /// at most the retention if it was set forward. A server keeps events for a hundred
    /// years at most.
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

    pub(super) fn timeline(&self) -> Timeline {
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
        self.on(Arc::new(store))
    }

    /// Creates a publisher on a store.
    pub(crate) fn on<T>(self, store: Arc<dyn Store>) -> Publisher<T> {
        Publisher::with_store(store, self.max_event)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Each is kept by those that follow it.
    #[test]
    fn settings_are_those_that_were_set() {
        let builder = PublisherBuilder::default()
            .retention(Duration::from_secs(1))
            .max_events(2)
            .max_bytes(3)
            .max_total_bytes(4)
            .max_event_bytes(5)
            .max_channels(6);
        #[cfg(feature = "redb")]
        let builder = builder.lock_timeout(Duration::from_secs(7));
        #[cfg(any(feature = "redb", feature = "redis"))]
        let builder = builder.replay_bytes(8);
        #[cfg(feature = "redis")]
        let builder = builder
            .key_prefix("nine")
            .connect_timeout(Duration::from_secs(12))
            .max_staleness(Duration::from_secs(11));
        let shown = format!("{builder:?}");
        let of_memory = "retention: 1s, max_events: 2, max_bytes: 3, max_total_bytes: Some(4), \
                         max_event: 5, max_channels: 6,";
        assert!(shown.starts_with(&format!("PublisherBuilder {{ {of_memory}")), "{shown}");
        #[cfg(feature = "redb")]
        assert!(shown.contains("lock_timeout: 7s, replay_bytes: 8,"), "{shown}");
        #[cfg(feature = "redis")]
        let of_redis = "key_prefix: \"nine\", connect_timeout: 12s, max_staleness: 11s, ..";
        #[cfg(feature = "redis")]
        assert!(shown.contains(of_redis), "{shown}");
        // At least a millisecond, and one event.
        let (least, one) = (builder.clone().retention(Duration::ZERO), builder.max_events(0));
        assert_eq!((least.retention, one.max_events), (Duration::from_millis(1), 1));
    }
}
