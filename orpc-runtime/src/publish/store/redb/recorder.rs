//! A file that records what is done to it, for tests.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::disk::{Boot, Disk, Identity, Name, RawFile};

/// A file in memory, with what is done to it.
#[derive(Default)]
pub(super) struct Recorder {
    pub(super) bytes: Mutex<Vec<u8>>,
    done: Mutex<Vec<Done>>,
    pub(super) syncs_fail: AtomicBool,
    /// Time of its last change.
    pub(super) time: AtomicU64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// From the first offset to the second.
    Written(u64, u64),
    /// The length was set.
    Length(u64),
    Synced,
}

impl Recorder {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self { bytes: Mutex::new(bytes), ..Self::default() }
    }

    /// Returns what was done since the last time.
    pub(super) fn take_done(&self) -> Vec<Done> {
        std::mem::take(&mut self.done.lock().unwrap())
    }
}

impl RawFile for Recorder {
    fn try_lock(&self) -> io::Result<bool> {
        Ok(true)
    }

    fn identity(&self) -> io::Result<Identity> {
        Ok((0, 0))
    }

    fn changed(&self) -> io::Result<u64> {
        Ok(self.time.load(Ordering::Relaxed))
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().unwrap().len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (bytes, offset) = (self.bytes.lock().unwrap(), offset as usize);
        let found = bytes.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let end = offset + data.len() as u64;
        self.done.lock().unwrap().push(Done::Written(offset, end));
        let mut bytes = self.bytes.lock().unwrap();
        let length = bytes.len().max(end as usize);
        bytes.resize(length, 0);
        bytes[offset as usize..end as usize].copy_from_slice(data);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.done.lock().unwrap().push(Done::Length(length));
        self.bytes.lock().unwrap().resize(length as usize, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        self.done.lock().unwrap().push(Done::Synced);
        let fails = self.syncs_fail.load(Ordering::Relaxed);
        if fails { Err(io::Error::other("the disk does not answer")) } else { Ok(()) }
    }
}

/// The folder of that file, which has it under every name.
pub(super) struct Folder(pub(super) Arc<Recorder>);

impl Disk for Folder {
    fn open(&self, _: Name, _: bool) -> io::Result<Option<Arc<dyn RawFile>>> {
        Ok(Some(Arc::clone(&self.0) as _))
    }

    fn identity(&self, _: Name) -> io::Result<Option<Identity>> {
        Ok(Some((0, 0)))
    }

    fn rename(&self) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn boot(&self) -> Option<Boot> {
        None
    }

    fn path(&self) -> &Path {
        Path::new("recorder")
    }
}
