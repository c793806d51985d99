//! Storage of the rooms of a process in one file.

use std::fmt;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::channel::oneshot;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tokio::sync::watch;

use super::backend::{
    AlarmSlot, ListOptions, StorageBackend, StorageError, StorageFuture, Write, Written, bounds,
    is_empty, prefix_end,
};
use crate::publish::file::{Current, Disk, Layout, SystemDisk, failure, find_or_make};
use crate::publish::{StoreError, StoreErrorKind};

mod queue;

use queue::WriteQueue;

/// Entries by room and key.
const ENTRIES: TableDefinition<'static, (&str, &str), &[u8]> = TableDefinition::new("entries");

/// Last numbers of sequences, by room and prefix.
const SEQUENCES: TableDefinition<'static, (&str, &str), u64> = TableDefinition::new("sequences");

/// Times of alarms in milliseconds since 1970, by room and slot.
const ALARMS: TableDefinition<'static, (&str, u8), u64> = TableDefinition::new("alarms");

/// A file that is a database of redb.
const LAYOUT: Layout = Layout::redb("file of rooms", prepare);

/// A file with the storage and the alarms of many rooms.
///
/// Writes of all rooms take effect in the order in which they are called, also those whose futures
/// are dropped; those that wait share a sync of the disk. A read of a room is behind the writes of
/// the room that were called before.
///
/// After a write that failed the file is opened again with what was written: reads go on, and so do
/// writes once the disk can be written.
#[derive(Clone)]
pub(super) struct RoomFile(Arc<File>);

struct File {
    current: Current,
    queue: Mutex<WriteQueue>,
    /// Number of the last write that has ended.
    ended: watch::Sender<u64>,
}

/// The part of one room.
pub(super) struct FileStorage {
    file: RoomFile,
    room: Arc<str>,
    /// Called when an alarm is set.
    alarmed: Arc<dyn Fn() + Send + Sync>,
}

impl RoomFile {
    /// Opens the file, which is created if it does not exist. One that can be read but not written,
    /// as on a full disk, is opened: writes fail until there is room.
    pub(super) fn open(path: &Path) -> Result<Self, StorageError> {
        Self::on(Box::new(SystemDisk::new(path)))
    }

    fn on(disk: Box<dyn Disk>) -> Result<Self, StorageError> {
        let path = disk.path().to_owned();
        let open = || {
            let file = find_or_make(&*disk, Duration::ZERO, &LAYOUT)?;
            Current::open(disk, true, file, &LAYOUT)
        };
        let current = open().map_err(|error| opening(&error, &path))?;
        let (queue, ended) = (Mutex::default(), watch::Sender::default());
        let file = File { current, queue, ended };
        if let Err(error) = file.make_writable() {
            let error = unusable(&error);
            tracing::error!(%error, file = %path.display(), "a file of rooms cannot be written");
        }
        Ok(Self(Arc::new(file)))
    }

    pub(super) fn room(&self, room: &str, alarmed: Arc<dyn Fn() + Send + Sync>) -> FileStorage {
        FileStorage { file: self.clone(), room: room.into(), alarmed }
    }

    /// Returns the rooms with alarms, and the earliest time of each.
    pub(super) async fn alarms(&self) -> Result<Vec<(Arc<str>, Option<u64>)>, StorageError> {
        let file = Arc::clone(&self.0);
        file.read(|database| {
            let read = database.begin_read().map_err(failure)?;
            let mut alarms = Vec::<(Arc<str>, Option<u64>)>::new();
            for alarm in read.open_table(ALARMS).map_err(failure)?.iter().map_err(failure)? {
                let (key, at) = alarm.map_err(failure)?;
                let ((room, _), at) = (key.value(), Some(at.value()));
                match alarms.last_mut().filter(|(last, _)| **last == *room) {
                    Some((_, earliest)) => *earliest = at.min(*earliest),
                    None => alarms.push((room.into(), at)),
                }
            }
            Ok(alarms)
        })
        .await
    }

    /// Returns the earliest time of the alarms of each of these rooms, or `None`.
    pub(super) async fn alarms_of(
        &self,
        names: Vec<Arc<str>>,
    ) -> Result<Vec<(Arc<str>, Option<u64>)>, StorageError> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let file = Arc::clone(&self.0);
        file.read(move |database| {
            let read = database.begin_read().map_err(failure)?;
            let alarms = read.open_table(ALARMS).map_err(failure)?;
            let earliest = |name: &str| -> Result<_, StoreError> {
                let mut earliest = None;
                for slot in AlarmSlot::ALL {
                    let at = alarms.get((name, slot.number())).map_err(failure)?;
                    earliest = earliest.into_iter().chain(at.map(|at| at.value())).min();
                }
                Ok(earliest)
            };
            names.iter().map(|name| Ok((Arc::clone(name), earliest(name)?))).collect()
        })
        .await
    }
}

impl File {
    /// Makes the file writable, at the start and after a failure, with its content on the disk.
    fn make_writable(&self) -> Result<(), StoreError> {
        if self.current.is_writable() {
            return Ok(());
        }
        self.current.release()?;
        let (generation, begun) = self.current.try_with(|opened| Ok(opened.file.begin()?));
        begun.inspect_err(|_| self.renew(generation))
    }

    /// Opens the file again after a failure, which is logged if it cannot be.
    fn renew(&self, generation: u64) {
        drop(self.current.renew(generation));
    }

    /// Reads on a thread for work that blocks.
    async fn read<R: Send + 'static>(
        self: Arc<Self>,
        look: impl Fn(&Database) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StorageError> {
        let read = move || self.current.read(|opened| look(&opened.database));
        let read = crate::task::block(read).map_err(StorageError::failed)?;
        read.await.map_err(StorageError::failed)?.map_err(|error| unusable(&error))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.current.close();
    }
}

/// Creates the tables of a new file.
fn prepare(database: &Database) -> Result<(), StoreError> {
    let write = database.begin_write().map_err(failure)?;
    write.open_table(ENTRIES).map_err(failure)?;
    write.open_table(SEQUENCES).map_err(failure)?;
    write.open_table(ALARMS).map_err(failure)?;
    write.commit().map_err(failure)
}

/// Returns the error of a file that cannot be opened.
fn opening(error: &StoreError, path: &Path) -> StorageError {
    let path = path.display();
    StorageError::failed(match (error.kind(), std::error::Error::source(error)) {
        (StoreErrorKind::InUse, _) => {
            format!("the file {path} is open in another process, or twice in this one")
        }
        (_, Some(source)) => format!("{}: {path}: {source}", text(error)),
        (_, None) => format!("{} ({path})", text(error)),
    })
}

/// Returns the error of a file that was opened and cannot be used.
fn unusable(error: &StoreError) -> StorageError {
    StorageError::failed(match std::error::Error::source(error) {
        Some(source) => format!("{}: {source}", text(error)),
        None => text(error),
    })
}

fn text(error: &StoreError) -> String {
    match error.kind() {
        StoreErrorKind::Unavailable => "the file of rooms cannot be used".to_owned(),
        _ => error.to_string(),
    }
}

impl StorageBackend for FileStorage {
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>> {
        let (room, key) = (Arc::clone(&self.room), key.to_owned());
        self.read(move |database| {
            let read = database.begin_read().map_err(failure)?;
            let entries = read.open_table(ENTRIES).map_err(failure)?;
            let value = entries.get((&*room, &*key)).map_err(failure)?;
            Ok(value.map(|value| Bytes::copy_from_slice(value.value())))
        })
    }

    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>> {
        let (room, prefix) = (Arc::clone(&self.room), prefix.to_owned());
        let options = options.clone();
        self.read(move |database| {
            let read = database.begin_read().map_err(failure)?;
            let entries = read.open_table(ENTRIES).map_err(failure)?;
            let end = prefix_end(&prefix);
            let (first, last) = bounds(&prefix, end.as_deref(), &options);
            // A room ends where the next name begins.
            let next_room = format!("{room}\0");
            let last = match with_room(&room, last) {
                Bound::Unbounded => Bound::Excluded((&*next_room, "")),
                last => last,
            };
            let range = (with_room(&room, first), last);
            if is_empty(&range) {
                return Ok(Vec::new());
            }
            let found = entries.range::<(&str, &str)>(range).map_err(failure)?;
            let copy = |entry: Result<(redb::AccessGuard<'_, _>, redb::AccessGuard<'_, _>), _>| {
                let (key, value) = entry.map_err(failure)?;
                let (_, key): (&str, &str) = key.value();
                let value: &[u8] = value.value();
                Ok((key.to_owned(), Bytes::copy_from_slice(value)))
            };
            if options.reverse {
                found.rev().take(options.limit).map(copy).collect()
            } else {
                found.take(options.limit).map(copy).collect()
            }
        })
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let is_alarm = |write: &Write| matches!(write, Write::Alarm { .. } | Write::Rang { .. });
        let alarmed = writes.iter().any(is_alarm).then(|| Arc::clone(&self.alarmed));
        let (sender, outcome) = oneshot::channel();
        self.file.write(&self.room, writes, alarmed, sender);
        Box::pin(async move {
            let ended = |_| Err(StorageError::failed("the file is not written to any more"));
            outcome.await.unwrap_or_else(ended)
        })
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        let room = Arc::clone(&self.room);
        self.read(move |database| {
            let read = database.begin_read().map_err(failure)?;
            let alarms = read.open_table(ALARMS).map_err(failure)?;
            let at = alarms.get((&*room, slot.number())).map_err(failure)?;
            Ok(at.map(|at| at.value()))
        })
    }
}

impl FileStorage {
    /// Reads behind the writes of the room that were called before.
    fn read<R: Send + 'static>(
        &self,
        look: impl Fn(&Database) -> Result<R, StoreError> + Send + 'static,
    ) -> StorageFuture<R> {
        let file = Arc::clone(&self.file.0);
        let last = lock(&file.queue).unfinished.get(&self.room).copied();
        Box::pin(async move {
            if let Some(last) = last {
                // The file has the sender.
                _ = file.ended.subscribe().wait_for(|ended| *ended >= last).await;
            }
            file.read(look).await
        })
    }
}

fn with_room<'a>(room: &'a str, bound: Bound<&'a str>) -> Bound<(&'a str, &'a str)> {
    bound.map(|key| (room, key))
}

fn lock(queue: &Mutex<WriteQueue>) -> MutexGuard<'_, WriteQueue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for RoomFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomFile")
    }
}

#[cfg(test)]
mod faults;

#[cfg(all(test, unix))]
mod paths;

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, StreamExt as _};

    use super::queue::QUEUE_BYTES;
    use super::*;
    use crate::publish::file::Opened;

    /// Holds up writes until it is dropped.
    pub(super) fn hold(file: &RoomFile) -> redb::WriteTransaction {
        let begin = |opened: &Opened| opened.database.begin_write().map_err(failure);
        file.0.current.try_with(begin).1.unwrap()
    }

    fn storage(path: &Path) -> Result<FileStorage, StorageError> {
        Ok(RoomFile::open(path)?.room("lobby", Arc::new(|| {})))
    }

    fn put(value: &'static str) -> Vec<Write> {
        vec![Write::Put { key: "key".to_owned(), value: Bytes::from_static(value.as_bytes()) }]
    }

    #[tokio::test]
    async fn a_start_continues_whatever_an_earlier_one_left_that_was_killed_while_it_created_the_file()
     {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("whole");
        drop(storage(&whole).unwrap());
        let whole = std::fs::read(whole).unwrap();
        for length in [0, 1, 9, 512, 4096, whole.len() - 1, whole.len()] {
            let path = folder.path().join(format!("rooms-{length}"));
            std::fs::write(folder.path().join(format!("rooms-{length}.new")), &whole[..length])
                .unwrap();
            storage(&path).unwrap().write(put("1")).await.unwrap();
            let read = storage(&path).unwrap().get("key").await.unwrap();
            assert_eq!(read.as_deref(), Some(b"1".as_slice()), "{length}");
        }
    }

    #[tokio::test]
    async fn an_empty_file_is_a_new_one_and_a_damaged_one_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rooms");
        std::fs::write(&path, "").unwrap();
        storage(&path).unwrap().write(put("1")).await.unwrap();
        let damaged = folder.path().join("damaged");
        std::fs::write(&damaged, "no database").unwrap();
        assert!(storage(&damaged).is_err());
        assert_eq!(std::fs::read(&damaged).unwrap(), b"no database");
    }

    async fn value(storage: &FileStorage) -> Option<String> {
        let value = storage.get("key").await.unwrap();
        value.map(|value| String::from_utf8(value.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn writes_take_effect_in_the_order_of_their_calls_and_not_in_that_of_their_polls() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(&folder.path().join("rooms")).unwrap();
        let other = storage.file.room("other", Arc::new(|| {}));
        let held = hold(&storage.file);
        let values = ["1", "2", "3", "4", "5", "6", "7", "8"];
        let mut writes: Vec<_> = values.map(|value| storage.write(put(value))).into();
        writes.push(other.write(put("other")));
        for write in writes.iter_mut().rev() {
            assert!(write.as_mut().now_or_never().is_none());
        }
        drop(held);
        for written in futures::future::join_all(writes.into_iter().rev()).await {
            written.unwrap();
        }
        assert_eq!(value(&storage).await.as_deref(), Some("8"));
        assert_eq!(value(&other).await.as_deref(), Some("other"));
    }

    #[tokio::test]
    async fn a_write_whose_future_is_dropped_is_before_the_operations_that_are_called_later() {
        let folder = tempfile::tempdir().unwrap();
        let file = RoomFile::open(&folder.path().join("rooms")).unwrap();
        let (alarmed, mut alarms) = futures::channel::mpsc::unbounded();
        let alarmed = move || alarmed.unbounded_send(()).unwrap();
        let storage = file.room("lobby", Arc::new(alarmed));
        let held = hold(&file);
        let mut writes = put("dropped");
        writes.push(Write::Alarm { slot: AlarmSlot::Room, at: Some(1) });
        assert!(storage.write(writes).now_or_never().is_none());
        let mut read = Box::pin(value(&storage));
        assert!(read.as_mut().now_or_never().is_none());
        drop(held);
        assert_eq!(read.await.as_deref(), Some("dropped"));
        // The alarm is scheduled as well.
        alarms.next().await.unwrap();
        drop(storage.write(put("again")));
        storage.write(put("last")).await.unwrap();
        assert_eq!(value(&storage).await.as_deref(), Some("last"));
        // Nothing is noted of writes that have ended.
        assert!(lock(&file.0.queue).unfinished.is_empty());
    }

    #[tokio::test]
    async fn writes_that_wait_for_the_disk_are_bounded_in_bytes_also_when_nobody_waits_for_them() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(&folder.path().join("rooms")).unwrap();
        let mib = vec![b'x'; 1 << 20];
        let write = |key: &str| {
            let value = Bytes::copy_from_slice(&mib);
            storage.write(vec![Write::Put { key: key.to_owned(), value }])
        };
        let held = hold(&storage.file);
        let mut accepted = 0;
        let refused = loop {
            match write("key").now_or_never() {
                None => accepted += 1,
                Some(outcome) => break outcome.unwrap_err(),
            }
            assert!(accepted < 100, "they are not bounded");
        };
        assert!(matches!(refused, StorageError::Full), "{refused}");
        assert_eq!(accepted, (QUEUE_BYTES >> 20) - 1);
        // Others are refused as well, and a small one has room.
        assert!(write("other").now_or_never().is_some());
        let small = storage.write(put("small"));
        drop(held);
        small.await.unwrap();
        assert_eq!(value(&storage).await.as_deref(), Some("small"));
        write("other").await.unwrap();
        assert_eq!(lock(&storage.file.0.queue).bytes(), 0);
    }

    #[test]
    fn a_write_without_a_runtime_fails_and_the_next_one_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(&folder.path().join("rooms")).unwrap();
        let write = storage.write(put("lost"));
        let error = write.now_or_never().unwrap().unwrap_err();
        assert!(matches!(error, StorageError::Failed(_)), "{error}");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            assert_eq!(value(&storage).await, None);
            storage.write(put("written")).await.unwrap();
            assert_eq!(value(&storage).await.as_deref(), Some("written"));
        });
    }
}
