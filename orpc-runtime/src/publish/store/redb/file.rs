//! The file of events: what redb writes, behind a page that is ours.
//!
//! The first page says that the file is one of events and which was the last
//! transaction that was committed. redb keeps the one before as well and falls
//! back to it when the last one is damaged, without a word of the events that
//! this loses; the mark tells. Where nothing is synced the mark may be lost with
//! what it tells of, so the page says as well in which start of the machine the
//! file was opened, and whether it was closed.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::database::Opened;
use super::disk::{Boot, Disk, RawFile};
use super::overlay::{Overlay, PAGE};
use crate::publish::error::StoreError;

/// What the first page begins with.
const MAGIC: &[u8; 16] = b"orpc events v1\r\n";

/// What redb begins with. It writes this last when it makes a database.
const REDB_MAGIC: &[u8; 9] = b"redb\x1a\x0a\xa9\x0d\x0a";

/// The pages that say which of the others count: redb's first one, then ours.
const LAST_PAGES: [u64; 2] = [1, 0];

/// Where the marks are; they are written in turns.
const MARKS: [u64; 2] = [512, 1024];

/// How long a mark is: a number and its checksum.
const MARK: usize = 12;

/// Where it stands in which start of the machine the file was opened without syncs:
/// the start, whether it was closed, a checksum.
const OPENED: u64 = 1536;

/// How long that is.
const OPENED_LENGTH: usize = 21;

/// Where a byte says that a sync has failed: the operating system may take pages for
/// written that are not on the disk, and show them to the next process as if they were.
const SUSPECT: u64 = 3584;

/// How much of a suspect file is written again at once.
const REWRITTEN: u64 = 1 << 20;

/// An open file of events. It begins with its writes held back: what redb makes of
/// the file can be read before anything is written.
pub(super) struct EventFile {
    state: Mutex<FileState>,
    /// Whether what is written has to be on the disk, or with the operating system.
    syncs: bool,
    /// The start of the machine that this is.
    boot: Option<Boot>,
    /// What was written may have been lost with an earlier start of the machine.
    is_doubtful: bool,
    /// How long the file itself was when it was opened, if that was known.
    length: u64,
}

struct FileState {
    /// None once the file is no longer to be used.
    writes: Option<Writes>,
    /// The descriptor that has the lock. It is read from, also after a failure.
    locked: Arc<dyn RawFile>,
    /// No descriptor but the first was written to yet.
    is_first: bool,
    /// All that is seen of the file was on the disk once since this process has it open.
    was_whole: bool,
}

/// Where writes go.
enum Writes {
    /// Nowhere yet.
    Held(Arc<Overlay>),
    /// To the file.
    Direct {
        file: Arc<dyn RawFile>,
        /// What was written since the last sync. After a sync that failed the
        /// operating system may take it for written: it is written again through
        /// another descriptor.
        unsynced: Vec<Write>,
    },
}

/// What was written where.
type Write = (u64, Vec<u8>);

/// What is left of a file that is no longer used: enough to open it again without
/// losing its lock or anything that was written.
pub(super) struct Remains {
    locked: Arc<dyn RawFile>,
    is_first: bool,
    was_whole: bool,
    overlay: Arc<Overlay>,
}

impl Remains {
    /// A file that was locked just now.
    pub(super) fn of(locked: Arc<dyn RawFile>) -> Self {
        Self { locked, is_first: true, was_whole: false, overlay: Arc::default() }
    }

    /// Whether the file was emptied by somebody else.
    pub(super) fn is_empty(&self) -> io::Result<bool> {
        Ok(self.locked.len()? == 0)
    }

    /// Goes on with an empty file.
    pub(super) fn begin_anew(&mut self) -> io::Result<()> {
        self.overlay = Arc::new(blank(&*self.locked)?);
        Ok(())
    }
}

impl EventFile {
    /// Uses a file with its writes held back.
    pub(super) fn hold(remains: Remains, syncs: bool, boot: Option<Boot>) -> Self {
        let Remains { locked, is_first, was_whole, overlay } = remains;
        let length = locked.len().unwrap_or_default();
        let state = FileState { writes: Some(Writes::Held(overlay)), locked, is_first, was_whole };
        Self { state: Mutex::new(state), syncs, boot, is_doubtful: false, length }
    }

    /// Checks that it is a file of events, and sees in which start of the machine it
    /// was written.
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        let mut magic = [0; MAGIC.len()];
        let is_long = self.len()? >= PAGE;
        if is_long {
            self.read(0, &mut magic)?;
        }
        if magic != *MAGIC {
            return Err(StoreError::Corrupt("it is no file of events".to_owned()));
        }
        let mut opened = [0; OPENED_LENGTH];
        self.read(OPENED, &mut opened)?;
        let is_known = opened == [0; OPENED_LENGTH]
            || opened == Self::opened(self.boot, false)
            || opened == Self::opened(opened.first_chunk().copied(), true);
        self.is_doubtful = !is_known;
        Ok(())
    }

    /// What stands at `OPENED`; zeros if nobody knows which start of the machine this is.
    fn opened(boot: Option<Boot>, is_closed: bool) -> [u8; OPENED_LENGTH] {
        let mut bytes = [0; OPENED_LENGTH];
        let Some(boot) = boot else { return bytes };
        let (text, checksum) = bytes.split_at_mut(OPENED_LENGTH - 4);
        text[..boot.len()].copy_from_slice(&boot);
        text[boot.len()] = u8::from(is_closed);
        checksum.copy_from_slice(&crc32fast::hash(text).to_le_bytes());
        bytes
    }

    /// Writes down in which start of the machine the file is written without syncs,
    /// or that it is not. What was cleared away is on the disk before.
    pub(super) fn begin(&self) -> io::Result<()> {
        let new = Self::opened(self.boot.filter(|_| !self.syncs), false);
        let mut old = [0; OPENED_LENGTH];
        self.read(OPENED, &mut old)?;
        if old == new {
            return Ok(());
        }
        let file = self.direct()?;
        file.sync()?;
        file.write_at(OPENED, &new)?;
        file.sync()
    }

    /// What is to be done when the database is closed: then all is on the disk, and
    /// the file says so.
    pub(super) fn finish(&self) -> impl FnOnce() -> io::Result<()> + use<> {
        let (file, boot) = (self.direct(), self.boot.filter(|_| !self.syncs));
        move || {
            // With its writes held back nothing was added since it was opened.
            let (Ok(file), Some(boot)) = (file, boot) else { return Ok(()) };
            file.sync()?;
            file.write_at(OPENED, &Self::opened(Some(boot), true))?;
            file.sync()
        }
    }

    fn state(&self) -> MutexGuard<'_, FileState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The descriptor that is written to.
    fn direct(&self) -> io::Result<Arc<dyn RawFile>> {
        match &self.state().writes {
            Some(Writes::Direct { file, .. }) => Ok(Arc::clone(file)),
            Some(Writes::Held(_)) => Err(io::Error::other("the file is not written to yet")),
            None => Err(closed()),
        }
    }

    /// Whether writes go to the file.
    pub(super) fn is_direct(&self) -> bool {
        matches!(self.state().writes, Some(Writes::Direct { .. }))
    }

    /// Writes what was held back, and from then on everything as it comes: through a
    /// descriptor on which nothing has failed. If it fails everything is held back
    /// as before. Meanwhile the file can be read, and nothing may be written to it.
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
                rewrite(&*file)?;
            }
            overlay.flush(&*file, &LAST_PAGES, self.syncs)
        };
        flush().inspect_err(|_| self.suspect(&*file))?;
        if is_suspect {
            file.write_at(SUSPECT, &[0])?;
        }
        // At every start: the one that made the file may have ended before this, or had
        // no need of it.
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

    /// Says to whoever opens the file next that a sync has failed.
    fn suspect(&self, file: &dyn RawFile) {
        if self.syncs
            && let Err(error) = file.write_at(SUSPECT, &[1])
        {
            tracing::debug!(%error, "it is not written down that a sync has failed");
        }
    }

    /// Whether somebody else has cut the file off.
    pub(super) fn is_cut_off(&self) -> bool {
        let state = self.state();
        matches!(state.writes, Some(Writes::Held(_)))
            && state.locked.len().is_ok_and(|length| length < self.length)
    }

    /// The number of the last transaction that is known to be committed; none if
    /// the file does not say.
    pub(super) fn mark(&self) -> io::Result<Option<u64>> {
        if self.is_doubtful {
            return Ok(Some(u64::MAX));
        }
        let mut last = None;
        for offset in MARKS {
            let mut mark = [0; MARK];
            self.read(offset, &mut mark)?;
            let (number, checksum) = mark.split_at(8);
            if crc32fast::hash(number) == u32_of(checksum) {
                last = last.max(Some(u64_of(number)));
            } else if mark != [0; MARK] {
                // Who damaged it may have damaged the last one.
                return Ok(Some(u64::MAX));
            }
        }
        Ok(last)
    }

    /// Keeps the number of a transaction that was committed. It needs no sync: an
    /// older mark warns of less, and of nothing wrongly.
    pub(super) fn set_mark(&self, number: u64) -> io::Result<()> {
        let mut mark = number.to_le_bytes().to_vec();
        mark.extend(crc32fast::hash(&mark).to_le_bytes());
        let [even, odd] = MARKS;
        self.direct()?.write_at(if number.is_multiple_of(2) { even } else { odd }, &mark)
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
            // What was held back may be in the file by now, which is the same.
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
        let FileState { writes, locked, .. } = &mut *state;
        match writes {
            Some(Writes::Held(overlay)) => Arc::make_mut(overlay).set_len(&**locked, length),
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

    /// Ends the use of the file; none if that was done before.
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
        Some(Remains { locked, is_first, was_whole, overlay })
    }
}

/// Whether a sync of the file has failed since all of it was on the disk.
fn suspects(file: &dyn RawFile) -> io::Result<bool> {
    let mut byte = [0];
    if file.len()? >= PAGE {
        file.read_at(SUSPECT, &mut byte)?;
    }
    Ok(byte != [0])
}

/// Writes what is seen of a file to the disk: first the pages that others count on.
fn rewrite(file: &dyn RawFile) -> io::Result<()> {
    let length = file.len()?;
    let write = |from: u64, until: u64| {
        let mut bytes = vec![0; usize::try_from(until.saturating_sub(from)).unwrap_or_default()];
        file.read_at(from, &mut bytes)?;
        file.write_at(from, &bytes)
    };
    let first = (PAGE * LAST_PAGES.len() as u64).min(length);
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

/// The first page of a file, over whatever is in it.
fn blank(file: &dyn RawFile) -> io::Result<Overlay> {
    let mut page = vec![0; PAGE as usize];
    page[..MAGIC.len()].copy_from_slice(MAGIC);
    let mut overlay = Overlay::default();
    overlay.set_len(file, 0)?;
    overlay.write(file, 0, &page)?;
    Ok(overlay)
}

/// Writes a file without events, which is on the disk then.
pub(super) fn write_new(file: &Arc<dyn RawFile>) -> Result<(), StoreError> {
    let mut remains = Remains::of(Arc::clone(file));
    remains.begin_anew()?;
    let opened = Opened::over(remains, true, None).map_err(|(_, error)| error)?;
    let remains = opened.discard().ok_or_else(closed)?;
    Ok(remains.overlay.flush(&**file, &LAST_PAGES, true)?)
}

/// Whether a start that was interrupted has made the file and nothing was ever in
/// it: it is empty, or has nothing but zeros or the beginning of a first page, as
/// files were that were made in place, and redb has not begun.
pub(super) fn is_unfinished(file: &dyn RawFile) -> io::Result<bool> {
    let length = file.len()?;
    let mut page = vec![0; usize::try_from(length.min(PAGE)).unwrap_or_default()];
    file.read_at(0, &mut page)?;
    if page.iter().all(|byte| *byte == 0) {
        return Ok(length <= PAGE);
    }
    let Some(rest) = page.strip_prefix(MAGIC) else { return Ok(false) };
    if rest.iter().any(|byte| *byte != 0) {
        return Ok(false);
    }
    let mut redb = [0; REDB_MAGIC.len()];
    if length >= PAGE + redb.len() as u64 {
        file.read_at(PAGE, &mut redb)?;
    }
    Ok(redb == [0; REDB_MAGIC.len()])
}

fn u32_of(bytes: &[u8]) -> u32 {
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

fn u64_of(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// The file as redb sees it.
#[derive(Clone)]
pub(super) struct Backend(pub(super) Arc<EventFile>);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len()?.saturating_sub(PAGE))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(behind_page(offset)?, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(behind_page(length)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(behind_page(offset)?, data)
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Backend")
    }
}

fn behind_page(offset: u64) -> io::Result<u64> {
    offset.checked_add(PAGE).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))
}
