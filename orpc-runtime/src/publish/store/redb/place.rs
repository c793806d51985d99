//! Finding or creating the file, so that a start that is interrupted at any moment
//! leaves nothing that a later start cannot use.
//!
//! A file is created under another name, written and synced, and only then renamed,
//! atomically. Its creator holds the lock of the new file, which the rename preserves:
//! of several processes that start at once one creates the file, and the others find it
//! in use.
//!
//! An empty file that exists is filled in place, so that it keeps its owner, its mode and
//! its other names. Until it is complete it begins with a mark by which the next start
//! recognises it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::disk::{Disk, Name, RawFile};
use super::error::in_use;
use super::file::{Layout, fill, is_unfinished, write_new};
use crate::publish::error::StoreError;

/// Pause before a file that is in use is tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// Result of one attempt.
enum Attempt {
    Locked(Arc<dyn RawFile>),
    /// Another descriptor holds the lock.
    InUse,
    /// Another process renamed the files in the meantime.
    Again,
}

/// Opens and locks the file, which is created if it does not exist. Waits no longer
/// than `patience` for a file that is in use.
pub(crate) fn find_or_make(
    disk: &dyn Disk,
    patience: Duration,
    layout: &'static Layout,
) -> Result<Arc<dyn RawFile>, StoreError> {
    let start = Instant::now();
    loop {
        match attempt(disk, layout)? {
            Attempt::Locked(file) => return Ok(file),
            Attempt::Again => {}
            Attempt::InUse => match patience.checked_sub(start.elapsed()) {
                Some(left) => std::thread::sleep(PAUSE.min(left)),
                None => return Err(in_use(disk.path())),
            },
        }
    }
}

fn attempt(disk: &dyn Disk, layout: &'static Layout) -> Result<Attempt, StoreError> {
    if let Some(file) = disk.open(Name::Events, false)? {
        if !file.try_lock()? {
            return Ok(Attempt::InUse);
        }
        if disk.identity(Name::Events)? != Some(file.identity()?) {
            return Ok(Attempt::Again);
        }
        if is_unfinished(&*file, layout)? {
            fill(&file, layout)?;
        }
        clear_away(disk);
        return Ok(Attempt::Locked(file));
    }
    // A killed start may have left it.
    let Some(new) = disk.open(Name::New, true)? else { return Ok(Attempt::Again) };
    if !new.try_lock()? {
        return Ok(Attempt::InUse);
    }
    if disk.identity(Name::New)? != Some(new.identity()?) {
        return Ok(Attempt::Again);
    }
    // The process that renames the file holds the lock of the new one: from here on no
    // other process does.
    if disk.identity(Name::Events)?.is_some() {
        disk.remove()?;
        return Ok(Attempt::Again);
    }
    let made = write_new(&new, layout).and_then(|()| Ok(disk.rename()?));
    if let Err(error) = made {
        // It may be the file that fills the disk.
        drop(disk.remove());
        return Err(error);
    }
    Ok(Attempt::Locked(new))
}

/// Removes a new file that a killed start has left. A locked one is left to its owner.
fn clear_away(disk: &dyn Disk) {
    let remove = || -> io::Result<()> {
        let Some(new) = disk.open(Name::New, false)? else { return Ok(()) };
        if new.try_lock()? && disk.identity(Name::New)? == Some(new.identity()?) {
            disk.remove()?;
        }
        Ok(())
    };
    if let Err(error) = remove() {
        tracing::warn!(%error, "the leftover of an interrupted start cannot be removed");
    }
}
