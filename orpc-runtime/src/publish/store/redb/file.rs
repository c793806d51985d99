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

use super::disk::{Boot, Disk, RawFile};
use crate::publish::error::StoreError;

/// How long the first page is.
const PAGE: u64 = 4096;

/// What it begins with.
const MAGIC: &[u8; 16] = b"orpc events v1\r\n";

/// Where the marks are; they are written in turns.
const MARKS: [u64; 2] = [512, 1024];

/// How long a mark is: a number and its checksum.
const MARK: usize = 12;

/// Where it stands in which start of the machine the file was opened without syncs:
/// the start, whether it was closed, a checksum.
const OPENED: u64 = 1536;

/// How long that is.
const OPENED_LENGTH: usize = 21;

/// An open file of events.
pub(super) struct EventFile {
    state: Mutex<FileState>,
    /// Whether what is written has to be on the disk, or with the operating system.
    syncs: bool,
    /// Which start of the machine this is.
    boot: Option<Boot>,
    /// What was written may have been lost with an earlier start of the machine.
    is_doubtful: bool,
}

struct FileState {
    /// None once the descriptor is no longer to be used.
    file: Option<Arc<dyn RawFile>>,
    /// What was written since the last sync. After a sync that failed the
    /// operating system may take it for written: it is written again through
    /// another descriptor.
    unsynced: Vec<Write>,
}

/// What was written where.
type Write = (u64, Vec<u8>);

impl EventFile {
    /// Opens the file, or makes it. What an earlier descriptor wrote and could not
    /// sync is written first.
    pub(super) fn open(
        disk: &dyn Disk,
        syncs: bool,
        unsynced: &[Write],
    ) -> Result<Arc<Self>, StoreError> {
        let file = disk.open()?;
        for (offset, bytes) in unsynced {
            file.write_at(*offset, bytes)?;
        }
        if !unsynced.is_empty() {
            file.sync()?;
        }
        if is_new(&*file)? {
            let mut page = vec![0; PAGE as usize];
            page[..MAGIC.len()].copy_from_slice(MAGIC);
            file.write_at(0, &page)?;
            file.set_len(PAGE)?;
            if syncs {
                file.sync()?;
                disk.sync_name()?;
            }
        }
        let mut magic = [0; MAGIC.len()];
        if file.len()? < PAGE || file.read_at(0, &mut magic).is_err() || magic != *MAGIC {
            return Err(StoreError::Corrupt("it is no file of events".to_owned()));
        }
        let boot = disk.boot();
        let mut opened = [0; OPENED_LENGTH];
        file.read_at(OPENED, &mut opened)?;
        let is_known = opened == [0; OPENED_LENGTH]
            || opened == Self::opened(boot, false)
            || opened == Self::opened(opened.first_chunk().copied(), true);
        let state = FileState { file: Some(file), unsynced: Vec::new() };
        Ok(Arc::new(Self { state: Mutex::new(state), syncs, boot, is_doubtful: !is_known }))
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
        let file = self.file()?;
        let new = Self::opened(self.boot.filter(|_| !self.syncs), false);
        let mut old = [0; OPENED_LENGTH];
        file.read_at(OPENED, &mut old)?;
        if old == new {
            return Ok(());
        }
        file.sync()?;
        file.write_at(OPENED, &new)?;
        file.sync()
    }

    /// What is to be done when the database is closed: then all is on the disk, and
    /// the file says so.
    pub(super) fn finish(&self) -> impl FnOnce() -> io::Result<()> + use<> {
        let (file, boot) = (self.file(), self.boot.filter(|_| !self.syncs));
        move || {
            let (file, Some(boot)) = (file?, boot) else { return Ok(()) };
            file.sync()?;
            file.write_at(OPENED, &Self::opened(Some(boot), true))?;
            file.sync()
        }
    }

    fn state(&self) -> MutexGuard<'_, FileState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self) -> io::Result<Arc<dyn RawFile>> {
        self.state().file.clone().ok_or_else(|| io::Error::other("the file is closed"))
    }

    /// The number of the last transaction that is known to be committed; none if
    /// the file does not say.
    pub(super) fn mark(&self) -> io::Result<Option<u64>> {
        if self.is_doubtful {
            return Ok(Some(u64::MAX));
        }
        let file = self.file()?;
        let mut last = None;
        for offset in MARKS {
            let mut mark = [0; MARK];
            file.read_at(offset, &mut mark)?;
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
        self.file()?.write_at(if number.is_multiple_of(2) { even } else { odd }, &mark)
    }

    /// Closes the descriptor, which gives up the lock, and gives what it wrote and
    /// could not sync.
    pub(super) fn retire(&self) -> Vec<Write> {
        let mut state = self.state();
        state.file = None;
        std::mem::take(&mut state.unsynced)
    }
}

/// Whether nothing was written to the file, or nothing but zeros, as a loss of
/// power may leave it.
fn is_new(file: &dyn RawFile) -> io::Result<bool> {
    let length = file.len()?;
    if length > PAGE {
        return Ok(false);
    }
    let mut page = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_at(0, &mut page)?;
    Ok(page.iter().all(|byte| *byte == 0))
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
        Ok(self.0.file()?.len()?.saturating_sub(PAGE))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.file()?.read_at(behind_page(offset)?, out)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.file()?.set_len(behind_page(length)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        if !self.0.syncs {
            return Ok(());
        }
        self.0.file()?.sync()?;
        self.0.state().unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = behind_page(offset)?;
        self.0.file()?.write_at(offset, data)?;
        if self.0.syncs {
            self.0.state().unsynced.push((offset, data.to_owned()));
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.0.retire();
        Ok(())
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
