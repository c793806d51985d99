//! Errors of publishing and subscribing.

use std::fmt;

use super::gap::Gap;
use super::id::ParseEventIdError;
use crate::core::{Code, Error, ErrorDeclaration, ErrorEvent, EventError, RpcError};
pub use crate::store::{StoreError, StoreErrorKind};

/// Error of an event that was not published, or its outcome is unknown.
///
/// It implements `std::error::Error`: with `?` a client reads INTERNAL_SERVER_ERROR.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The value cannot be serialised. Nothing was published.
    #[error("the event cannot be serialised")]
    Unserialisable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The event is longer than the limit of one event. Nothing was published.
    #[error("the event has {length} bytes, the limit is {limit}")]
    TooLarge {
        /// Length of the event, in bytes.
        length: usize,
        /// Maximum length, in bytes.
        limit: usize,
    },
    /// The name of the channel is empty or too long. Nothing was published.
    #[error("a channel's name has 1 to {MAX_CHANNEL_NAME} bytes")]
    InvalidChannel,
    /// The idempotency key is empty or too long. Nothing was published.
    #[error("an idempotency key has 1 to {MAX_IDEMPOTENCY_KEY} bytes")]
    InvalidIdempotencyKey,
    /// There are too many channels. Nothing was published.
    #[error("too many channels")]
    TooManyChannels,
    /// There are too many idempotency keys of the channel. Nothing was published.
    #[error("too many idempotency keys")]
    TooManyKeys,
    /// The publisher was closed. Nothing was published.
    #[error("the publisher is closed")]
    Closed,
    /// The store could not keep the event. Nothing was published, and earlier events
    /// are unaffected.
    #[error("the event was not published")]
    Failed(#[source] StoreError),
    /// The outcome is unknown: the event may have been published, or may still be.
    /// Publish it again with the same [idempotency key](super::Publish::idempotency_key) to have it
    /// once; without a key it may appear twice.
    #[error("the outcome of publishing is unknown")]
    OutcomeUnknown(#[source] Option<StoreError>),
}

/// Error of a subscription that could not begin.
///
/// A store that has to be asked over a network answers later: then the error is the first item
/// of the [`Subscription`](super::Subscription), a [`ReadError`].
///
/// As an RPC error, a malformed id and an invalid channel are BAD_REQUEST, a failure of the store
/// is an internal error, and the others are SERVICE_UNAVAILABLE.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The Last-Event-ID is not an id of a publisher.
    MalformedId(ParseEventIdError),
    /// The name of the channel is empty or too long.
    InvalidChannel,
    /// There are too many channels.
    TooManyChannels,
    /// The publisher was closed.
    Closed,
    /// The store could not be read.
    Store(StoreError),
}

/// Error of a subscription that has no next event.
///
/// As the error of a stream: a gap is the declared error `EVENT_GAP`, see [`Gap`]; a
/// closed publisher is SERVICE_UNAVAILABLE; a failure of the store is an internal
/// error.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReadError {
    /// Events are missing. The subscription goes on behind the gap.
    Gap(Gap),
    /// The publisher was closed. The subscription ends.
    Closed,
    /// The store could not be read. The subscription ends.
    Store(StoreError),
}

/// Maximum length of a channel's name, in bytes.
pub(crate) const MAX_CHANNEL_NAME: usize = 512;

/// Maximum length of an idempotency key, in bytes.
pub(crate) const MAX_IDEMPOTENCY_KEY: usize = 256;

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedId(error) => error.fmt(f),
            Self::InvalidChannel => PublishError::InvalidChannel.fmt(f),
            Self::TooManyChannels => PublishError::TooManyChannels.fmt(f),
            Self::Closed => PublishError::Closed.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl PublishError {
    /// Creates the error of a channel that has used all numbers of events.
    pub(crate) fn no_numbers() -> Self {
        Self::Failed(StoreError::new(
            StoreErrorKind::Full,
            "the channel has used all numbers of events",
        ))
    }
}

impl From<ParseEventIdError> for SubscribeError {
    fn from(error: ParseEventIdError) -> Self {
        Self::MalformedId(error)
    }
}

// `SubscribeError` does not implement `std::error::Error`, so that `?` preserves its
// code.
impl From<SubscribeError> for Error {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::MalformedId(_) => {
                Self::new(Code::BadRequest).with_message("Malformed last event id")
            }
            SubscribeError::InvalidChannel => {
                Self::new(Code::BadRequest).with_message("Invalid channel")
            }
            SubscribeError::TooManyChannels | SubscribeError::Closed => {
                Self::new(Code::ServiceUnavailable)
            }
            SubscribeError::Store(error) => Self::internal(error),
        }
    }
}

impl RpcError for SubscribeError {
    fn into_error(self) -> Error {
        self.into()
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap(gap) => gap.fmt(f),
            Self::Closed => PublishError::Closed.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl EventError for ReadError {
    fn into_error_event(self) -> ErrorEvent<Error> {
        match self {
            Self::Gap(gap) => gap.into_error_event(),
            Self::Closed => ErrorEvent::new(Error::new(Code::ServiceUnavailable)),
            Self::Store(error) => ErrorEvent::new(Error::internal(error)),
        }
    }

    fn declarations() -> Vec<ErrorDeclaration> {
        Gap::declarations()
    }
}

// As for `SubscribeError`: `?` preserves the code, as in `subscription.opened().await?`.
impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        error.into_error_event().into_parts().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::gap::GapReason;
    use crate::publish::id::{Epoch, EventId};

    #[test]
    fn errors_of_readers_keep_their_codes_as_errors_of_calls() {
        let store = StoreError::new(StoreErrorKind::Unavailable, "no disk");
        let gap = Gap::new(
            GapReason::Trimmed,
            EventId::new(Epoch::of(1), 7),
            EventId::new(Epoch::of(1), 9),
        );
        for (error, code, status) in [
            (ReadError::Gap(gap), "EVENT_GAP", 410),
            (ReadError::Closed, "SERVICE_UNAVAILABLE", 503),
            (ReadError::Store(store), "INTERNAL_SERVER_ERROR", 500),
        ] {
            let error = Error::from(error);
            assert_eq!((error.code(), error.status()), (code, status));
        }
    }
}
