//! Clients of channels that all processes of a store know: revoked ones, and ids that are bound to
//! tokens.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::future::BoxFuture;

use super::error::StoreError;

/// The clients that the processes of one store share.
pub(crate) trait ClientRegistry: Send + Sync + 'static {
    /// Tells a watcher of revocations from now on, by whichever process.
    fn watch(&self, watcher: Weak<dyn ClientWatcher>);

    /// Asks the store about a client; binds its id if that is wanted.
    fn admit(&self, admission: Admission) -> BoxFuture<'static, Result<Verdict, StoreError>>;

    /// Revokes a client for a time. From the call on this process refuses it; once the future is
    /// ready, every process. If the store cannot be reached, it is told later.
    fn revoke(
        &self,
        channel: &str,
        id: &str,
        time: Duration,
    ) -> BoxFuture<'static, Result<(), StoreError>>;

    /// Returns `true` if this process knows that a client is revoked.
    fn is_revoked(&self, channel: &str, id: &str) -> bool;
}

/// The open sockets of clients.
pub(crate) trait ClientWatcher: Send + Sync + 'static {
    /// Called for a revoked client, perhaps several times.
    fn revoked(&self, channel: &str, id: &str);

    /// Called when the store may have lost ids that are bound.
    fn unbound(self: Arc<Self>);

    /// Called when the store cannot be reached for too long: who was revoked since is not known.
    fn unreachable(&self);
}

/// A client that asks to be admitted.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    pub(crate) channel: Arc<str>,
    pub(crate) id: Arc<str>,
    /// `None` if the token names the id.
    pub(crate) choice: Option<Choice>,
}

/// An id that the client chose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    /// Hash of the token, which is valid with one id.
    pub(crate) token: [u8; 32],
    /// Hash of what the token grants: the id belongs to it.
    pub(crate) grant: [u8; 32],
    /// `true` if the grant replaces the one that the id belongs to.
    pub(crate) is_renewal: bool,
    /// Time for which the id is bound to the token; `None` if nothing is stored.
    pub(crate) bound: Option<Duration>,
}

/// Answer to an [`Admission`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admitted,
    /// The token is bound to another id, or the id to another grant.
    Taken,
    Revoked,
    /// There is no room for another id.
    Full,
}
