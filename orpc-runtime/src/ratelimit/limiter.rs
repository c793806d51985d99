//! Limiters and their settings.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::error::{Exceeded, MAX_KEY, RateLimitError, Silent, reset_millis};
use super::key::by_address;
use super::memory::MemoryStore;
use super::quota::{Quota, Taken};
#[cfg(feature = "redis")]
use super::redis::RedisStore;
use super::store::Store;
use crate::clock::{self, TimerInstant as Instant};
use crate::procedure::Call;
#[cfg(feature = "redis")]
use crate::store::StoreError;
use crate::wire::RateHeaders;

/// A limit of the calls of each key, such as a client's address or a user. Clones share it.
///
/// Each key has a bucket of `limit` tokens. A call takes one; they come back evenly, all within `per`. So a client may send
/// `limit` calls at once, and over a longer time as many per `per`.
#[derive(Clone)]
pub struct RateLimiter(Arc<Limiter>);

struct Limiter {
    /// Distinguishes it from others in what a call has passed.
    number: u64,
    quota: Quota,
    name: String,
    /// Beginning of its keys in the store.
    prefix: String,
    key: Arc<KeyOf>,
    on_failure: OnFailure,
    timeout: Duration,
    max_wait: Duration,
    store: Box<dyn Store>,
}

type KeyOf = dyn Fn(&Call) -> String + Send + Sync;

/// Reaction of a limiter to a store that fails or does not answer in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OnFailure {
    /// Calls fail with an internal error. This is the default.
    #[default]
    Refuse,
    /// Calls are allowed, without a limit, and a warning is logged.
    Allow,
}

/// Configuration of a [`RateLimiter`].
#[derive(Clone)]
pub struct RateLimiterBuilder {
    limit: u32,
    per: Duration,
    name: String,
    key: Arc<KeyOf>,
    on_failure: OnFailure,
    timeout: Duration,
    max_wait: Duration,
    memory_limit: usize,
    #[cfg(feature = "redis")]
    connect_timeout: Duration,
}

impl Default for RateLimiterBuilder {
    fn default() -> Self {
        Self {
            limit: 60,
            per: Duration::from_secs(60),
            name: String::new(),
            key: Arc::new(by_address),
            on_failure: OnFailure::default(),
            timeout: Duration::from_secs(1),
            max_wait: Duration::ZERO,
            memory_limit: 16 << 20,
            #[cfg(feature = "redis")]
            connect_timeout: Duration::from_secs(10),
        }
    }
}

impl RateLimiterBuilder {
    /// Sets the number of calls that may follow each other at once, and that are allowed again in the time of
    /// [`per`](RateLimiterBuilder::per); 60 by default. At least one.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = limit;
        self
    }

    /// Sets the time in which that many calls are allowed again; 60 s by default. At most a year, and at least a
    /// microsecond for each call; the time of one call is rounded up to whole microseconds.
    #[must_use]
    pub fn per(mut self, per: Duration) -> Self {
        self.per = per;
        self
    }

    /// Sets the name, which distinguishes limiters that share a store; empty by default. The store has their keys behind
    /// the name and a colon.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the key of a call; [`by_address`] by default. Where it depends on the context, pass it to
    /// [`check_key`](RateLimiter::check_key).
    #[must_use]
    pub fn key(mut self, key: impl Fn(&Call) -> String + Send + Sync + 'static) -> Self {
        self.key = Arc::new(key);
        self
    }

    /// Sets the reaction to a store that fails; [`OnFailure::Refuse`] by default.
    #[must_use]
    pub fn on_failure(mut self, reaction: OnFailure) -> Self {
        self.on_failure = reaction;
        self
    }

    /// Sets the time after which a store that does not answer has failed; 1 s by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the time for which a call that is not allowed waits, if it is allowed within that time; zero by default. It is
    /// kept in memory meanwhile.
    #[must_use]
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.max_wait = wait;
        self
    }

    /// Sets the number of bytes of buckets in memory; 16 MiB by default, some 80,000 keys. A bucket takes 192 bytes and its
    /// key; full ones take none.
    ///
    /// If there are more keys, the bucket with the most tokens is forgotten for a new one, never an empty one. While all
    /// are empty, new keys are refused. Both are logged.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// Creates a limiter with its buckets in memory: of this process alone, and full after a restart.
    pub fn memory(self) -> RateLimiter {
        let store = MemoryStore::new(self.memory_limit);
        self.store(store)
    }

    /// Creates a limiter with its buckets in a store, which others may use as well.
    pub fn store(self, store: impl Store) -> RateLimiter {
        static NUMBER: AtomicU64 = AtomicU64::new(0);

        RateLimiter(Arc::new(Limiter {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            quota: Quota::new(self.limit, self.per),
            prefix: prefix_of(&self.name),
            name: self.name,
            key: self.key,
            on_failure: self.on_failure,
            timeout: self.timeout,
            max_wait: self.max_wait,
            store: Box::new(store),
        }))
    }
}

#[cfg(feature = "redis")]
impl RateLimiterBuilder {
    /// Sets the time for which [`redis`](RateLimiterBuilder::redis) waits for the server; 10 s by default. With
    /// [`Duration::MAX`] it waits until there is one.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Creates a limiter with its buckets on a Redis server, 7.0 or newer: all processes with the same
    /// [name](RateLimiterBuilder::name) hold one limit. The URL is `redis://user:password@host:port/database`,
    /// or for a cluster `redis-cluster://user:password@host:port,host:port` with some of its nodes.
    ///
    /// # Errors
    /// If the URL is malformed; if the server refuses the user or is too old; if it cannot be reached within
    /// [`connect_timeout`](RateLimiterBuilder::connect_timeout).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn redis(self, url: &str) -> Result<RateLimiter, StoreError> {
        let store = RedisStore::connect(url, self.connect_timeout).await?;
        Ok(self.store(store))
    }
}

impl RateLimiter {
    /// Returns the settings of a new limiter.
    pub fn builder() -> RateLimiterBuilder {
        RateLimiterBuilder::default()
    }

    /// Returns the limit.
    pub fn quota(&self) -> Quota {
        self.0.quota
    }

    /// Counts a call of its [key](RateLimiterBuilder::key), and tells its client by headers how many are left:
    /// `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset`, and `retry-after` for one that is refused.
    ///
    /// A call that has passed the limiter with the same key already, as behind two middlewares, is not counted again.
    ///
    /// # Errors
    /// If the call is not allowed, or it is not known and the limiter refuses it then.
    pub async fn check(&self, call: &Call) -> Result<(), RateLimitError> {
        let key = (self.0.key)(call);
        self.check_key(call, &key).await
    }

    /// Counts a call of that key, as [`check`](RateLimiter::check) does.
    ///
    /// # Errors
    /// If the call is not allowed, or it is not known and the limiter refuses it then.
    pub async fn check_key(&self, call: &Call, key: &str) -> Result<(), RateLimitError> {
        let number = self.0.number;
        if call.has_passed(number, key) {
            return Ok(());
        }
        let taken = match self.take_or_wait(key).await {
            Ok(taken) => taken,
            Err(RateLimitError::Store(error)) if self.0.on_failure == OnFailure::Allow => {
                tracing::warn!(limiter = self.0.name, %error, "a call is allowed without a rate limit");
                call.pass(number, key);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let limit = self.0.quota.limit();
        let reset = clock::wall() + taken.next();
        let headers = RateHeaders {
            limit,
            remaining: taken.remaining(),
            reset: reset_millis(reset),
            retry_after: (!taken.is_allowed()).then(|| whole_seconds(taken.next())),
        };
        call.response().set_rate_headers(&headers);
        if !taken.is_allowed() {
            let exceeded = Exceeded { limit, retry_after: taken.next(), reset };
            return Err(RateLimitError::Exceeded(exceeded));
        }
        call.pass(number, key);
        Ok(())
    }

    /// Takes a token of that key, without a call: for sockets, tasks and other work.
    ///
    /// # Errors
    /// If the key is too long, or the store fails; there is no [`OnFailure`] here.
    pub async fn take(&self, key: &str) -> Result<Taken, RateLimitError> {
        let Limiter { quota, prefix, timeout, store, .. } = &*self.0;
        if key.len() > MAX_KEY {
            return Err(RateLimitError::KeyTooLong);
        }
        let key = format!("{prefix}{key}");
        let mut taking = store.take(&key, *quota);
        // A store in memory answers at once, and needs no timer.
        let polled = poll_fn(|cx| Poll::Ready(taking.as_mut().poll(cx))).await;
        let taken = match polled {
            Poll::Ready(taken) => taken,
            Poll::Pending => match clock::timeout(*timeout, taking).await {
                Ok(taken) => taken,
                Err(_) => Err(Silent(*timeout).into()),
            },
        };
        taken.map_err(RateLimitError::Store)
    }

    async fn take_or_wait(&self, key: &str) -> Result<Taken, RateLimitError> {
        let started = Instant::now();
        loop {
            let taken = self.take(key).await?;
            let waited = started.elapsed();
            if taken.is_allowed() || waited.saturating_add(taken.next()) > self.0.max_wait {
                return Ok(taken);
            }
            clock::sleep(taken.next()).await;
        }
    }
}

/// Returns the beginning of the keys of a limiter. It ends with its only colon, so that no key, which a client may choose,
/// is that of a limiter with another name.
fn prefix_of(name: &str) -> String {
    format!("{}:", name.replace('%', "%25").replace(':', "%3A"))
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("quota", &self.0.quota)
            .field("name", &self.0.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RateLimiterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiterBuilder")
            .field("limit", &self.limit)
            .field("per", &self.per)
            .field("name", &self.name)
            .field("on_failure", &self.on_failure)
            .field("timeout", &self.timeout)
            .field("max_wait", &self.max_wait)
            .field("memory_limit", &self.memory_limit)
            .finish_non_exhaustive()
    }
}
