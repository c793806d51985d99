//! Errors of publishing and subscribing.

use std::fmt;
#[cfg(feature = "redb")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use super::gap::Gap;
use super::id::ParseEventIdError;
use crate::core::{Code, Error, ErrorDeclaration, ErrorEvent, EventError, RpcError};

/// Error of an event that was not published, or its outcome is unknown.
///
/// It implements `std::error::Error`: with `?` a client reads INTERNAL_SERVER_ERROR.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The value cannot be serialised. Nothing was published.
    #[error("the event cannot be serialised: {0}")]
    Unserialisable(String),
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
    InvalidRetryKey,
    /// There are too many channels, or too many idempotency keys of one channel. Nothing was
    /// published.
    #[error("too many {0}")]
    TooMany(&'static str),
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
/// As an RPC error, a malformed id is BAD_REQUEST and the others are
/// SERVICE_UNAVAILABLE.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Error of a store. Cheap to clone.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room left on the disk.
    #[error("there is no room left on the disk")]
    DiskFull(#[source] Arc<std::io::Error>),
    /// Reading, writing or syncing failed.
    #[error("the file of events cannot be used")]
    Io(#[source] Arc<std::io::Error>),
    /// The file is corrupt.
    #[error("the file of events is damaged: {0}")]
    Corrupt(String),
    /// The file has a format that this version does not read.
    #[error(
        "the file of events has format {found}, and this version reads format {expected}: open \
         it with the version that wrote it, or move it away, and a new one is made"
    )]
    Format {
        /// The format of the file.
        found: u32,
        /// Format that this version reads.
        expected: u32,
    },
    /// Another process, or another publisher of this one, has the file open.
    #[error(
        "the file of events {path} is open in another process, or twice in this one: stop the \
         other process first, wait for it with `PublisherBuilder::lock_timeout`, or give this \
         publisher a file of its own",
        path = path.display()
    )]
    InUse {
        /// Path of the file.
        path: PathBuf,
    },
}

#[cfg(feature = "redb")]
impl StoreError {
    /// Adds the path of the file to the error.
    pub(super) fn at(self, path: &Path) -> Self {
        let named = |error: &std::io::Error| {
            Arc::new(std::io::Error::new(error.kind(), format!("{}: {error}", path.display())))
        };
        match self {
            Self::DiskFull(error) => Self::DiskFull(named(&error)),
            Self::Io(error) => Self::Io(named(&error)),
            Self::Corrupt(text) => Self::Corrupt(format!("{}: {text}", path.display())),
            other @ (Self::InUse { .. } | Self::Format { .. }) => other,
        }
    }
}

/// Maximum length of a channel's name, in bytes.
pub(crate) const MAX_CHANNEL_NAME: usize = 512;

/// Maximum length of an idempotency key, in bytes.
pub(crate) const MAX_IDEMPOTENCY_KEY: usize = 256;

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        let is_full = matches!(
            error.kind(),
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
        );
        let error = Arc::new(error);
        if is_full { Self::DiskFull(error) } else { Self::Io(error) }
    }
}

impl fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedId(error) => error.fmt(f),
            Self::InvalidChannel => PublishError::InvalidChannel.fmt(f),
            Self::TooManyChannels => PublishError::TooMany("channels").fmt(f),
            Self::Closed => PublishError::Closed.fmt(f),
        }
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
