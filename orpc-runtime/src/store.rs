//! Errors of stores: of files and of servers.

use std::fmt;
use std::sync::Arc;

/// Error of a store. Cheap to clone.
///
/// Programs decide by its [`kind`](StoreError::kind). Its message says what has failed, and what
/// to do about it; the error of the file or of the server below it is its
/// [`source`](std::error::Error::source).
#[derive(Debug, Clone)]
pub struct StoreError(Arc<Failure>);

#[derive(Debug)]
struct Failure {
    kind: StoreErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Kind of a [`StoreError`], which is the same for every store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store cannot be reached, read or written. It may pass.
    Unavailable,
    /// There is no room left. Stored events are unaffected.
    Full,
    /// Somebody else uses the store, which has one user at a time.
    InUse,
    /// The stored data differ from what was written.
    Damaged,
    /// The stored data have a format that this version does not read, or the server is one
    /// that it does not know.
    Incompatible,
    /// The server refuses the user, its password or a command, or its address is not one.
    Refused,
}

impl StoreError {
    /// Creates an error without a source.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Failure { kind, message: message.into(), source: None }))
    }

    /// Creates an error with the error that caused it.
    pub(crate) fn caused_by(
        kind: StoreErrorKind,
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let source = Some(source.into());
        Self(Arc::new(Failure { kind, message: message.into(), source }))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> StoreErrorKind {
        self.0.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
