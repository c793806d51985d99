//! The file in its place: found, or made, so that a start that ends at any moment
//! leaves nothing that a later start cannot use.
//!
//! A file is made under another name, written and synced, and only then given its
//! own name in one step. Who makes it has the new file locked, and the lock goes
//! along: of several processes that start at once one makes the file, and the
//! others find it in use.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::disk::{Disk, Name, RawFile};
use super::file::{is_unfinished, write_new};
use crate::publish::error::StoreError;

/// The pause before a file that is in use is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// The end of one attempt.
enum Attempt {
    Locked(Arc<dyn RawFile>),
    /// Another descriptor has it locked.
    InUse,
    /// Another process moved the names meanwhile.
    Again,
}

/// Opens and locks the file, which is made if there is none. A file that is in use
/// is waited for no longer than `patience`.
pub(super) fn find_or_make(
    disk: &dyn Disk,
    patience: Duration,
) -> Result<Arc<dyn RawFile>, StoreError> {
    let start = Instant::now();
    loop {
        match attempt(disk)? {
            Attempt::Locked(file) => return Ok(file),
            Attempt::Again => {}
            Attempt::InUse if start.elapsed() < patience => {
                std::thread::sleep(PAUSE.min(patience.saturating_sub(start.elapsed())));
            }
            Attempt::InUse => return Err(StoreError::InUse { path: disk.path().to_owned() }),
        }
    }
}

fn attempt(disk: &dyn Disk) -> Result<Attempt, StoreError> {
    let found = disk.open(Name::Events, false)?;
    if let Some(file) = &found {
        if !file.try_lock()? {
            return Ok(Attempt::InUse);
        }
        if disk.identity(Name::Events)? != Some(file.identity()?) {
            return Ok(Attempt::Again);
        }
        if !is_unfinished(&**file)? {
            clear_away(disk);
            return Ok(Attempt::Locked(Arc::clone(file)));
        }
    }
    // A start that was killed may have left it.
    let Some(new) = disk.open(Name::New, true)? else { return Ok(Attempt::Again) };
    if !new.try_lock()? {
        return Ok(Attempt::InUse);
    }
    if disk.identity(Name::New)? != Some(new.identity()?) {
        return Ok(Attempt::Again);
    }
    // Whoever gives the file its name has the new one locked: from here on nobody else.
    let before = found.as_ref().map(|file| file.identity()).transpose()?;
    if disk.identity(Name::Events)? != before {
        disk.remove()?;
        return Ok(Attempt::Again);
    }
    let made = write_new(&new).and_then(|()| Ok(disk.rename()?));
    if let Err(error) = made {
        // It may be what fills the disk.
        drop(disk.remove());
        return Err(error);
    }
    Ok(Attempt::Locked(new))
}

/// Removes a new file that a start has left which was killed. One that is locked is
/// its owner's to remove.
fn clear_away(disk: &dyn Disk) {
    let remove = || -> io::Result<()> {
        let Some(new) = disk.open(Name::New, false)? else { return Ok(()) };
        if new.try_lock()? && disk.identity(Name::New)? == Some(new.identity()?) {
            disk.remove()?;
        }
        Ok(())
    };
    if let Err(error) = remove() {
        tracing::warn!(%error, "what a start has left is not removed");
    }
}
