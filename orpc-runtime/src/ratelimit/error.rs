//! Errors of rate limits.

use std::fmt;
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::store::TakeError;
use crate::core::{Code, Error, ErrorDeclaration, RpcError};

/// Maximum length of a key, in bytes.
pub(super) const MAX_KEY: usize = 512;

/// Reason why a limiter does not allow a call.
///
/// A middleware that returns it declares TOO_MANY_REQUESTS with [`RateLimitData`] to clients, which know the error by its
/// type. With `?` in a function that returns [`Error`] the same error is not declared.
#[derive(Debug)]
#[non_exhaustive]
pub enum RateLimitError {
    /// There were too many calls of the key: TOO_MANY_REQUESTS.
    Exceeded(Exceeded),
    /// The key is longer than 512 bytes: BAD_REQUEST.
    KeyTooLong,
    /// The store could not tell in time, and the limiter
    /// [refuses](super::OnFailure::Refuse) calls then: an internal error.
    Store(TakeError),
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    pub(super) limit: u32,
    pub(super) retry_after: Duration,
    pub(super) reset: SystemTime,
}

/// Data of the error, as clients read it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct RateLimitData {
    /// Number of calls that may follow each other at once.
    pub limit: u32,
    /// Number of calls that are allowed now: none.
    pub remaining: u32,
    /// Time when the next call is allowed, in milliseconds since 1970.
    pub reset: f64,
}

impl Exceeded {
    /// Returns the number of calls that may follow each other at once.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Returns the time until the next call is allowed.
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }

    /// Returns the time when the next call is allowed.
    pub fn reset(&self) -> SystemTime {
        self.reset
    }

    /// Returns the data for clients.
    pub fn data(&self) -> RateLimitData {
        // A number of JavaScript holds the milliseconds of 285,000 years.
        let reset = reset_millis(self.reset) as f64;
        RateLimitData { limit: self.limit, remaining: 0, reset }
    }
}

/// Returns the milliseconds since 1970, rounded up.
pub(super) fn reset_millis(reset: SystemTime) -> u64 {
    let since = reset.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}

impl fmt::Display for RateLimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exceeded(exceeded) => {
                let Exceeded { limit, retry_after, .. } = exceeded;
                write!(f, "the limit of {limit} calls is reached for {retry_after:?}")
            }
            Self::KeyTooLong => write!(f, "a key of a rate limit has at most {MAX_KEY} bytes"),
            Self::Store(error) => write!(f, "the store of a rate limit failed: {error}"),
        }
    }
}

/// The store did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("the store of rate limits did not answer within {0:?}")]
pub(super) struct Silent(pub(super) Duration);

// `RateLimitError` does not implement `std::error::Error`, so that `?` preserves its code.
impl From<RateLimitError> for Error {
    fn from(error: RateLimitError) -> Self {
        match error {
            RateLimitError::Exceeded(exceeded) => {
                Self::new(Code::TooManyRequests).with_data(&exceeded.data())
            }
            RateLimitError::KeyTooLong => {
                Self::new(Code::BadRequest).with_message("The key of the rate limit is too long")
            }
            RateLimitError::Store(error) => Self::internal(error),
        }
    }
}

impl RpcError for RateLimitError {
    fn into_error(self) -> Error {
        self.into()
    }

    fn declarations() -> Vec<ErrorDeclaration> {
        vec![ErrorDeclaration::new(Code::TooManyRequests.as_str()).with_data::<RateLimitData>()]
    }
}
