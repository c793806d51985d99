//! redb behind a guard: its panics become errors.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use redb::{Builder, Database};

use super::disk::{Disk, RawFile};
use super::error::{damaged, may_pass};
use super::file::{Backend, EventFile, Layout, Remains};
use crate::publish::error::StoreError;

/// Pause before a file that could not be reopened is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// An open file and its database.
pub(crate) struct Opened {
    pub(crate) file: Arc<EventFile>,
    pub(crate) database: Database,
}

/// The open file of a store, for its writer and its readers. Whichever of them finds it
/// unusable opens it again.
#[derive(Clone)]
pub(crate) struct Current(Arc<Shared>);

struct Shared {
    disk: Box<dyn Disk>,
    syncs: bool,
    slot: RwLock<Slot>,
}

struct Slot {
    content: Content,
    /// Number of times that it was reopened, or that this was tried.
    generation: u64,
}

enum Content {
    Opened(Opened),
    /// It could not be opened again.
    Failed {
        remains: Remains,
        error: StoreError,
        at: Instant,
    },
    Closed,
}

impl Opened {
    /// Opens the database of a file, and checks every page of it if its layout says so.
    /// Nothing is written to the file before it is [released](EventFile::release).
    pub(super) fn over(
        remains: Remains,
        syncs: bool,
    ) -> Result<Self, (Option<Remains>, StoreError)> {
        let file = EventFile::hold(remains, syncs);
        if let Err(error) = file.check() {
            return Err((file.retire(), error));
        }
        let file = Arc::new(file);
        let backend = Backend(Arc::clone(&file));
        let layout = file.layout;
        let database = guarded(|| {
            let mut builder = Builder::new();
            if let Some(size) = layout.cache {
                builder.set_cache_size(size);
            }
            builder
                .set_check_integrity_on_open(layout.is_checked)
                .create_with_backend(backend)
                .map_err(failure)
        });
        match database {
            Ok(database) => Ok(Self { file, database }),
            Err(error) => Err((file.retire(), error)),
        }
    }

    /// Fails while writes are held back.
    pub(crate) fn check_writable(&self) -> Result<(), StoreError> {
        let held = || io::Error::other("the file was opened again").into();
        if self.file.is_direct() { Ok(()) } else { Err(held()) }
    }

    /// Stops using the file, and returns the parts needed to reopen it. The database
    /// cannot write any more, not even its shutdown.
    pub(super) fn discard(self) -> Option<Remains> {
        let Self { file, database } = self;
        let remains = file.retire();
        // It may panic, since it cannot write.
        drop(guarded(|| {
            drop(database);
            Ok(())
        }));
        remains
    }
}

impl Current {
    /// Opens a locked file.
    pub(crate) fn open(
        disk: Box<dyn Disk>,
        syncs: bool,
        file: Arc<dyn RawFile>,
        layout: &'static Layout,
    ) -> Result<Self, StoreError> {
        let opened = Opened::over(Remains::of(file, layout), syncs);
        let content = Content::Opened(opened.map_err(|(_, error)| error)?);
        let slot = RwLock::new(Slot { content, generation: 0 });
        Ok(Self(Arc::new(Shared { disk, syncs, slot })))
    }

    /// Reads from the database. If the file fails it is reopened and read once more, so
    /// that a failure of the writer, or a temporary one, does not affect a reader.
    pub(crate) fn read<R>(
        &self,
        look: impl Fn(&Opened) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let (generation, result) = self.try_with(&look);
        match result {
            Err(error) if may_pass(&error) => {
                self.renew(generation)?;
                self.try_with(&look).1
            }
            result => result,
        }
    }

    /// Runs with the open file; returns its generation as well.
    pub(crate) fn try_with<R>(
        &self,
        look: impl FnOnce(&Opened) -> Result<R, StoreError>,
    ) -> (u64, Result<R, StoreError>) {
        let slot = self.0.slot.read().unwrap_or_else(PoisonError::into_inner);
        let result = match &slot.content {
            Content::Opened(opened) => guarded(|| look(opened)),
            Content::Failed { error, .. } => Err(error.clone()),
            Content::Closed => Err(closed()),
        };
        (slot.generation, result)
    }

    /// Reopens the file with its writes held back, unless another thread has done so
    /// since that generation, or has just failed to.
    pub(crate) fn renew(&self, generation: u64) -> Result<(), StoreError> {
        let mut slot = self.0.slot.write().unwrap_or_else(PoisonError::into_inner);
        let remains = match std::mem::replace(&mut slot.content, Content::Closed) {
            Content::Opened(opened) if slot.generation != generation => {
                slot.content = Content::Opened(opened);
                return Ok(());
            }
            Content::Failed { remains, error, at } if PAUSE.checked_sub(at.elapsed()).is_some() => {
                slot.content = Content::Failed { remains, error: error.clone(), at };
                return Err(error);
            }
            Content::Opened(opened) => opened.discard(),
            Content::Failed { remains, .. } => Some(remains),
            Content::Closed => None,
        };
        let Some(mut remains) = remains else { return Err(closed()) };
        slot.generation += 1;
        let is_empty = remains.is_empty().unwrap_or(false);
        let begun = if is_empty { remains.begin_anew() } else { Ok(()) };
        let opened = match begun {
            Ok(()) => Opened::over(remains, self.0.syncs),
            Err(error) => Err((Some(remains), error.into())),
        };
        match opened {
            Ok(opened) => {
                // Its writes are held back until the file is used.
                let prepared = if is_empty {
                    guarded(|| (opened.file.layout.prepare)(&opened.database))
                } else {
                    Ok(())
                };
                slot.content = Content::Opened(opened);
                prepared
            }
            Err((remains, error)) => {
                let file = self.0.disk.path().display();
                tracing::error!(%error, %file, "a file cannot be opened again");
                if let Some(remains) = remains {
                    let (error, at) = (error.clone(), Instant::now());
                    slot.content = Content::Failed { remains, error, at };
                }
                Err(error)
            }
        }
    }

    /// Returns the folder of the file.
    pub(crate) fn disk(&self) -> &dyn Disk {
        &*self.0.disk
    }

    /// Returns `true` if writes go to the file.
    pub(crate) fn is_writable(&self) -> bool {
        let is_direct = |opened: &Opened| Ok(opened.file.is_direct());
        self.try_with(is_direct).1.unwrap_or(false)
    }

    /// Writes everything held back; later writes go directly to the file.
    pub(crate) fn release(&self) -> Result<(), StoreError> {
        let release = |opened: &Opened| Ok(opened.file.release(&*self.0.disk)?);
        let (generation, result) = self.try_with(release);
        if result.is_ok() || !self.has_failed() {
            return result;
        }
        self.renew(generation)?;
        self.try_with(release).1
    }

    /// Returns `true` if the file could not be reopened, or is no longer the one that was
    /// opened.
    fn has_failed(&self) -> bool {
        let slot = self.0.slot.read().unwrap_or_else(PoisonError::into_inner);
        match &slot.content {
            Content::Opened(opened) => opened.file.is_cut_off(),
            Content::Failed { .. } => true,
            Content::Closed => false,
        }
    }

    /// Closes the file, once no thread reads from it.
    pub(crate) fn close(&self) {
        let mut slot = self.0.slot.write().unwrap_or_else(PoisonError::into_inner);
        if let Content::Opened(opened) = std::mem::replace(&mut slot.content, Content::Closed) {
            // A failure here is found when the file is opened again.
            let finish = opened.file.finish();
            drop(guarded(|| {
                drop(opened.database);
                Ok(finish()?)
            }));
        }
    }

    /// Returns `true` if the file was closed.
    pub(crate) fn is_closed(&self) -> bool {
        let slot = self.0.slot.read().unwrap_or_else(PoisonError::into_inner);
        matches!(slot.content, Content::Closed)
    }
}

fn closed() -> StoreError {
    io::Error::other("the file is closed").into()
}

/// Runs code that may panic on a corrupt file.
pub(crate) fn guarded<R>(run: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> StoreError {
    damaged(crate::core::panic_text(panic))
}

/// Converts an error of redb.
pub(crate) fn failure(error: impl Into<redb::Error>) -> StoreError {
    match error.into() {
        redb::Error::Io(error) => error.into(),
        // After a failed read or write, or a panic, redb refuses everything.
        error @ (redb::Error::PreviousIo | redb::Error::LockPoisoned(_)) => {
            io::Error::other(error.to_string()).into()
        }
        error => damaged(&error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::faults::{Fault, Platter};
    use super::super::place::find_or_make;
    use super::*;

    fn opened(platter: &Platter) -> Current {
        let disk = platter.mount();
        let file = find_or_make(&*disk, Duration::ZERO, &Layout::EVENTS).unwrap();
        Current::open(disk, true, file, &Layout::EVENTS).unwrap()
    }

    fn generation(current: &Current) -> u64 {
        current.try_with(|_| Ok(())).0
    }

    #[test]
    fn nothing_is_written_before_the_writes_are_released() {
        let current = opened(&Platter::default());
        let check = || current.try_with(Opened::check_writable).1;
        assert!(check().is_err() && !current.is_writable());
        current.release().unwrap();
        assert!(check().is_ok() && current.is_writable());
        // Readers open the file again with its writes held back.
        current.renew(generation(&current)).unwrap();
        assert!(check().is_err() && !current.is_writable());
        current.close();
        assert!(check().is_err() && current.is_closed());
    }

    #[test]
    fn a_file_that_cannot_be_written_and_is_as_it_was_is_not_opened_again() {
        let platter = Platter::default();
        let current = opened(&platter);
        platter.fail(Fault::FolderSyncs);
        let before = generation(&current);
        current.release().unwrap_err();
        assert_eq!((generation(&current), current.is_writable()), (before, false));
        platter.fail(Fault::None);
        current.release().unwrap();
        assert_eq!((generation(&current), current.is_writable()), (before, true));
    }

    #[test]
    fn a_file_that_could_not_be_opened_again_is_left_alone_for_a_moment() {
        let platter = Platter::default();
        let current = opened(&platter);
        current.release().unwrap();
        // Of an earlier generation: another thread has opened it again.
        let before = generation(&current);
        current.renew(before + 1).unwrap();
        assert_eq!(generation(&current), before);
        platter.fail(Fault::Reads);
        current.renew(before).unwrap_err();
        assert_eq!(generation(&current), before + 1);
        let deadline = Instant::now() + Duration::from_secs(30);
        let mut was_left_alone = false;
        loop {
            let (began, before) = (Instant::now(), generation(&current));
            // The attempt before was not earlier than this.
            current.renew(before).unwrap_err();
            if generation(&current) == before {
                was_left_alone = true;
            } else if was_left_alone {
                break;
            }
            assert!(began < deadline, "it is never tried again, or at once");
        }
        platter.fail(Fault::None);
        while current.renew(generation(&current)).is_err() {
            assert!(Instant::now() < deadline, "it is never tried again");
        }
        assert!(current.try_with(|_| Ok(())).1.is_ok());
    }
}
