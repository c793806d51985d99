//! The file of a store: redb's pages, in a file of events behind a first page of our own.
//!
//! The first page identifies a file of events and its format. The state in which it was
//! left is noted [beside](super::beside) it, because a copy of the file would keep it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{Database, StorageBackend};

use super::database::{Opened, guarded};
use super::disk::{Disk, RawFile};
use super::error::{damaged, incompatible};
use super::overlay::{Overlay, PAGE};
use crate::publish::error::StoreError;

/// First bytes of the first page.
const MAGIC: &[u8; 16] = b"orpc events v3\r\n";

/// First bytes of the first page of an earlier format.
const EARLIER: &[u8; 16] = b"orpc events v1\r\n";

/// First bytes of a redb database. redb writes them last when it creates a database.
const REDB_MAGIC: &[u8; 9] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// First bytes of a file that is being filled. Nothing was ever stored in it.
const UNFINISHED: &[u8; 16] = b"orpc unfinished\n";

/// The layout of the files of a store.
pub(crate) struct Layout {
    /// Name of such a file, for messages.
    name: &'static str,
    /// Length of our first page, before those of redb; without it the file is one of redb.
    header: u64,
    /// Pages that determine which of the others are valid, in the order in which they are
    /// written.
    last_pages: &'static [u64],
    /// Size of redb's page cache in bytes, unless it is its own.
    pub(super) cache: Option<usize>,
    /// `true` if every page is checked when a file is opened.
    pub(super) is_checked: bool,
    /// Creates the tables of a new file.
    pub(super) prepare: fn(&Database) -> Result<(), StoreError>,
}

/// Size of redb's page cache, in bytes. The operating system caches pages as well. In tests of
/// failing disks it is small, so that the disk is read.
const CACHE: usize = if cfg!(test) { 128 << 10 } else { 16 << 20 };

impl Layout {
    /// Files of events.
    pub(super) const EVENTS: Self = Self {
        name: "file of events",
        header: PAGE,
        last_pages: &[1, 0],
        cache: Some(CACHE),
        is_checked: true,
        prepare: |_| Ok(()),
    };

    /// Returns the layout of files that are databases of redb.
    #[cfg(feature = "websocket")]
    pub(crate) const fn redb(
        name: &'static str,
        prepare: fn(&Database) -> Result<(), StoreError>,
    ) -> Self {
        let cache = if cfg!(test) { Some(CACHE) } else { None };
        Self { name, header: 0, last_pages: &[0], cache, is_checked: false, prepare }
    }
}

/// Offset of the byte in the first page, of which redb uses less, that records a failed sync: the operating system may treat pages as written
/// that are not on the disk, and show them to the next process.
const SUSPECT: u64 = 3584;

/// Number of bytes of a suspect file that are written again at once.
const REWRITTEN: u64 = 1 << 20;

/// An open file. Its writes are held back at first: the state that redb
/// recovers can be read before anything is written.
pub(crate) struct EventFile {
    state: Mutex<FileState>,
    /// `true` if writes are synced to the disk; otherwise they only reach the operating
    /// system.
    syncs: bool,
    /// Length of the file itself when it was opened, if it is known.
    length: u64,
    pub(super) layout: &'static Layout,
}

struct FileState {
    /// `None` once the file is no longer used.
    writes: Option<Writes>,
    /// Descriptor that holds the lock. It is used for reads, even after a failure.
    locked: Arc<dyn RawFile>,
    /// Only the first descriptor was written to.
    is_first: bool,
    /// Everything read from the file was on the disk once since this process opened it.
    was_whole: bool,
}

/// Destination of writes.
enum Writes {
    /// Memory, until the file can be written.
    Held(Arc<Overlay>),
    /// The file.
    Direct {
        file: Arc<dyn RawFile>,
        /// Writes since the last sync. After a failed sync the operating system may
        /// treat them as written: they are written again through another descriptor.
        unsynced: Vec<Write>,
    },
}

/// Offset and bytes of a write.
type Write = (u64, Vec<u8>);

/// The parts of a file that is no longer used: enough to reopen it without losing its
/// lock or any write.
pub(super) struct Remains {
    locked: Arc<dyn RawFile>,
    is_first: bool,
    was_whole: bool,
    overlay: Arc<Overlay>,
    layout: &'static Layout,
}

impl Remains {
    /// Creates the parts of a file that was just locked.
    pub(super) fn of(locked: Arc<dyn RawFile>, layout: &'static Layout) -> Self {
        Self { locked, is_first: true, was_whole: false, overlay: Arc::default(), layout }
    }

    /// Returns `true` if another process has truncated the file to zero.
    pub(super) fn is_empty(&self) -> io::Result<bool> {
        Ok(self.locked.len()? == 0)
    }

    /// Continues with an empty file.
    pub(super) fn begin_anew(&mut self) -> io::Result<()> {
        self.overlay = Arc::new(blank(&*self.locked, self.layout)?);
        Ok(())
    }
}

impl EventFile {
    /// Opens a file with its writes held back.
    pub(super) fn hold(remains: Remains, syncs: bool) -> Self {
        let Remains { locked, is_first, was_whole, overlay, layout } = remains;
        let length = locked.len().unwrap_or_default();
        let state = FileState { writes: Some(Writes::Held(overlay)), locked, is_first, was_whole };
        Self { state: Mutex::new(state), syncs, length, layout }
    }

    /// Checks that it is a file of its layout.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let mut magic = [0; MAGIC.len()];
        let length = self.len()?;
        if length >= PAGE {
            self.read(0, &mut magic)?;
        }
        match &magic {
            MAGIC if self.layout.header > 0 => Ok(()),
            EARLIER if self.layout.header > 0 => Err(incompatible(1, 3)),
            // redb begins an empty one.
            _ if self.layout.header == 0 && (length == 0 || magic.starts_with(REDB_MAGIC)) => {
                Ok(())
            }
            _ => Err(damaged(&format!("it is no {}", self.layout.name))),
        }
    }

    /// Ensures that the existing content is on the disk, also if nothing is synced
    /// later, or was before.
    pub(crate) fn begin(&self) -> io::Result<()> {
        if self.syncs { self.sync() } else { self.direct()?.sync() }
    }

    /// Ends the use by a database that is closed; the returned closure syncs the rest.
    pub(super) fn finish(&self) -> impl FnOnce() -> io::Result<()> + use<> {
        let (file, syncs) = (self.direct(), self.syncs);
        move || match file {
            Ok(file) if !syncs => file.sync(),
            // While writes are held back nothing was added since it was opened.
            _ => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, FileState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the descriptor for writes.
    fn direct(&self) -> io::Result<Arc<dyn RawFile>> {
        match &self.state().writes {
            Some(Writes::Direct { file, .. }) => Ok(Arc::clone(file)),
            Some(Writes::Held(_)) => Err(io::Error::other("the file is not written to yet")),
            None => Err(closed()),
        }
    }

    /// Returns `true` if writes go to the file.
    pub(super) fn is_direct(&self) -> bool {
        matches!(self.state().writes, Some(Writes::Direct { .. }))
    }

    /// Writes everything held back; later writes go directly to the file: through a
    /// descriptor on which nothing has failed. If it fails, writes are held back as
    /// before. Meanwhile the file can be read, and nothing may be written to it.
    pub(super) fn release(&self, disk: &dyn Disk) -> io::Result<()> {
        let (overlay, locked, is_first, was_whole) = {
            let mut state = self.state();
            let overlay = match &state.writes {
                Some(Writes::Held(overlay)) => Arc::clone(overlay),
                Some(Writes::Direct { .. }) => return Ok(()),
                None => return Err(closed()),
            };
            let is_first = std::mem::take(&mut state.is_first);
            (overlay, Arc::clone(&state.locked), is_first, state.was_whole)
        };
        let file = if is_first { locked } else { disk.reopen(&locked)? };
        if self.is_cut_off() {
            return Err(io::Error::other("it was cut off while it was open"));
        }
        let is_suspect = self.syncs && suspects(&*file)?;
        let flush = || {
            if is_suspect && !was_whole {
                rewrite(&*file, self.layout)?;
            }
            overlay.flush(&*file, self.layout.last_pages, self.syncs)
        };
        flush().inspect_err(|_| self.suspect(&*file))?;
        if is_suspect {
            file.write_at(SUSPECT, &[0])?;
        }
        // At every start: the one that created the file may have ended before this, or
        // had no need of it.
        match disk.sync_folder() {
            Err(error) if self.syncs => return Err(error),
            Err(error) => tracing::warn!(%error, "the folder of the file of events is not synced"),
            Ok(()) => {}
        }
        let mut state = self.state();
        state.was_whole = true;
        if state.writes.is_some() {
            state.writes = Some(Writes::Direct { file, unsynced: Vec::new() });
        }
        Ok(())
    }

    /// Records a failed sync for the next process that opens the file.
    fn suspect(&self, file: &dyn RawFile) {
        if self.syncs
            && let Err(error) = file.write_at(SUSPECT, &[1])
        {
            tracing::debug!(%error, "a failed sync cannot be recorded");
        }
    }

    /// Returns `true` if another process has truncated the file.
    pub(super) fn is_cut_off(&self) -> bool {
        let state = self.state();
        matches!(state.writes, Some(Writes::Held(_)))
            && state.locked.len().is_ok_and(|length| length < self.length)
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.state();
        match &state.writes {
            Some(Writes::Held(overlay)) => overlay.len(&*state.locked),
            Some(Writes::Direct { file, .. }) => file.len(),
            None => Err(closed()),
        }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (file, overlay) = {
            let state = self.state();
            match &state.writes {
                Some(Writes::Held(overlay)) => {
                    (Arc::clone(&state.locked), Some(Arc::clone(overlay)))
                }
                Some(Writes::Direct { file, .. }) => (Arc::clone(file), None),
                None => return Err(closed()),
            }
        };
        match overlay {
            // Writes that were held back may be in the file by now, with the same
            // bytes.
            Some(overlay) => overlay.read(&*file, offset, out),
            None => file.read_at(offset, out),
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let file = {
            let mut state = self.state();
            let FileState { writes, locked, .. } = &mut *state;
            match writes {
                Some(Writes::Held(overlay)) => {
                    return Arc::make_mut(overlay).write(&**locked, offset, data);
                }
                Some(Writes::Direct { file, .. }) => Arc::clone(file),
                None => return Err(closed()),
            }
        };
        file.write_at(offset, data)?;
        if self.syncs
            && let Some(Writes::Direct { unsynced, .. }) = &mut self.state().writes
        {
            unsynced.push((offset, data.to_owned()));
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.state();
        match &mut state.writes {
            Some(Writes::Held(overlay)) => {
                Arc::make_mut(overlay).set_len(length);
                Ok(())
            }
            Some(Writes::Direct { file, .. }) => file.set_len(length),
            None => Err(closed()),
        }
    }

    fn sync(&self) -> io::Result<()> {
        if !self.syncs || !self.is_direct() {
            return self.len().map(drop);
        }
        let file = self.direct()?;
        file.sync().inspect_err(|_| self.suspect(&*file))?;
        if let Some(Writes::Direct { unsynced, .. }) = &mut self.state().writes {
            unsynced.clear();
        }
        Ok(())
    }

    /// Stops using the file; `None` if that was done before.
    pub(super) fn retire(&self) -> Option<Remains> {
        let mut state = self.state();
        let overlay = match state.writes.take()? {
            Writes::Held(overlay) => overlay,
            Writes::Direct { unsynced, .. } => {
                let mut overlay = Overlay::default();
                unsynced.iter().for_each(|(offset, data)| overlay.patch(*offset, data));
                Arc::new(overlay)
            }
        };
        let FileState { is_first, was_whole, .. } = *state;
        let locked = Arc::clone(&state.locked);
        Some(Remains { locked, is_first, was_whole, overlay, layout: self.layout })
    }
}

/// Returns `true` if a sync of the file has failed since all of it was on the disk.
fn suspects(file: &dyn RawFile) -> io::Result<bool> {
    let mut byte = [0];
    if file.len()? >= PAGE {
        file.read_at(SUSPECT, &mut byte)?;
    }
    Ok(byte != [0])
}

/// Writes the content of a file to the disk again, first the pages on which others
/// depend.
fn rewrite(file: &dyn RawFile, layout: &Layout) -> io::Result<()> {
    let length = file.len()?;
    let write = |from: u64, until: u64| {
        let mut bytes = vec![0; usize::try_from(until.saturating_sub(from)).unwrap_or_default()];
        file.read_at(from, &mut bytes)?;
        file.write_at(from, &bytes)
    };
    let first = (PAGE * layout.last_pages.len() as u64).min(length);
    let mut from = first;
    while from < length {
        let until = from.saturating_add(REWRITTEN).min(length);
        write(from, until)?;
        from = until;
    }
    file.sync()?;
    write(0, first)?;
    file.sync()
}

fn closed() -> io::Error {
    io::Error::other("the file is closed")
}

/// Overlays our first page, if there is one, of an empty file.
fn blank(file: &dyn RawFile, layout: &Layout) -> io::Result<Overlay> {
    let mut overlay = Overlay::default();
    overlay.set_len(0);
    if layout.header > 0 {
        let mut page = vec![0; PAGE as usize];
        page[..MAGIC.len()].copy_from_slice(MAGIC);
        overlay.write(file, 0, &page)?;
    }
    Ok(overlay)
}

/// Returns the writes of a complete file without content.
fn new_content(file: &Arc<dyn RawFile>, layout: &'static Layout) -> Result<Overlay, StoreError> {
    let mut remains = Remains::of(Arc::clone(file), layout);
    remains.begin_anew()?;
    let opened = Opened::over(remains, true).map_err(|(_, error)| error)?;
    let prepared = guarded(|| (layout.prepare)(&opened.database));
    let remains = opened.discard().ok_or_else(closed)?;
    prepared?;
    Ok(Arc::unwrap_or_clone(remains.overlay))
}

/// Writes a file without content, and syncs it.
pub(super) fn write_new(
    file: &Arc<dyn RawFile>,
    layout: &'static Layout,
) -> Result<(), StoreError> {
    Ok(new_content(file, layout)?.flush(&**file, layout.last_pages, true)?)
}

/// Fills an unfinished file in place, and syncs it. It is unfinished until its last page is
/// written.
pub(super) fn fill(file: &Arc<dyn RawFile>, layout: &'static Layout) -> Result<(), StoreError> {
    let mut content = new_content(file, layout)?;
    content.leave_all();
    let write = || {
        if file.len()? > 0 {
            file.set_len(0)?;
        }
        file.write_at(0, UNFINISHED)?;
        file.sync()?;
        content.flush(&**file, layout.last_pages, true)
    };
    write().inspect_err(|_| {
        // It may be the file that fills the disk.
        drop(file.set_len(0));
    })?;
    Ok(())
}

/// Returns `true` if an interrupted start has created or begun to fill the file and it never
/// held anything: it is empty, or begins with the mark of such a file. A file of events may also
/// have only zeros or the beginning of a first page, as files had that earlier versions created
/// in place, and redb has not begun.
pub(super) fn is_unfinished(file: &dyn RawFile, layout: &Layout) -> io::Result<bool> {
    let length = file.len()?;
    let mut page = vec![0; usize::try_from(length.min(PAGE)).unwrap_or_default()];
    file.read_at(0, &mut page)?;
    if page.starts_with(UNFINISHED) || UNFINISHED.starts_with(&page) {
        return Ok(true);
    }
    if layout.header == 0 {
        return Ok(false);
    }
    if page.iter().all(|byte| *byte == 0) {
        return Ok(length <= PAGE);
    }
    let page = page.strip_prefix(MAGIC).or_else(|| page.strip_prefix(EARLIER));
    let Some(rest) = page else { return Ok(false) };
    if rest.iter().any(|byte| *byte != 0) {
        return Ok(false);
    }
    let mut redb = [0; REDB_MAGIC.len()];
    if length >= PAGE + redb.len() as u64 {
        file.read_at(PAGE, &mut redb)?;
    }
    Ok(redb == [0; REDB_MAGIC.len()])
}

impl EventFile {
    /// Returns the place in the file of an offset of redb.
    fn place(&self, offset: u64) -> io::Result<u64> {
        let place = offset.checked_add(self.layout.header);
        place.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
    }
}

/// The file as redb accesses it.
#[derive(Clone)]
pub(super) struct Backend(pub(super) Arc<EventFile>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len()?.saturating_sub(self.0.layout.header))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(self.0.place(offset)?, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(self.0.place(length)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(self.0.place(offset)?, data)
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

#[cfg(test)]
mod tests;
