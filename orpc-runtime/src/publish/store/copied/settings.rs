//! Settings of publishers on a server.

use std::sync::Arc;
use std::time::Duration;

use crate::publish::PublisherBuilder;
use crate::publish::clock::Clock;
use crate::publish::log::Limits;

/// Settings of a store on a server.
pub(in crate::publish::store) struct Settings {
    pub(in crate::publish::store) limits: Limits,
    pub(super) max_channels: usize,
    pub(super) replay_bytes: u64,
    pub(in crate::publish::store) prefix: String,
    pub(super) connect_timeout: Duration,
    pub(super) max_staleness: Duration,
    /// A clock instead of that of the server.
    pub(in crate::publish::store) clock: Option<Arc<dyn Clock>>,
}

/// Longest retention, a hundred years: servers count the time that is left in signed numbers.
const MAX_RETENTION: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Settings {
    pub(in crate::publish::store) fn of(builder: &PublisherBuilder) -> Self {
        let retention = builder.retention.min(MAX_RETENTION);
        let limits = Limits::in_file(retention, builder.max_events, builder.max_bytes);
        Self {
            limits,
            max_channels: builder.max_channels,
            replay_bytes: builder.replay_bytes,
            prefix: builder.key_prefix.clone(),
            connect_timeout: builder.connect_timeout,
            max_staleness: builder.max_staleness,
            clock: builder.clock.clone(),
        }
    }
}

impl PublisherBuilder {
    /// Sets the prefix of all names on a server: of the keys of Redis, of the stream and the subjects
    /// of NATS; `orpc` by default. Publishers with the same prefix share their channels.
    #[must_use]
    pub fn key_prefix(mut self, prefix: &str) -> Self {
        self.key_prefix = prefix.to_owned();
        self
    }

    /// Sets the time for which opening waits for the server; 10 s by
    /// default. With [`Duration::MAX`] it waits until there is one.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the time after which subscriptions end with
    /// [`StoreErrorKind::Unavailable`](crate::publish::StoreErrorKind::Unavailable) if the server cannot
    /// be reached; 30 s by default. Until then they wait for it, and continue where they were;
    /// with [`Duration::MAX`] always.
    #[must_use]
    pub fn max_staleness(mut self, time: Duration) -> Self {
        self.max_staleness = time;
        self
    }
}
