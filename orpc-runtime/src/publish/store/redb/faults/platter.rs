//! A disk with the page cache of an operating system, on which every operation can
//! fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use super::super::disk::{Boot, Disk, Identity, Name, RawFile};

const PAGE: usize = 4096;
const SECTOR: usize = 512;

/// The disk.
#[derive(Clone, Default)]
pub(crate) struct Platter(Arc<Mutex<Content>>);

#[derive(Default)]
pub(crate) struct Content {
    files: Vec<Inode>,
    /// Files by name, as processes see them.
    names: BTreeMap<Name, usize>,
    /// Files by name after a loss of power.
    durable_names: BTreeMap<Name, usize>,
    pub(crate) fault: Fault,
    descriptors: u32,
    /// Descriptors on which a sync has failed.
    failed: BTreeSet<u32>,
    /// Number of processes that have ended; running ones have the next number.
    process: u32,
    /// Number of operations that have changed the disk.
    pub(crate) operations: u32,
    /// The file is empty when it is opened again.
    pub(crate) forgets: bool,
    /// Number of earlier boots of the machine.
    boot: u8,
    /// Outcomes that must never happen.
    mistakes: Vec<&'static str>,
}

#[derive(Default, Clone)]
struct Inode {
    /// Bytes as processes read them.
    cache: Vec<u8>,
    /// Bytes after a loss of power.
    durable: Vec<u8>,
    /// Pages that the next sync writes.
    dirty: BTreeSet<usize>,
    /// Pages for which space is allocated.
    allocated: BTreeSet<usize>,
    /// Number of the operation that changed it last.
    changed: u32,
    /// Descriptor that holds the lock.
    locked: Option<u32>,
}

/// The next fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The sync after `after` others fails. The system then treats the pages that it
    /// could not write as written.
    Sync { after: u32 },
    /// All syncs fail.
    Syncs,
    /// All syncs of the folder fail.
    FolderSyncs,
    /// There is room for `pages` further pages, and for no further name.
    Full { pages: u32 },
    /// The write after `after` others writes a part and fails.
    Short { after: u32 },
    /// The process is killed by the operation with that number, of which a part may be
    /// done.
    Kill { at: u32, part: u32 },
    /// The operation with that number fails as on a full disk, and so do all later
    /// ones.
    FullAt { at: u32 },
    /// The read after `after` others fails.
    Read { after: u32 },
    /// All reads fail.
    Reads,
}

/// The disk as one process sees it.
struct Mount {
    platter: Platter,
    process: u32,
}

struct Descriptor {
    platter: Platter,
    number: u32,
    file: usize,
    process: u32,
}

fn killed() -> io::Error {
    io::Error::other("the process was killed")
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

impl Platter {
    pub(crate) fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    pub(crate) fn fail(&self, fault: Fault) {
        self.content().fault = fault;
    }

    /// Mounts the disk for a new process.
    pub(crate) fn mount(&self) -> Box<dyn Disk> {
        let process = self.content().process;
        Box::new(Mount { platter: self.clone(), process })
    }

    /// Writes all pages to the disk, as an operating system does from time to time.
    pub(crate) fn write_back(&self) {
        let mut content = self.content();
        content.durable_names = content.names.clone();
        for file in &mut content.files {
            file.durable = file.cache.clone();
            file.dirty.clear();
        }
    }

    /// Ends the process at once: its descriptors are closed, and its further operations
    /// fail.
    pub(crate) fn end_process(&self) {
        let mut content = self.content();
        content.process += 1;
        content.fault = Fault::None;
        content.files.iter_mut().for_each(|file| file.locked = None);
    }

    /// Returns the disk after a loss of power: some sectors of the unsynced pages are written
    /// and some are not; the names are either the last ones, or those that were synced.
    pub(crate) fn after_power_loss(&self, mut chooses: impl FnMut() -> bool) -> Self {
        let content = self.content();
        assert_eq!(content.mistakes, [""; 0]);
        let mut files = content.files.clone();
        for file in &mut files {
            // The length of a file may be written at any time.
            file.durable.resize(file.durable.len().max(file.cache.len()), 0);
            for page in &file.dirty {
                let range = range(*page, file.cache.len().min(file.durable.len()));
                for start in range.clone().step_by(SECTOR) {
                    let sector = start..(start + SECTOR).min(range.end);
                    if chooses() {
                        file.durable[sector.clone()].copy_from_slice(&file.cache[sector]);
                    }
                }
            }
            let durable = std::mem::take(&mut file.durable);
            *file = Inode { cache: durable.clone(), durable, ..Inode::default() };
        }
        let names = if content.names == content.durable_names || chooses() {
            content.names.clone()
        } else {
            content.durable_names.clone()
        };
        let durable_names = names.clone();
        let boot = content.boot + 1;
        Self(Arc::new(Mutex::new(Content {
            files,
            names,
            durable_names,
            boot,
            ..Content::default()
        })))
    }

    /// Reverts the names to those before the last sync of the folder.
    pub(crate) fn forget_names(&self) {
        self.content().durable_names.clear();
    }

    /// Returns the names of the files, without the witness.
    pub(crate) fn names(&self) -> Vec<Name> {
        let content = self.content();
        content.names.keys().copied().filter(|name| *name != Name::Mark).collect()
    }

    /// Changes the file of events without its time, as decay of the disk does.
    pub(crate) fn decay(&self, change: impl FnOnce()) {
        let changed = |content: &Content| content.files[content.names[&Name::Events]].changed;
        let before = changed(&self.content());
        change();
        let mut content = self.content();
        let file = content.names[&Name::Events];
        content.files[file].changed = before;
    }

    /// Returns a copy of the disk, as of a virtual machine.
    pub(crate) fn snapshot(&self) -> Self {
        let content = self.content();
        let mut files = content.files.clone();
        files.iter_mut().for_each(|file| file.locked = None);
        let (names, durable_names) = (content.names.clone(), content.durable_names.clone());
        let (boot, operations) = (content.boot, content.operations);
        Self(Arc::new(Mutex::new(Content {
            files,
            names,
            durable_names,
            boot,
            operations,
            ..Content::default()
        })))
    }

    /// Returns the content of the file of events.
    pub(crate) fn events(&self) -> Vec<u8> {
        let content = self.content();
        content.files[content.names[&Name::Events]].cache.clone()
    }

    /// Overwrites the file of events while it may be open.
    pub(crate) fn overwrite_events(&self, bytes: &[u8]) {
        let mut content = self.content();
        let file = content.names[&Name::Events];
        let file = &mut content.files[file];
        (file.cache, file.durable) = (bytes.to_owned(), bytes.to_owned());
        file.dirty.clear();
    }

    /// Creates a disk with a file of events of that content.
    pub(crate) fn with_file(bytes: Vec<u8>) -> Self {
        let platter = Self::default();
        {
            let mut content = platter.content();
            content.files.push(Inode { cache: bytes.clone(), durable: bytes, ..Inode::default() });
            content.names.insert(Name::Events, 0);
            content.durable_names.insert(Name::Events, 0);
        }
        platter
    }
}

fn range(page: usize, length: usize) -> Range<usize> {
    (page * PAGE).min(length)..((page + 1) * PAGE).min(length)
}

impl Content {
    /// Begins an operation that changes the disk; returns the part of it that is done
    /// if the process is killed by it.
    fn change(&mut self, process: u32) -> io::Result<Option<u32>> {
        if process < self.process {
            return Err(killed());
        }
        self.operations += 1;
        match self.fault {
            Fault::Kill { at, part } if self.operations == at => Ok(Some(part)),
            Fault::Kill { at, .. } if self.operations > at => Err(killed()),
            Fault::FullAt { at } if self.operations >= at => Err(full()),
            _ => Ok(None),
        }
    }

    /// Begins an operation that is atomic.
    fn change_whole(&mut self, process: u32) -> io::Result<()> {
        match self.change(process)? {
            Some(0) => Err(killed()),
            _ => Ok(()),
        }
    }

    /// Ends an operation by which the process may have been killed.
    fn changed(&self) -> io::Result<()> {
        match self.fault {
            Fault::Kill { at, .. } if self.operations >= at => Err(killed()),
            _ => Ok(()),
        }
    }
}

impl Disk for Mount {
    fn open(&self, name: Name, makes: bool) -> io::Result<Option<Arc<dyn RawFile>>> {
        let mut content = self.platter.content();
        if self.process < content.process {
            return Err(killed());
        }
        let file = match content.names.get(&name) {
            Some(file) => *file,
            None if makes => {
                content.change_whole(self.process)?;
                if matches!(content.fault, Fault::Full { pages: 0 }) {
                    return Err(full());
                }
                content.files.push(Inode::default());
                let file = content.files.len() - 1;
                content.names.insert(name, file);
                content.changed()?;
                file
            }
            None => return Ok(None),
        };
        content.descriptors += 1;
        if std::mem::take(&mut content.forgets) {
            content.files[file] = Inode { locked: content.files[file].locked, ..Inode::default() };
        }
        let number = content.descriptors;
        drop(content);
        Ok(Some(Arc::new(Descriptor {
            platter: self.platter.clone(),
            number,
            file,
            process: self.process,
        })))
    }

    fn identity(&self, name: Name) -> io::Result<Option<Identity>> {
        Ok(self.platter.content().names.get(&name).map(|file| (0, *file as u64)))
    }

    fn rename(&self) -> io::Result<()> {
        let mut content = self.platter.content();
        content.change_whole(self.process)?;
        let file = content.names.remove(&Name::New).ok_or(io::ErrorKind::NotFound)?;
        content.names.insert(Name::Events, file);
        content.changed()
    }

    fn remove(&self) -> io::Result<()> {
        let mut content = self.platter.content();
        // A full disk has room for this operation.
        if !matches!(content.fault, Fault::FullAt { .. }) {
            content.change_whole(self.process)?;
        }
        content.names.remove(&Name::New).ok_or(io::ErrorKind::NotFound)?;
        content.changed()
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut content = self.platter.content();
        content.change_whole(self.process)?;
        if matches!(content.fault, Fault::Syncs | Fault::FolderSyncs) {
            return Err(io::Error::other("the disk does not answer"));
        }
        content.durable_names = content.names.clone();
        content.changed()
    }

    fn boot(&self) -> Option<Boot> {
        Some([self.platter.content().boot; 16])
    }

    fn path(&self) -> &Path {
        Path::new("platter")
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        let file = &mut self.platter.content().files[self.file];
        if file.locked == Some(self.number) {
            file.locked = None;
        }
    }
}

impl Descriptor {
    fn write(&self, content: &mut Content, offset: usize, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Content { files, fault, operations, .. } = content;
        let file = &mut files[self.file];
        file.changed = *operations;
        for page in offset / PAGE..=(offset + bytes.len() - 1) / PAGE {
            if !file.allocated.contains(&page) {
                if let Fault::Full { pages } = fault {
                    *pages = pages.checked_sub(1).ok_or_else(full)?;
                }
                file.allocated.insert(page);
            }
            file.dirty.insert(page);
        }
        let end = offset + bytes.len();
        let length = file.cache.len().max(end);
        file.cache.resize(length, 0);
        file.cache[offset..end].copy_from_slice(bytes);
        Ok(())
    }

    /// Fails if the process has ended or reads fail.
    fn check_read(&self, content: &mut Content) -> io::Result<()> {
        if self.process < content.process {
            return Err(killed());
        }
        let fails = match &mut content.fault {
            Fault::Reads => true,
            Fault::Read { after: 0 } => {
                content.fault = Fault::None;
                true
            }
            Fault::Read { after } => {
                *after -= 1;
                false
            }
            _ => false,
        };
        if fails { Err(io::Error::other("the disk cannot be read")) } else { content.changed() }
    }
}

impl RawFile for Descriptor {
    fn try_lock(&self) -> io::Result<bool> {
        let file = &mut self.platter.content().files[self.file];
        let is_free = file.locked.is_none_or(|number| number == self.number);
        if is_free {
            file.locked = Some(self.number);
        }
        Ok(is_free)
    }

    fn identity(&self) -> io::Result<Identity> {
        Ok((0, self.file as u64))
    }

    fn changed(&self) -> io::Result<u64> {
        Ok(u64::from(self.platter.content().files[self.file].changed))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.platter.content().files[self.file].cache.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut content = self.platter.content();
        self.check_read(&mut content)?;
        let offset = offset as usize;
        let bytes = content.files[self.file].cache.get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.platter.content();
        // A disk writes whole sectors.
        let part_of = |part: usize, of: usize| {
            let end = (offset as usize + bytes.len() * part / of) / SECTOR * SECTOR;
            end.saturating_sub(offset as usize).min(bytes.len())
        };
        if let Some(part) = content.change(self.process)? {
            let part = part_of(part as usize, 3);
            self.write(&mut content, offset as usize, &bytes[..part])?;
            return Err(killed());
        }
        if let Fault::Short { after } = &mut content.fault {
            if *after == 0 {
                content.fault = Fault::None;
                let part = part_of(1, 2);
                self.write(&mut content, offset as usize, &bytes[..part])?;
                return Err(io::Error::other("a part was written"));
            }
            *after -= 1;
        }
        self.write(&mut content, offset as usize, bytes)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut content = self.platter.content();
        content.change_whole(self.process)?;
        let file = &mut content.files[self.file];
        file.cache.resize(length as usize, 0);
        let pages = length as usize / PAGE;
        file.dirty.retain(|page| *page <= pages);
        file.allocated.retain(|page| *page <= pages);
        content.changed()
    }

    fn sync(&self) -> io::Result<()> {
        let mut content = self.platter.content();
        content.change_whole(self.process)?;
        let content = &mut *content;
        if content.failed.contains(&self.number) {
            content.mistakes.push("a sync is tried again on a descriptor on which one failed");
        }
        let fails = match &mut content.fault {
            Fault::Syncs => true,
            Fault::Sync { after: 0 } => {
                content.fault = Fault::None;
                true
            }
            Fault::Sync { after } => {
                *after -= 1;
                false
            }
            _ => false,
        };
        let file = &mut content.files[self.file];
        let dirty = std::mem::take(&mut file.dirty);
        if fails {
            content.failed.insert(self.number);
            return Err(io::Error::other("the disk does not answer"));
        }
        file.durable.resize(file.cache.len(), 0);
        for page in dirty {
            let range = range(page, file.cache.len());
            file.durable[range.clone()].copy_from_slice(&file.cache[range]);
        }
        content.changed()
    }
}
