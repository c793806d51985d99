//! Headers of responses that channels carry beside results: those that clients of the official packages read.

use http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};

use super::durable::{DURABLE_ITERATOR, POSITION};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// Headers of a response that tell of a rate limit.
#[derive(Debug)]
pub(crate) struct RateHeaders {
    /// Number of calls that may follow each other at once.
    pub(crate) limit: u32,
    /// Number of calls that are allowed now.
    pub(crate) remaining: u32,
    /// Time when one more call is allowed, in milliseconds since 1970.
    pub(crate) reset: u64,
    /// Seconds until then, if the call is refused.
    pub(crate) retry_after: Option<u64>,
}

impl RateHeaders {
    /// Sets the headers.
    pub(crate) fn set(&self, headers: &mut HeaderMap) {
        let values = [
            (LIMIT, Some(self.limit.into())),
            (REMAINING, Some(self.remaining.into())),
            (RESET, Some(self.reset)),
            (RETRY_AFTER, self.retry_after),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from(value));
            }
        }
    }
}

/// Result that headers are carried with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CarriedWith {
    Output,
    /// The beginning of an iterator.
    Events,
    Error,
}

/// Returns the headers of a response that a channel carries.
pub(crate) fn carried(headers: &HeaderMap, with: CarriedWith) -> HeaderMap {
    if headers.is_empty() {
        return HeaderMap::new();
    }
    let own = match with {
        CarriedWith::Output => Some(DURABLE_ITERATOR),
        CarriedWith::Events => Some(POSITION),
        CarriedWith::Error => None,
    };
    let names = own.into_iter().chain([LIMIT, REMAINING, RESET, RETRY_AFTER]);
    names.filter_map(|name| Some((name.clone(), headers.get(&name)?.clone()))).collect()
}
