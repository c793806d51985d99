//! Files of the operating system, behind a trait whose other implementations fail
//! on purpose.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::publish::error::StoreError;

/// Where the file is.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Opens the file through a descriptor of its own, or makes it. It is locked
    /// until it is dropped.
    fn open(&self) -> Result<Arc<dyn RawFile>, StoreError>;

    /// Writes the name of the file to the disk.
    fn sync_name(&self) -> io::Result<()>;

    /// Which start of the machine this is; none if nobody knows.
    fn boot(&self) -> Option<Boot>;
}

/// A start of the machine. What the operating system had not yet written to the disk
/// is lost with it.
pub(crate) type Boot = [u8; 16];

/// An open file.
pub(crate) trait RawFile: Send + Sync {
    fn len(&self) -> io::Result<u64>;
    /// Fills the buffer, or fails.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
    /// Writes all bytes, or fails.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    fn set_len(&self, length: u64) -> io::Result<()>;
    fn sync(&self) -> io::Result<()>;
}

/// A file at a path.
pub(crate) struct SystemDisk(PathBuf);

struct SystemFile(#[cfg(unix)] File, #[cfg(not(unix))] std::sync::Mutex<File>);

impl SystemDisk {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl Disk for SystemDisk {
    fn open(&self) -> Result<Arc<dyn RawFile>, StoreError> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&self.0)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Ok(Arc::new(SystemFile(file)))
    }

    #[cfg(unix)]
    fn sync_name(&self) -> io::Result<()> {
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    // Folders cannot be opened there.
    #[cfg(not(unix))]
    fn sync_name(&self) -> io::Result<()> {
        Ok(())
    }

    /// Linux has a random number for each start (`random(4)`).
    fn boot(&self) -> Option<Boot> {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
    }
}

#[cfg(unix)]
impl RawFile for SystemFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, out, offset)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, bytes, offset)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(not(unix))]
impl SystemFile {
    fn at(&self, offset: u64) -> io::Result<std::sync::MutexGuard<'_, File>> {
        use std::io::Seek as _;

        let mut file = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(io::SeekFrom::Start(offset))?;
        Ok(file)
    }
}

#[cfg(not(unix))]
impl RawFile for SystemFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.at(0)?.metadata()?.len())
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        use std::io::Read as _;

        self.at(offset)?.read_exact(out)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::io::Write as _;

        self.at(offset)?.write_all(bytes)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.at(0)?.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.at(0)?.sync_data()
    }
}
