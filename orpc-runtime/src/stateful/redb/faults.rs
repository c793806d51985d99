//! A process that is killed at each operation of its disk, one after the other, and a disk that
//! fails.

use std::fs;

use futures::StreamExt as _;
use futures::channel::mpsc::{UnboundedSender, unbounded};

use super::super::memory::MemoryStorage;
use super::super::{RoomHandle, StatefulRoom, StatefulRooms};
use super::tests::hold;
use super::*;
use crate::clock;
use crate::core::Error;
use crate::publish::file::faults::{Fault, Platter};

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

fn open(disk: &Platter) -> Result<RoomFile, StorageError> {
    RoomFile::on(disk.mount())
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
async fn run_until_killed(disk: &Platter) -> usize {
    let Ok(file) = open(disk) else { return 0 };
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
    let whole = Platter::with_file(created.clone());
    assert_eq!(run_until_killed(&whole).await, script().len());
    let operations = whole.content().operations;
    assert!(operations > 30, "{operations}");

    let mut cut_short = 0;
    for at in 1..=operations {
        for part in 0..3 {
            let disk = Platter::with_file(created.clone());
            disk.fail(Fault::Kill { at, part });
            let acknowledged = run_until_killed(&disk).await;
            cut_short += usize::from(acknowledged < script().len());
            let lost_power = |seed: u64| {
                let mut seed = seed + u64::from(at) * 4;
                disk.after_power_loss(|| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    seed >> 63 == 1
                })
            };
            for next in std::iter::once(disk.snapshot()).chain([0, 1, 2, 3].map(lost_power)) {
                let file = open(&next).unwrap_or_else(|error| panic!("{at} {part}: {error}"));
                let found = content(&rooms(&file)).await.unwrap();
                // The write on which it was killed is there as a whole, or not at all.
                let may_be = &expected[acknowledged..=(acknowledged + 1).min(script().len())];
                assert!(may_be.contains(&found), "{at} {part}: {acknowledged} {found:?}");
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
    let disk = Platter::with_file(created());
    let file = open(&disk).unwrap();
    let rooms = rooms(&file);
    let operations = || disk.content().operations;
    let before = operations();
    rooms[0].write(vec![append("0")]).await.unwrap();
    let alone = operations() - before;

    let held = hold(&file);
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

/// Content of which a write needs pages of its own.
fn large(key: &str) -> Vec<Write> {
    vec![put(key, &key.repeat(10_000))]
}

#[tokio::test]
async fn writes_of_rooms_resume_when_the_disk_works_again() {
    let mut faults = vec![Fault::Full { pages: 0 }, Fault::Full { pages: 20 }, Fault::Syncs];
    for after in 0..8 {
        faults.extend([Fault::Sync { after }, Fault::Short { after }, Fault::Read { after }]);
    }
    let mut uncertain = 0;
    for fault in faults {
        let disk = Platter::with_file(created());
        let file = open(&disk).unwrap();
        let room = file.room("lobby", Arc::new(|| {}));
        let mut acknowledged: Vec<String> = Vec::new();
        for at in 0..4 {
            room.write(large(&format!("before{at}"))).await.unwrap();
            acknowledged.push(format!("before{at}"));
        }
        disk.fail(fault);
        let mut failures = 0;
        for at in 0..20 {
            match room.write(large(&format!("during{at}"))).await {
                Ok(_) => acknowledged.push(format!("during{at}")),
                Err(StorageError::Failed(_)) => failures += 1,
                Err(error) => panic!("{fault:?}: {error}"),
            }
        }
        // Pages that are cached are not read, and redb repeats a write that makes room in its cache.
        let is_certain = !matches!(fault, Fault::Read { .. } | Fault::Short { .. });
        assert!(failures > 0 || !is_certain, "{fault:?}");
        uncertain += if is_certain { 0 } else { failures };
        let check = async |room: &FileStorage, acknowledged: &[String]| {
            for key in acknowledged {
                let value = room.get(key).await.unwrap();
                assert!(value.unwrap() == key.repeat(10_000), "{fault:?}: {key}");
            }
        };
        check(&room, &acknowledged).await;
        disk.fail(Fault::None);
        let mut writes = large("after");
        writes.push(alarm(Some(5)));
        room.write(writes).await.unwrap();
        acknowledged.push("after".to_owned());
        check(&room, &acknowledged).await;
        drop((room, file));
        let lost = [false, true].map(|chosen| disk.after_power_loss(|| chosen));
        for next in std::iter::once(disk.snapshot()).chain(lost) {
            let room = open(&next).unwrap().room("lobby", Arc::new(|| {}));
            check(&room, &acknowledged).await;
            assert_eq!(room.alarm(AlarmSlot::Room).await.unwrap(), Some(5), "{fault:?}");
        }
    }
    assert!(uncertain > 0);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_opened_and_read() {
    let disk = Platter::with_file(created());
    let rooms = |disk: &Platter| open(disk).unwrap().room("lobby", Arc::new(|| {}));
    rooms(&disk).write(vec![put("key", "1")]).await.unwrap();
    disk.fail(Fault::FullAt { at: 0 });
    let room = rooms(&disk);
    assert_eq!(room.get("key").await.unwrap().as_deref(), Some(b"1".as_slice()));
    let error = room.write(vec![put("key", "2")]).await.unwrap_err();
    assert!(error.to_string().contains("no room left on the disk"), "{error}");
    disk.fail(Fault::None);
    room.write(vec![put("key", "3")]).await.unwrap();
    assert_eq!(room.get("key").await.unwrap().as_deref(), Some(b"3".as_slice()));
}

/// A room whose alarm lets the next write fail.
struct Alarmed {
    disk: Platter,
    rang: UnboundedSender<()>,
}

impl StatefulRoom for Alarmed {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        let (disk, rang) = room.host::<(Platter, UnboundedSender<()>)>().unwrap().clone();
        Self { disk, rang }
    }

    async fn alarm(&self) -> Result<(), Error> {
        self.disk.fail(Fault::Short { after: 0 });
        self.rang.unbounded_send(()).map_err(Error::internal)
    }
}

#[tokio::test]
async fn an_alarm_that_has_run_and_cannot_be_cleared_does_not_run_again() {
    let disk = Platter::with_file(created());
    let file = open(&disk).unwrap();
    let room = file.room("lobby", Arc::new(|| {}));
    room.write(vec![alarm(Some(5))]).await.unwrap();
    let (sender, mut rang) = unbounded::<()>();
    let host = (disk.clone(), sender);
    let rooms = StatefulRooms::<Alarmed>::on_file(file, move |room| room.with_host(host.clone()));
    rang.next().await.unwrap();
    let cleared = async {
        while room.alarm(AlarmSlot::Room).await.unwrap().is_some() {
            clock::sleep(Duration::from_millis(20)).await;
        }
    };
    clock::timeout(Duration::from_secs(60), cleared).await.expect("it is never cleared");
    assert!(matches!(disk.content().fault, Fault::None));
    drop(rooms);
    assert_eq!(rang.collect::<Vec<_>>().await, [], "it ran again");
}
