//! One server or a cluster, for those who ask about keys.

use std::time::Duration;

use redis::{FromRedisValue, ScriptInvocation};

use super::url::{self, Place};
use super::{Cluster, Failed, Link, Server};
use crate::clock::{self, Instant};
use crate::connection::{CallError, Contact, Link as _};
use crate::store::StoreError;

/// Maximum time for which a request is repeated at other nodes.
const WAIT: Duration = Duration::from_secs(5);

/// Pause before a request is repeated at the same node.
const PAUSE: Duration = Duration::from_millis(50);

/// One server, or a cluster.
pub(crate) enum Servers {
    One(Box<Server>),
    Cluster(Cluster),
}

impl Servers {
    /// Reads the URL of a server or of a cluster.
    pub(crate) fn new(url: &str) -> Result<Self, StoreError> {
        Ok(match url::read(url)? {
            Place::One(info) => Self::One(Box::new(Server::alone(*info)?)),
            Place::Cluster(seeds) => Self::Cluster(Cluster::new(seeds)?),
        })
    }

    /// Returns the address and the connection; a cluster has others for its nodes.
    pub(crate) fn contact(&self) -> &Contact<Link> {
        match self {
            Self::One(server) => &server.contact,
            Self::Cluster(cluster) => cluster.contact(),
        }
    }

    /// Waits for a connection, of a cluster to some node, or for an error that does not pass.
    pub(crate) async fn started(&self, within: Duration) -> Result<(), StoreError> {
        match self {
            Self::One(server) => server.contact.started(within).await,
            Self::Cluster(cluster) => cluster.started(within).await,
        }
    }

    pub(crate) fn is_cluster(&self) -> bool {
        matches!(self, Self::Cluster(_))
    }

    /// Returns the addresses of the servers that are known.
    pub(crate) fn addresses(&self) -> Vec<String> {
        match self {
            Self::One(server) => vec![server.address().to_owned()],
            Self::Cluster(cluster) => cluster.addresses(),
        }
    }

    /// Returns the number of the database.
    pub(crate) fn database(&self) -> i64 {
        match self {
            Self::One(server) => server.database(),
            Self::Cluster(_) => 0,
        }
    }

    /// Waits for a connection to the server of a slot.
    pub(crate) async fn link(&self, slot: u16, within: Duration) -> Result<Link, StoreError> {
        match self {
            Self::One(server) => server.contact.link(within).await,
            Self::Cluster(cluster) => cluster.link(slot, within).await,
        }
    }

    /// Returns the time since there is no connection to the server of a slot.
    pub(crate) fn absence(&self, slot: u16) -> Option<Duration> {
        match self {
            Self::One(server) => server.contact.absence(),
            Self::Cluster(cluster) => cluster.absence(slot),
        }
    }

    /// Returns the error because of which there is no connection to the server of a slot.
    pub(crate) fn error(&self, slot: u16) -> StoreError {
        match self {
            Self::One(server) => server.contact.error(),
            Self::Cluster(cluster) => cluster.error(slot),
        }
    }

    /// Returns `true` if a slot is at the server of a connection, as far as this process knows.
    pub(crate) fn is_at(&self, link: &Link, slot: u16) -> bool {
        match self {
            Self::One(_) => true,
            Self::Cluster(cluster) => cluster.is_at(link, slot),
        }
    }

    /// Invokes a script at the server of a slot. A request that was not executed is repeated at the node that has the slot
    /// now.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        mut link: Link,
        slot: u16,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, CallError> {
        let since = Instant::now();
        let mut is_first = true;
        loop {
            let error = match link.try_invoke(script).await {
                Ok(answer) => return Ok(answer),
                Err(Failed::Call(error)) => return Err(error),
                Err(Failed::Elsewhere(error)) => error,
            };
            let Some(left) = WAIT.checked_sub(since.elapsed() + PAUSE) else {
                return Err(CallError::Refused(error));
            };
            let before = link.number();
            // Nodes may name each other while a slot is moved.
            if !std::mem::take(&mut is_first) || self.is_at(&link, slot) {
                clock::sleep(PAUSE).await;
            }
            link = self.link(slot, left).await.map_err(CallError::Refused)?;
            if link.number() == before {
                clock::sleep(PAUSE).await;
            }
        }
    }
}
