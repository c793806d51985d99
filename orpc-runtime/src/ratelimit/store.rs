//! Stores of buckets.

use futures::future::BoxFuture;

use super::quota::{Quota, Taken};

/// Error of a store, whatever it is.
pub type TakeError = Box<dyn std::error::Error + Send + Sync>;

/// A store of buckets of tokens, by keys.
///
/// Those of this crate are in memory and on a Redis server. Implement it for another server, and give it to
/// [`RateLimiterBuilder::store`](super::RateLimiterBuilder::store).
pub trait Store: Send + Sync + 'static {
    /// Takes a token from the bucket of a key, which is full at first.
    ///
    /// It is one step: of two callers that ask for the last token at once, one is refused. Dropping the future may or may
    /// not have taken the token.
    ///
    /// # Errors
    /// If it is not known whether there is a token.
    fn take<'a>(&'a self, key: &'a str, quota: Quota) -> BoxFuture<'a, Result<Taken, TakeError>>;
}

impl<S: Store + ?Sized> Store for std::sync::Arc<S> {
    fn take<'a>(&'a self, key: &'a str, quota: Quota) -> BoxFuture<'a, Result<Taken, TakeError>> {
        (**self).take(key, quota)
    }
}
