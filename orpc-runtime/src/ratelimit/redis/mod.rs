//! Buckets on a Redis server, which several processes share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use redis::Script;
use tokio_util::sync::CancellationToken;

use super::quota::{Quota, Taken};
use super::store::{Store, TakeError};
use crate::clock::{self, Instant};
use crate::connection::{self, CallError, Contact, Keeper, PATIENCE};
use crate::redis_server::{Info, Link, Node, NodeUser, Servers, slot_of_key};
use crate::store::StoreError;
use crate::task::Handle;

/// Time between two looks at the connection.
const ROUND: Duration = Duration::from_secs(1);

/// Time after which a server that cannot be reached is not waited for any more.
const ABSENCE: Duration = Duration::from_secs(1);

/// Maximum time for which a server is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// Buckets on a Redis server, 7.0 or newer: the limiters of all processes that use them hold one limit.
///
/// One script takes a token, as a whole and by the clock of the server, so that neither concurrent calls of several
/// processes nor their clocks exceed the limit. A bucket is a key that expires when it is full again. If the clock of
/// the server is set back, a bucket is empty at most; if it is set forward, buckets are full earlier.
///
/// Clones share one connection, or one to each node of a cluster, which is made again when it is lost. Limiters that share
/// a store need [names](super::RateLimiterBuilder::name) of their own.
#[derive(Clone)]
pub struct RedisStore {
    shared: Arc<Shared>,
    prefix: Arc<str>,
    _dropped: Arc<Guard>,
}

struct Shared {
    servers: Servers,
    take: Script,
}

/// Ends the connection when the last clone is dropped.
struct Guard(CancellationToken);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl RedisStore {
    /// Connects to a server: `redis://user:password@host:port/database`; or to a cluster:
    /// `redis-cluster://user:password@host:port,host:port`. Waits for it up to `timeout`; with [`Duration::MAX`] until
    /// there is one.
    ///
    /// # Errors
    /// If the URL is malformed; if the server refuses the user or is too old; if it cannot be reached in time.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn connect(url: &str, timeout: Duration) -> Result<Self, StoreError> {
        let servers = Servers::new(url)?;
        let take = Script::new(include_str!("take.lua"));
        let shared = Arc::new(Shared { servers, take });
        let dropped = CancellationToken::new();
        let (keeping, ended) = (Arc::clone(&shared), dropped.clone());
        let guard = Arc::new(Guard(dropped));
        Handle::current().spawn(async move {
            match &keeping.servers {
                Servers::One(server) => {
                    ended.run_until_cancelled(connection::keep(Arc::clone(&keeping))).await;
                    server.contact.down(None);
                }
                Servers::Cluster(cluster) => {
                    ended.run_until_cancelled(cluster.keep(&keeping)).await;
                    cluster.end();
                }
            }
        });
        shared.servers.started(timeout).await?;
        Ok(Self { shared, prefix: "orpc:bucket:".into(), _dropped: guard })
    }

    /// Sets the text before the keys of the buckets; `orpc:bucket:` by default.
    #[must_use]
    pub fn key_prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.into();
        self
    }
}

impl Shared {
    async fn take(&self, key: String, quota: Quota) -> Result<Taken, StoreError> {
        let slot = if self.servers.is_cluster() { slot_of_key(&key) } else { 0 };
        let mut taking = self.take.prepare_invoke();
        taking.key(key).arg(quota.interval()).arg(quota.limit());
        let until = Instant::now() + WAIT;
        loop {
            let absence = self.servers.absence(slot);
            let left = until.saturating_duration_since(Instant::now());
            let wait =
                if absence.is_some_and(|time| time > ABSENCE) { Duration::ZERO } else { left };
            let link = self.servers.link(slot, wait).await?;
            // A token that was taken by a request whose answer is lost stays taken.
            match self.servers.invoke::<(u8, u32, u64)>(link.clone(), slot, &taking).await {
                Ok((1, remaining, next)) => {
                    return Ok(Taken::allowed(remaining, Duration::from_micros(next)));
                }
                Ok((0, _, next)) => return Ok(Taken::refused(Duration::from_micros(next))),
                Ok(_) => return Err(self.servers.contact().malformed()),
                // Another connection is made.
                Err(CallError::Lost(_)) if link.is_lost() && Instant::now() < until => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Store for RedisStore {
    fn take<'a>(&'a self, key: &'a str, quota: Quota) -> BoxFuture<'a, Result<Taken, TakeError>> {
        let key = format!("{}{key}", self.prefix);
        async move { self.shared.take(key, quota).await.map_err(Into::into) }.boxed()
    }
}

async fn inspect(link: Link, info: Info) -> Result<(), StoreError> {
    link.warn_of_eviction(&info, "the buckets of rate limits");
    Ok(())
}

async fn tend(link: &Link) {
    while link.is_alive().await {
        clock::sleep(ROUND).await;
    }
    tracing::debug!(address = link.address(), ?PATIENCE, "Redis does not answer in time");
}

impl Keeper for Shared {
    type Link = Link;

    fn contact(&self) -> &Contact<Link> {
        self.servers.contact()
    }

    async fn connect(self: Arc<Self>, number: u64) -> Result<Link, StoreError> {
        match &self.servers {
            Servers::One(server) => server.connect(number, None, inspect).await,
            // Its nodes are connected to one by one.
            Servers::Cluster(cluster) => Err(cluster.contact().silent()),
        }
    }

    async fn tend(&self, link: &Link) {
        tend(link).await;
    }
}

impl NodeUser for Shared {
    async fn connect(self: &Arc<Self>, node: &Node) -> Result<Link, StoreError> {
        node.connect(None, inspect).await
    }

    async fn tend(&self, link: &Link) {
        tend(link).await;
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("address", &self.shared.servers.contact().address())
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
