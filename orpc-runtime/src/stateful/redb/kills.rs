//! A process that is killed at each operation of its disk, one after the other.

use std::fs;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::super::memory::MemoryStorage;
use super::*;

/// Bytes that a disk writes as a whole.
const SECTOR: usize = 512;

/// A file of which a process may be killed by any operation that changes it.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<Content>>);

#[derive(Debug, Clone, Default)]
struct Content {
    /// As processes read it.
    cache: Vec<u8>,
    /// As it is after a loss of power, with none of the writes since the last sync.
    durable: Vec<u8>,
    /// Writes since the last sync.
    unsynced: Vec<Range<usize>>,
    /// Number of operations that have changed it.
    operations: u32,
    kill: Option<Kill>,
}

/// The operation by which the process is killed.
#[derive(Debug, Clone, Copy)]
struct Kill {
    at: u32,
    /// Writes a part of what the operation writes.
    is_torn: bool,
}

fn killed() -> io::Error {
    io::Error::other("the process was killed")
}

impl Content {
    /// Counts an operation; an error behind the last one, and at it the part that is done.
    fn count(&mut self) -> Result<Option<Kill>, io::Error> {
        self.operations += 1;
        match self.kill {
            Some(kill) if kill.at < self.operations => Err(killed()),
            Some(kill) if kill.at == self.operations => Ok(Some(kill)),
            _ => Ok(None),
        }
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().cache.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.0.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        let bytes = content.cache.get(start..start + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut content = self.0.lock().unwrap();
        if content.count()?.is_some() {
            return Err(killed());
        }
        content.cache.resize(usize::try_from(length).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut content = self.0.lock().unwrap();
        if content.count()?.is_some() {
            return Err(killed());
        }
        content.durable = content.cache.clone();
        content.unsynced.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut content = self.0.lock().unwrap();
        let kill = content.count()?;
        let length = match kill {
            Some(Kill { is_torn: true, .. }) => data.len() / 2 / SECTOR * SECTOR,
            Some(_) => 0,
            None => data.len(),
        };
        let start = usize::try_from(offset).unwrap();
        content.cache[start..start + length].copy_from_slice(&data[..length]);
        content.unsynced.push(start..start + length);
        if kill.is_some() { Err(killed()) } else { Ok(()) }
    }
}

impl Disk {
    /// Returns the disk after the process, as the next one finds it.
    fn after_kill(&self) -> Self {
        let content = self.0.lock().unwrap();
        Self::of(content.cache.clone())
    }

    /// Returns the disk after a loss of power: of the writes since the last sync some sectors
    /// are there, chosen by the bits of a seed.
    fn after_power_loss(&self, mut seed: u64) -> Self {
        let content = self.0.lock().unwrap();
        let mut bytes = content.durable.clone();
        bytes.resize(bytes.len().max(content.cache.len()), 0);
        for write in &content.unsynced {
            for start in write.clone().step_by(SECTOR) {
                let sector = start..(start + SECTOR).min(write.end);
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if seed >> 63 == 1 {
                    bytes[sector.clone()].copy_from_slice(&content.cache[sector]);
                }
            }
        }
        Self::of(bytes)
    }

    fn of(bytes: Vec<u8>) -> Self {
        let content = Content { durable: bytes.clone(), cache: bytes, ..Content::default() };
        Self(Arc::new(Mutex::new(content)))
    }

    fn open(&self) -> Result<RoomFile, StorageError> {
        let built =
            guarded(|| redb::Builder::new().create_with_backend(self.clone()).map_err(failed));
        Ok(RoomFile::of(built?))
    }
}

fn put(key: &str, value: &str) -> Write {
    Write::Put { key: key.to_owned(), value: Bytes::copy_from_slice(value.as_bytes()) }
}

fn append(value: &str) -> Write {
    Write::Append { prefix: "log/".to_owned(), value: Bytes::copy_from_slice(value.as_bytes()) }
}

fn delete(key: &str) -> Write {
    Write::Delete { key: key.to_owned() }
}

fn alarm(at: Option<u64>) -> Write {
    Write::Alarm { slot: AlarmSlot::Room, at }
}

/// The rooms, and the writes to them in their order.
const ROOMS: [&str; 2] = ["lobby", "lobby2"];

fn script() -> Vec<(usize, Vec<Write>)> {
    let large = "x".repeat(9_000);
    vec![
        (0, vec![put("a", "1"), append("one"), alarm(Some(5))]),
        (1, vec![put("a", "2"), append(&large), alarm(Some(7))]),
        (0, vec![append("two"), append("three"), delete("a")]),
        (0, vec![Write::Rang { slot: AlarmSlot::Room, at: 5 }, put("b", &large)]),
        (1, vec![delete("log/0000000000000001"), put("c", "3")]),
        (1, vec![alarm(None), append("four")]),
        (0, vec![alarm(Some(9)), delete("none"), put("b", "4")]),
    ]
}

/// Content of all rooms: entries, the next number of a sequence, alarms.
type Seen = Vec<(Vec<(String, Bytes)>, Vec<Option<u64>>)>;

async fn content(rooms: &[Box<dyn StorageBackend>]) -> Result<Seen, StorageError> {
    let mut seen = Vec::new();
    for room in rooms {
        let mut alarms = Vec::new();
        for slot in AlarmSlot::ALL {
            alarms.push(room.alarm(slot).await?);
        }
        seen.push((room.list("", &ListOptions::default()).await?, alarms));
    }
    Ok(seen)
}

fn rooms(file: &RoomFile) -> Vec<Box<dyn StorageBackend>> {
    let room = |name| Box::new(file.room(name, Arc::new(|| {}))) as Box<dyn StorageBackend>;
    ROOMS.into_iter().map(room).collect()
}

/// Returns the content after each number of writes.
async fn expected() -> Vec<Seen> {
    let rooms: Vec<Box<dyn StorageBackend>> =
        ROOMS.iter().map(|_| Box::new(MemoryStorage::default()) as _).collect();
    let mut all = vec![content(&rooms).await.unwrap()];
    for (room, writes) in script() {
        rooms[room].write(writes).await.unwrap();
        all.push(content(&rooms).await.unwrap());
    }
    all
}

/// Runs the script until the process is killed. Returns how many writes were acknowledged.
async fn run_until_killed(disk: &Disk) -> usize {
    let Ok(file) = disk.open() else { return 0 };
    let rooms = rooms(&file);
    let mut acknowledged = 0;
    for (room, writes) in script() {
        if rooms[room].write(writes).await.is_err() {
            break;
        }
        acknowledged += 1;
    }
    acknowledged
}

/// An empty file of rooms, which is created beside its place and is there as a whole.
fn created() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rooms");
    drop(RoomFile::open(&path).unwrap());
    fs::read(path).unwrap()
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_operation_of_its_disk_has_lost_nothing_acknowledged() {
    let (created, expected) = (created(), expected().await);
    let whole = Disk::of(created.clone());
    assert_eq!(run_until_killed(&whole).await, script().len());
    let operations = whole.0.lock().unwrap().operations;
    assert!(operations > 30, "{operations}");

    let mut cut_short = 0;
    for at in 1..=operations {
        for is_torn in [false, true] {
            let disk = Disk::of(created.clone());
            disk.0.lock().unwrap().kill = Some(Kill { at, is_torn });
            let acknowledged = run_until_killed(&disk).await;
            cut_short += usize::from(acknowledged < script().len());
            let seeds = [0, 1, 2, 3].map(|seed| disk.after_power_loss(seed + u64::from(at) * 4));
            for next in std::iter::once(disk.after_kill()).chain(seeds) {
                let file = next.open().unwrap_or_else(|error| panic!("{at} {is_torn}: {error}"));
                let found = content(&rooms(&file)).await.unwrap();
                // The write on which it was killed is there as a whole, or not at all.
                let may_be = &expected[acknowledged..=(acknowledged + 1).min(script().len())];
                assert!(may_be.contains(&found), "{at} {is_torn}: {acknowledged} {found:?}");
                // The sequence goes on behind every number that was given.
                let given = rooms(&file)[0].write(vec![append("next")]).await.unwrap();
                let numbers = found[0].0.iter().filter(|(key, _)| key.starts_with("log/"));
                assert!(numbers.map(|(key, _)| key).all(|key| *key < given.appended[0]));
            }
        }
    }
    assert!(cut_short > 30, "{cut_short}");
}

#[tokio::test]
async fn writes_that_wait_share_a_sync_of_the_disk() {
    let disk = Disk::of(created());
    let file = disk.open().unwrap();
    let rooms = rooms(&file);
    let operations = || disk.0.lock().unwrap().operations;
    let before = operations();
    rooms[0].write(vec![append("0")]).await.unwrap();
    let alone = operations() - before;

    let held = file.0.database.begin_write().unwrap();
    let writes: Vec<_> = (0..100).map(|n| rooms[n % 2].write(vec![append("n")])).collect();
    drop(held);
    let before = operations();
    let written = futures::future::join_all(writes).await;
    let keys = |room: usize| {
        let written = written.iter().skip(room).step_by(2);
        written.map(|written| written.as_ref().unwrap().appended[0].clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(0), (2..52).map(|n| Write::numbered("log/", n)).collect::<Vec<_>>());
    assert_eq!(keys(1), (1..51).map(|n| Write::numbered("log/", n)).collect::<Vec<_>>());
    assert!(operations() - before < 10 * alone, "{} of {alone}", operations() - before);
}
