//! Files of the operating system, behind traits that tests implement with failures.
//! `Events` names the file of a store, also where it has rooms.

use std::fs::{File, FileType, Metadata, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a file of events, with the operations that the store needs.
pub(crate) trait Disk: Send + Sync + 'static {
    /// Opens the file of that name through a new descriptor. If it does not exist it is
    /// created if `makes` is set; otherwise `None` is returned. Anything but a regular file
    /// is an error, and is not opened.
    fn open(&self, name: Name, makes: bool) -> io::Result<Option<Arc<dyn RawFile>>>;

    /// Opens the file of events again: a failed sync is never retried on its
    /// descriptor.
    fn reopen(&self, file: &Arc<dyn RawFile>) -> io::Result<Arc<dyn RawFile>> {
        match self.open(Name::Events, false)? {
            Some(again) if again.identity()? == file.identity()? => Ok(again),
            _ => Err(io::Error::other(
                "it was moved, removed or replaced while it was open: start the process again",
            )),
        }
    }

    /// Returns the identity of the file with that name.
    fn identity(&self, name: Name) -> io::Result<Option<Identity>>;

    /// Renames the new file to the file of events, atomically.
    fn rename(&self) -> io::Result<()>;

    /// Removes the new file.
    fn remove(&self) -> io::Result<()>;

    /// Syncs the names in the folder.
    fn sync_folder(&self) -> io::Result<()>;

    /// Returns the boot id of the machine; `None` if it is unknown.
    fn boot(&self) -> Option<Boot>;

    /// Returns the path of the file of events, for messages.
    fn path(&self) -> &Path;
}

/// The names of a file of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// The file itself.
    Events,
    /// The file under its temporary name, until it is complete.
    New,
    /// The witness file beside it.
    Mark,
}

/// Device and inode of a file, which tell whether two descriptors refer to the same
/// file.
pub(crate) type Identity = (u64, u64);

/// Boot id of the machine. Data that the operating system had not written to the disk
/// are lost with a boot.
pub(crate) type Boot = [u8; 16];

/// An open file.
pub(crate) trait RawFile: Send + Sync {
    /// Locks the file against other descriptors until this one is dropped; returns
    /// `false` if another one holds the lock.
    fn try_lock(&self) -> io::Result<bool>;
    fn identity(&self) -> io::Result<Identity>;
    /// Returns the time of the file's last change, in nanoseconds since 1970. It cannot
    /// be set.
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
    /// Path as given.
    path: PathBuf,
    /// Path without symbolic links: a rename replaces a link, not its target.
    file: PathBuf,
    new: PathBuf,
    mark: PathBuf,
}

struct SystemFile(#[cfg(unix)] File, #[cfg(not(unix))] std::sync::Mutex<File>);

/// Maximum number of symbolic links to follow, as on Linux.
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

/// Maps a missing file to `None`.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the kind of a file that is no regular one.
fn irregular(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;

        if kind.is_fifo() {
            return Some("a FIFO");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    Some("of another kind")
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl Disk for SystemDisk {
    fn open(&self, name: Name, makes: bool) -> io::Result<Option<Arc<dyn RawFile>>> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(makes).truncate(false);
        let path = self.path_of(name);
        let check = |metadata: &Metadata| match irregular(metadata.file_type()) {
            None => Ok(()),
            Some(kind) if name == Name::Events => {
                Err(invalid(format!("it is {kind}, and not a regular file")))
            }
            Some(kind) => {
                Err(invalid(format!("{} is {kind}, and not a regular file", path.display())))
            }
        };
        // Before it is opened, which may wait for a FIFO and start a device.
        found(std::fs::metadata(path))?.as_ref().map_or(Ok(()), check)?;
        let file = options.open(path);
        // Without its folder a file cannot be created.
        let Some(file) = (if makes { file.map(Some) } else { found(file) })? else {
            return Ok(None);
        };
        check(&file.metadata()?)?;
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Ok(Some(Arc::new(SystemFile(file))))
    }

    // On other systems a lock also excludes the same process.
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

    // Folders cannot be opened on other systems.
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
fn identity(metadata: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;

    (metadata.dev(), metadata.ino())
}

// Only unstable functions return it on other systems; the lock has to suffice.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {
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
    /// Unlocks explicitly: a child process that is being spawned has a copy of the
    /// descriptor for a moment, with which closing this one would keep the lock.
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

    // The time of the last write, which can be set.
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

    /// A child process that is being spawned has a copy of each descriptor until
    /// `exec`.
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

    #[test]
    fn a_file_has_an_identity_and_a_time_of_its_last_change() {
        let folder = tempfile::tempdir().unwrap();
        let disk = SystemDisk::new(&folder.path().join("events"));
        assert_eq!(disk.identity(Name::Events).unwrap(), None);
        let open = |name| disk.open(name, true).unwrap().unwrap();
        let (events, mark) = (open(Name::Events), open(Name::Mark));
        assert_eq!(events.identity().unwrap(), open(Name::Events).identity().unwrap());
        assert_eq!(disk.identity(Name::Events).unwrap(), Some(events.identity().unwrap()));
        assert_ne!(events.identity().unwrap(), mark.identity().unwrap());
        // The clock of a disk advances by milliseconds.
        let before = events.changed().unwrap();
        assert!(before > 1_500_000_000_000_000_000, "in nanoseconds: {before}");
        while events.changed().unwrap() == before {
            events.write_at(0, b"x").unwrap();
        }
        assert!(events.changed().unwrap() > before);
    }

    #[test]
    fn the_boot_of_a_machine_is_known_on_linux() {
        let boot = SystemDisk::new(Path::new("events")).boot();
        assert_eq!(boot, SystemDisk::new(Path::new("other")).boot());
        if cfg!(target_os = "linux") {
            let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
            let boot = format!("{:032x}", u128::from_be_bytes(boot.unwrap()));
            assert_eq!(boot, text.trim().replace('-', ""));
        }
    }

    #[test]
    fn a_file_that_was_replaced_or_removed_is_not_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let disk = SystemDisk::new(&folder.path().join("events"));
        let file = disk.open(Name::Events, true).unwrap().unwrap();
        let again = disk.reopen(&file).unwrap();
        assert_eq!(again.identity().unwrap(), file.identity().unwrap());
        disk.open(Name::New, true).unwrap().unwrap();
        disk.remove().unwrap();
        assert_eq!(disk.identity(Name::New).unwrap(), None);
        disk.open(Name::New, true).unwrap().unwrap();
        disk.rename().unwrap();
        assert!(disk.reopen(&file).err().unwrap().to_string().contains("replaced"));
        std::fs::remove_file(disk.path()).unwrap();
        assert!(disk.reopen(&file).err().unwrap().to_string().contains("removed"));
        // A folder that is missing is no missing file.
        let disk = SystemDisk::new(&folder.path().join("none").join("events"));
        assert!(disk.open(Name::Events, false).unwrap().is_none());
        disk.open(Name::Events, true).err().expect("it cannot be created");
        // One that cannot be reached is none that is missing.
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = SystemDisk::new(&file.join("events")).open(Name::Events, false).err();
        assert_eq!(error.unwrap().kind(), io::ErrorKind::NotADirectory);
    }

    /// A file whose syncs fail: devices have none.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_sync_reaches_the_system() {
        let device = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
        assert_eq!(SystemFile(device).sync().unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn a_folder_that_is_missing_cannot_be_synced() {
        let folder = tempfile::tempdir().unwrap();
        let disk = SystemDisk::new(&folder.path().join("events"));
        disk.sync_folder().unwrap();
        let disk = SystemDisk::new(&folder.path().join("none").join("events"));
        assert_eq!(disk.sync_folder().unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
