//! Files of the operating system, behind traits whose other implementations fail
//! on purpose.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the file of events, as far as that file goes.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Opens the file of that name through a descriptor of its own. Where there is
    /// none it is made if `makes` says so, and is `None` otherwise.
    fn open(&self, name: Name, makes: bool) -> io::Result<Option<Arc<dyn RawFile>>>;

    /// Opens the file of events once more, as the file that is open already: a sync
    /// that failed is never tried again on its descriptor.
    fn reopen(&self, file: &Arc<dyn RawFile>) -> io::Result<Arc<dyn RawFile>> {
        match self.open(Name::Events, false)? {
            Some(again) if again.identity()? == file.identity()? => Ok(again),
            _ => Err(io::Error::other(
                "it was moved, removed or replaced while it was open: start the process again",
            )),
        }
    }

    /// The file that has that name.
    fn identity(&self, name: Name) -> io::Result<Option<Identity>>;

    /// Gives the new file the name of the file of events, in one step.
    fn rename(&self) -> io::Result<()>;

    /// Removes the new file.
    fn remove(&self) -> io::Result<()>;

    /// Writes the names in the folder to the disk.
    fn sync_folder(&self) -> io::Result<()>;

    /// The start of the machine that this is; none if nobody knows.
    fn boot(&self) -> Option<Boot>;

    /// The path of the file of events, for messages.
    fn path(&self) -> &Path;
}

/// The names of a file of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// Its own.
    Events,
    /// The one that it has while it is made.
    New,
    /// That of the file beside it, which says how it was left.
    Mark,
}

/// The device and the number of a file, by which two descriptors are known to be of
/// one file.
pub(crate) type Identity = (u64, u64);

/// A start of the machine. What the operating system had not yet written to the disk
/// is lost with it.
pub(crate) type Boot = [u8; 16];

/// An open file.
pub(crate) trait RawFile: Send + Sync {
    /// Locks the file against other descriptors until this one is dropped; false if
    /// another one has it locked.
    fn try_lock(&self) -> io::Result<bool>;
    fn identity(&self) -> io::Result<Identity>;
    /// When the file was last changed, in nanoseconds since 1970. Nobody can set that.
    fn changed(&self) -> io::Result<u64>;
    fn len(&self) -> io::Result<u64>;
    /// Fills the buffer, or fails.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;
    /// Writes all bytes, or fails.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    fn set_len(&self, length: u64) -> io::Result<()>;
    fn sync(&self) -> io::Result<()>;
}

/// A file at a path.
pub(crate) struct SystemDisk {
    /// As it was given.
    path: PathBuf,
    /// The same without symbolic links: a rename replaces a link, not what it is of.
    file: PathBuf,
    new: PathBuf,
    mark: PathBuf,
}

struct SystemFile(#[cfg(unix)] File, #[cfg(not(unix))] std::sync::Mutex<File>);

/// The most symbolic links that are followed, as on Linux.
const MAX_LINKS: usize = 40;

impl SystemDisk {
    pub(crate) fn new(path: &Path) -> Self {
        let mut file = path.to_owned();
        for _ in 0..MAX_LINKS {
            // A relative link is relative to its own folder.
            let Ok(target) = std::fs::read_link(&file) else { break };
            file = folder_of(&file).join(target);
        }
        let beside = |ending| {
            let mut beside = file.clone().into_os_string();
            beside.push(ending);
            PathBuf::from(beside)
        };
        let (new, mark) = (beside(".new"), beside(".mark"));
        Self { path: path.to_owned(), file, new, mark }
    }

    fn path_of(&self, name: Name) -> &Path {
        match name {
            Name::Events => &self.file,
            Name::New => &self.new,
            Name::Mark => &self.mark,
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// None where there is no such file.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Disk for SystemDisk {
    fn open(&self, name: Name, makes: bool) -> io::Result<Option<Arc<dyn RawFile>>> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(makes).truncate(false);
        let file = options.open(self.path_of(name));
        // Without its folder a file cannot be made.
        let Some(file) = (if makes { file.map(Some) } else { found(file) })? else {
            return Ok(None);
        };
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Ok(Some(Arc::new(SystemFile(file))))
    }

    // Elsewhere a lock is against the same process as well.
    #[cfg(not(unix))]
    fn reopen(&self, file: &Arc<dyn RawFile>) -> io::Result<Arc<dyn RawFile>> {
        Ok(Arc::clone(file))
    }

    fn identity(&self, name: Name) -> io::Result<Option<Identity>> {
        Ok(found(std::fs::metadata(self.path_of(name)))?.as_ref().map(identity))
    }

    fn rename(&self) -> io::Result<()> {
        std::fs::rename(&self.new, &self.file)
    }

    fn remove(&self) -> io::Result<()> {
        std::fs::remove_file(&self.new)
    }

    #[cfg(unix)]
    fn sync_folder(&self) -> io::Result<()> {
        File::open(folder_of(&self.file))?.sync_all()
    }

    // Folders cannot be opened there.
    #[cfg(not(unix))]
    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    /// Linux has a random number for each start (`random(4)`).
    fn boot(&self) -> Option<Boot> {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.dev(), metadata.ino())
}

// Only unstable functions tell it there; the lock alone has to do.
#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Identity {
    (0, 0)
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(unix)]
impl Drop for SystemFile {
    /// Gives the lock up by name: a process that is being started has a copy of the
    /// descriptor for a moment, with which closing this one would leave the lock.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::debug!(%error, "the file of events is not unlocked before it is closed");
        }
    }
}

#[cfg(unix)]
impl RawFile for SystemFile {
    fn try_lock(&self) -> io::Result<bool> {
        try_lock(&self.0)
    }

    fn identity(&self) -> io::Result<Identity> {
        Ok(identity(&self.0.metadata()?))
    }

    fn changed(&self) -> io::Result<u64> {
        use std::os::unix::fs::MetadataExt as _;

        let metadata = self.0.metadata()?;
        let nanoseconds = i128::from(metadata.ctime()) * 1_000_000_000;
        let changed = nanoseconds.saturating_add(i128::from(metadata.ctime_nsec()));
        Ok(u64::try_from(changed).unwrap_or_default())
    }

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
    fn file(&self) -> std::sync::MutexGuard<'_, File> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn at(&self, offset: u64) -> io::Result<std::sync::MutexGuard<'_, File>> {
        use std::io::Seek as _;

        let mut file = self.file();
        file.seek(io::SeekFrom::Start(offset))?;
        Ok(file)
    }
}

#[cfg(not(unix))]
impl RawFile for SystemFile {
    fn try_lock(&self) -> io::Result<bool> {
        try_lock(&self.file())
    }

    fn identity(&self) -> io::Result<Identity> {
        Ok(identity(&self.file().metadata()?))
    }

    // It says when the file was written to, which can be set.
    fn changed(&self) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.file().metadata()?.len())
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
        self.file().set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.file().sync_data()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A process that is being started has a copy of each descriptor until it is what
    /// is to be started.
    #[test]
    fn a_file_that_is_closed_is_unlocked_though_a_copy_of_its_descriptor_is_open() {
        let folder = tempfile::tempdir().unwrap();
        let open = || {
            let path = folder.path().join("events");
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false).open(path).unwrap()
        };
        let file = SystemFile(open());
        assert!(file.try_lock().unwrap());
        let copy = file.0.try_clone().unwrap();
        assert!(!SystemFile(open()).try_lock().unwrap());
        drop(file);
        assert!(SystemFile(open()).try_lock().unwrap());
        drop(copy);
    }
}
