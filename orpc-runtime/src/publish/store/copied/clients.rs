//! Clients of durable iterators on a server: the requests about them, and their answers.

use std::sync::Arc;
use std::time::Duration;

use super::Server;
use crate::connection::CallError;
use crate::publish::{Admission, Verdict};

/// Number of bytes of an entry beside its text, as measured on Redis 7.
pub(in crate::publish::store) const ENTRY_BYTES: usize = 400;

/// Maximum number of bytes of the revocations on the server.
pub(in crate::publish::store) const REVOKED_BYTES: usize = 16 << 20;

/// Maximum number of bytes of the ids that clients chose, on the server.
pub(in crate::publish::store) const CHOSEN_BYTES: usize = 128 << 20;

/// A server that knows the clients of durable iterators as well.
pub(in crate::publish::store) trait ClientServer: Server {
    /// Begins to announce that clients are revoked, over a connection.
    fn watch_clients(
        &self,
        link: &Self::Link,
    ) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Returns `true` if the node of a connection still announces revocations that were watched.
    fn are_clients_announced(&self, _link: &Self::Link) -> bool {
        true
    }

    /// Returns some of the clients that were revoked behind a position, or of all revoked ones.
    fn revoked(
        &self,
        link: &Self::Link,
        behind: Option<&Position>,
    ) -> impl Future<Output = Result<Revoked, CallError>> + Send;

    /// Revokes a client for a time, or for longer if it is revoked.
    fn revoke(
        &self,
        link: &Self::Link,
        client: &ClientKey,
        time: Duration,
    ) -> impl Future<Output = Result<Revoking, CallError>> + Send;

    /// Answers an admission, in one step: of two that exclude each other one is refused.
    fn admit(
        &self,
        link: &Self::Link,
        admission: &Admission,
    ) -> impl Future<Output = Result<Verdict, CallError>> + Send;
}

/// Channel and id of a client, as one text: the length of the channel's name, a colon, both.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::publish::store) struct ClientKey(Arc<str>);

impl ClientKey {
    pub(in crate::publish::store) fn new(channel: &str, id: &str) -> Self {
        Self(format!("{}:{channel}{id}", channel.len()).into())
    }

    /// Reads what [`text`](ClientKey::text) returns.
    pub(in crate::publish::store) fn read(text: &str) -> Option<Self> {
        let client = Self(text.into());
        client.parts().is_some().then_some(client)
    }

    pub(in crate::publish::store) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn parts(&self) -> Option<(&str, &str)> {
        let (length, rest) = self.0.split_once(':')?;
        rest.split_at_checked(length.parse().ok()?)
    }
}

/// A position among the revocations of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::publish::store) struct Position {
    /// Name of the revocations of the server, which is another one if they were lost.
    pub(in crate::publish::store) epoch: String,
    pub(in crate::publish::store) number: u64,
}

/// Revocations that were read.
pub(in crate::publish::store) struct Revoked {
    /// Position behind them.
    pub(in crate::publish::store) position: Position,
    /// `true` if they are the first of all, though a position was given: the server has lost those of before.
    pub(in crate::publish::store) is_anew: bool,
    pub(in crate::publish::store) is_last: bool,
    /// Clients, and the times that are left.
    pub(in crate::publish::store) clients: Vec<(ClientKey, Duration)>,
}

/// Outcome of revoking a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::publish::store) enum Revoking {
    Done,
    Full,
}
