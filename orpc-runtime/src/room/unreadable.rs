//! Failures to read the channel of a room or of a presence.

use std::fmt;

use crate::core::Error;
use crate::publish::{ReadError, SubscribeError};

/// Failure to read a channel. No [`std::error::Error`], as [`SubscribeError`] is none: it converts to an [`Error`].
#[derive(Debug, Clone)]
pub(super) enum Unreadable {
    Subscribe(SubscribeError),
    Read(ReadError),
}

impl Unreadable {
    /// Returns `true` if the publisher is closed.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Subscribe(SubscribeError::Closed) | Self::Read(ReadError::Closed))
    }

    /// Returns `true` if another attempt fails as well.
    pub(super) fn is_final(&self) -> bool {
        self.is_closed() || matches!(self, Self::Subscribe(SubscribeError::InvalidChannel))
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscribe(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
        }
    }
}

impl From<SubscribeError> for Unreadable {
    fn from(error: SubscribeError) -> Self {
        Self::Subscribe(error)
    }
}

impl From<ReadError> for Unreadable {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl From<Unreadable> for Error {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::Subscribe(error) => error.into(),
            Unreadable::Read(error) => error.into(),
        }
    }
}
