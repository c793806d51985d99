//! Errors of a file of events.

use std::error::Error as _;
use std::io;
use std::path::Path;

use crate::publish::error::{StoreError, StoreErrorKind};

/// Returns the error of a file whose content is not what was written.
pub(super) fn damaged(reason: &str) -> StoreError {
    let message = format!("the file is damaged: {reason}");
    StoreError::new(StoreErrorKind::Damaged, message)
}

/// Returns the error of a file of another format.
pub(super) fn incompatible(found: u32, expected: u32) -> StoreError {
    let message = format!(
        "the file of events has format {found}, and this version reads format {expected}: open \
         it with the version that wrote it, or move it away, and a new one is made"
    );
    StoreError::new(StoreErrorKind::Incompatible, message)
}

/// Returns the error of a file that another publisher has open.
pub(super) fn in_use(path: &Path) -> StoreError {
    let message = format!(
        "the file of events {path} is open in another process, or twice in this one: stop the \
         other process first, wait for it with `PublisherBuilder::lock_timeout`, or give this \
         publisher a file of its own",
        path = path.display()
    );
    StoreError::new(StoreErrorKind::InUse, message)
}

/// Adds the path of the file to an error.
pub(super) fn at(error: &StoreError, path: &Path) -> StoreError {
    let (kind, message, path) = (error.kind(), error.to_string(), path.display());
    match error.source() {
        Some(source) => StoreError::caused_by(kind, message, format!("{path}: {source}")),
        None if kind == StoreErrorKind::InUse => error.clone(),
        None => StoreError::new(kind, format!("{message} ({path})")),
    }
}

/// Returns `true` if the file itself failed, and may be usable when it is opened again.
pub(crate) fn may_pass(error: &StoreError) -> bool {
    matches!(error.kind(), StoreErrorKind::Unavailable | StoreErrorKind::Full)
}

/// Errors of reading, writing and syncing.
impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let message = "there is no room left on the disk";
                Self::caused_by(StoreErrorKind::Full, message, error)
            }
            _ => {
                let message = "the file of events cannot be used";
                Self::caused_by(StoreErrorKind::Unavailable, message, error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_file_once() {
        let path = Path::new("/events");
        assert_eq!(at(&in_use(path), path).to_string(), in_use(path).to_string());
        assert_eq!(in_use(path).to_string().matches("/events").count(), 1);
        let damaged = at(&damaged("a page"), path);
        assert_eq!(damaged.kind(), StoreErrorKind::Damaged);
        assert_eq!(damaged.to_string(), "the file is damaged: a page (/events)");
        let full = at(&io::Error::from(io::ErrorKind::StorageFull).into(), path);
        assert_eq!(full.kind(), StoreErrorKind::Full);
        assert_eq!(full.to_string(), "there is no room left on the disk");
        assert!(full.source().unwrap().to_string().starts_with("/events: "), "{full:?}");
    }

    #[test]
    fn a_file_that_is_damaged_or_another_process_has_is_not_opened_again() {
        let of = |kind| StoreError::new(kind, "told".to_owned());
        for kind in [StoreErrorKind::Unavailable, StoreErrorKind::Full] {
            assert!(may_pass(&of(kind)), "{kind:?}");
        }
        for kind in [
            StoreErrorKind::InUse,
            StoreErrorKind::Damaged,
            StoreErrorKind::Incompatible,
            StoreErrorKind::Refused,
        ] {
            assert!(!may_pass(&of(kind)), "{kind:?}");
        }
    }
}
