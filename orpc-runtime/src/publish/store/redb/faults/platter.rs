//! A disk with the cache of an operating system before it, on which everything can
//! go wrong.

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
pub(super) struct Platter(Arc<Mutex<Content>>);

#[derive(Default)]
pub(super) struct Content {
    files: Vec<Inode>,
    /// The files by name, as they are seen.
    names: BTreeMap<Name, usize>,
    /// The same after a loss of power.
    durable_names: BTreeMap<Name, usize>,
    pub(super) fault: Fault,
    descriptors: u32,
    /// The descriptors on which a sync has failed.
    failed: BTreeSet<u32>,
    /// The processes that have ended; the others have the next number.
    process: u32,
    /// The number of operations that have changed something.
    pub(super) operations: u32,
    /// The file is empty when it is opened again.
    pub(super) forgets: bool,
    /// The number of earlier starts of the machine.
    boot: u8,
    /// Outcomes that must never happen.
    mistakes: Vec<&'static str>,
}

#[derive(Default, Clone)]
struct Inode {
    /// The bytes that are read.
    cache: Vec<u8>,
    /// The bytes that are there after a loss of power.
    durable: Vec<u8>,
    /// The pages that the next sync writes.
    dirty: BTreeSet<usize>,
    /// The pages that room was found for.
    allocated: BTreeSet<usize>,
    /// The number of the operation that changed it last.
    changed: u32,
    /// The descriptor that has it locked.
    locked: Option<u32>,
}

/// The next fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Fault {
    #[default]
    None,
    /// One sync fails, after so many that do not. The system takes what it could
    /// not write for written.
    Sync { after: u32 },
    /// All syncs fail.
    Syncs,
    /// There is room for so many further pages, and for no further name.
    Full { pages: u32 },
    /// One write writes a part and fails, after so many that do not.
    Short { after: u32 },
    /// The process is killed at that operation which changes something, of which a
    /// part may be done.
    Kill { at: u32, part: u32 },
    /// That operation fails as on a full disk, and all behind it.
    FullAt { at: u32 },
    /// One read fails, after so many that do not.
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
    pub(super) fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    pub(super) fn fail(&self, fault: Fault) {
        self.content().fault = fault;
    }

    /// The disk for a process that starts now.
    pub(super) fn mount(&self) -> Box<dyn Disk> {
        let process = self.content().process;
        Box::new(Mount { platter: self.clone(), process })
    }

    /// Everything is written to the disk, as an operating system does now and then.
    pub(super) fn write_back(&self) {
        let mut content = self.content();
        content.durable_names = content.names.clone();
        for file in &mut content.files {
            file.durable = file.cache.clone();
            file.dirty.clear();
        }
    }

    /// The process ends at once: what it had open is closed, and what it still tries
    /// fails.
    pub(super) fn end_process(&self) {
        let mut content = self.content();
        content.process += 1;
        content.fault = Fault::None;
        content.files.iter_mut().for_each(|file| file.locked = None);
    }

    /// The disk after a loss of power: of the pages that were not synced some are
    /// there and some are not; of the names the last ones are, or those that were
    /// synced.
    pub(super) fn after_power_loss(&self, mut chooses: impl FnMut() -> bool) -> Self {
        let content = self.content();
        assert_eq!(content.mistakes, [""; 0]);
        let mut files = content.files.clone();
        for file in &mut files {
            // The length of a file may be written at any time.
            file.durable.resize(file.durable.len().max(file.cache.len()), 0);
            for page in &file.dirty {
                let range = range(*page, file.cache.len().min(file.durable.len()));
                if chooses() {
                    file.durable[range.clone()].copy_from_slice(&file.cache[range]);
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

    /// As if the folder had not been synced.
    pub(super) fn forget_names(&self) {
        self.content().durable_names.clear();
    }

    /// The names that there are, but for that of what is written down beside.
    pub(super) fn names(&self) -> Vec<Name> {
        let content = self.content();
        content.names.keys().copied().filter(|name| *name != Name::Mark).collect()
    }

    /// A disk with a file of events of that content.
    pub(super) fn with_file(bytes: Vec<u8>) -> Self {
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
    /// Begins an operation that changes something; gives how much of it is done if
    /// the process is killed by it.
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

    /// The same for an operation that is done or not.
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
        // A full disk has room for this.
        if !matches!(content.fault, Fault::FullAt { .. }) {
            content.change_whole(self.process)?;
        }
        content.names.remove(&Name::New).ok_or(io::ErrorKind::NotFound)?;
        content.changed()
    }

    fn sync_folder(&self) -> io::Result<()> {
        let mut content = self.platter.content();
        content.change_whole(self.process)?;
        if content.fault == Fault::Syncs {
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

    /// Fails if the process has ended or a read does.
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
