//! Publishers on a Redis server.

use std::sync::Arc;
use std::time::Duration;

use super::{RedisStore, Settings};
use crate::publish::error::StoreError;
use crate::publish::log::Limits;
use crate::publish::{Publisher, PublisherBuilder};

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
    /// [`StoreErrorKind::Unavailable`](crate::publish::StoreErrorKind::Unavailable) if the server cannot
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
            prefix: self.key_prefix.clone(),
            connect_timeout: self.connect_timeout,
            max_staleness: self.max_staleness,
            clock: self.clock.clone(),
        };
        let store = RedisStore::open(url, settings).await?;
        Ok(self.on(Arc::new(store)))
    }
}
