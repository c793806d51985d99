//! redb, opened and guarded: what it panics about is an error.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Builder, Database};

use super::disk::Disk;
use super::file::{Backend, EventFile};
use crate::publish::error::StoreError;

/// How many bytes redb keeps of its pages. The operating system keeps them as well.
const CACHE: usize = 16 << 20;

/// An open file of events and the database in it.
pub(super) struct Opened {
    pub(super) file: Arc<EventFile>,
    pub(super) database: Database,
}

/// What the writer has open, for readers as well. None while it cannot be used.
#[derive(Clone, Default)]
pub(super) struct Current(Arc<RwLock<Option<Opened>>>);

impl Opened {
    /// Opens a file and checks every page of it.
    pub(super) fn open(
        disk: &dyn Disk,
        syncs: bool,
        unsynced: &[(u64, Vec<u8>)],
    ) -> Result<Self, StoreError> {
        let file = EventFile::open(disk, syncs, unsynced)?;
        let backend = Backend(Arc::clone(&file));
        let database = guarded(|| {
            Builder::new()
                .set_cache_size(CACHE)
                .set_check_integrity_on_open(true)
                .create_with_backend(backend)
                .map_err(failure)
        });
        match database {
            Ok(database) => Ok(Self { file, database }),
            Err(error) => {
                file.retire();
                Err(error)
            }
        }
    }
}

impl Current {
    /// Looks at what is open.
    pub(super) fn with<R>(&self, look: impl FnOnce(&Opened) -> R) -> Option<R> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }

    /// Puts something in the place of what is open.
    pub(super) fn set(&self, opened: Opened) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(opened);
    }

    /// Takes what is open away, once nobody reads from it.
    pub(super) fn take(&self) -> Option<Opened> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Runs what may panic about a file that does not hold together.
pub(super) fn guarded<R>(run: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    StoreError::Corrupt(crate::procedure::panic_text(panic).to_owned())
}

/// An error of redb.
pub(super) fn failure(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Io(error) => error.into(),
        redb::Error::DatabaseAlreadyOpen => StoreError::InUse,
        error => StoreError::Corrupt(error.to_string()),
    }
}
