//! Rooms with state in a process: their storage, alarms and instances. The same room is tested on both hosts by
//! `tests/cloudflare`.

mod instances;
mod publisher;
mod remote;
#[path = "../../../../tests/cloudflare/room/src/suite.rs"]
mod suite;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use orpc_runtime::prelude::*;
use orpc_runtime::stateful::{
    MemoryStorage, RoomHandle, StatefulRoom, StatefulRooms, Storage, StorageError,
};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

/// Alarms by the names of their rooms.
static RANG: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RINGS: Notify = Notify::const_new();

struct Ringing {
    room: RoomHandle,
}

impl StatefulRoom for Ringing {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        Self { room }
    }

    async fn alarm(&self) -> Result<(), Error> {
        let name = self.room.name().to_owned();
        let storage = self.room.storage();
        if let Some(again) = storage.get::<u64>("again").await? {
            storage.delete("again").await?;
            storage.set_alarm_in(Duration::from_millis(again)).await?;
        }
        RANG.lock().unwrap().push(name.clone());
        RINGS.notify_waiters();
        if storage.delete("panics").await? {
            panic!("an alarm that is to panic");
        }
        Ok(())
    }
}

/// Waits until a room's alarm has rung that often.
async fn rang(name: &str, times: usize) {
    loop {
        let next = RINGS.notified();
        if RANG.lock().unwrap().iter().filter(|rang| *rang == name).count() >= times {
            return;
        }
        tokio::time::timeout(Duration::from_secs(30), next).await.expect("it rings");
    }
}

async fn no_alarm(storage: &Storage) {
    while storage.alarm().await.unwrap().is_some() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_suite_of_storages_in_memory() {
    let storage = Storage::new(MemoryStorage::default());
    for case in suite::CASES {
        suite::run(case, &storage).await;
    }
}

#[tokio::test]
async fn the_suite_of_storages_in_a_file_for_each_of_two_rooms() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = StatefulRooms::<Ringing>::open(folder.path().join("rooms.redb")).unwrap();
    for name in ["lobby", "lobby\0"] {
        let room = rooms.get(name);
        for case in suite::CASES {
            suite::run(case, room.handle().storage()).await;
        }
    }
}

#[tokio::test]
async fn rooms_of_a_file_do_not_see_each_others_entries() {
    let folder = tempfile::tempdir().unwrap();
    let rooms = StatefulRooms::<Ringing>::open(folder.path().join("rooms.redb")).unwrap();
    let names = ["a", "a\0", "a\0b", "aa", "b", "ä", "\u{10FFFF}"];
    for name in names {
        let room = rooms.get(name);
        let storage = room.handle().storage();
        assert!(storage.append("key/", name).await.unwrap().ends_with("/0000000000000001"));
        storage.put("\u{10FFFF}", name).await.unwrap();
    }
    for name in names {
        let room = rooms.get(name);
        let found = room.handle().storage().list::<String>("").await.unwrap();
        let values: Vec<_> = found.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, [name, name]);
        let last = room.handle().storage().list::<String>("\u{10FFFF}").await.unwrap();
        assert_eq!(last.len(), 1);
    }
}

#[tokio::test]
async fn entries_sequences_and_alarms_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rooms.redb");
    let later = SystemTime::now() + Duration::from_secs(3600);
    {
        let rooms = StatefulRooms::<Ringing>::open(&path).unwrap();
        // A second process would see the file in use.
        assert!(matches!(StatefulRooms::<Ringing>::open(&path), Err(StorageError::Failed(_))));
        let room = rooms.get("restart");
        let storage = room.handle().storage();
        storage.put("key", "value").await.unwrap();
        let key = storage.append("log/", "one").await.unwrap();
        assert!(storage.delete(&key).await.unwrap());
        storage.set_alarm(later).await.unwrap();
        let due = rooms.get("restart due");
        due.handle().storage().set_alarm(later).await.unwrap();
    }
    let rooms = loop {
        // The task of the alarms closes the file with its next turn, once it has read them.
        match StatefulRooms::<Ringing>::open(&path) {
            Ok(rooms) => break rooms,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let room = rooms.get("restart");
    let storage = room.handle().storage();
    assert_eq!(storage.get::<String>("key").await.unwrap().unwrap(), "value");
    assert_eq!(storage.append("log/", "two").await.unwrap(), "log/0000000000000002");
    let kept = storage.alarm().await.unwrap().unwrap();
    assert!(kept >= later && kept <= later + Duration::from_millis(1));
}

#[tokio::test]
async fn an_alarm_creates_its_room_and_rings_once_for_each_time_that_it_is_set() {
    let rooms = StatefulRooms::<Ringing>::memory();
    let name = "rings";
    rooms.get(name).handle().storage().set_alarm(SystemTime::UNIX_EPOCH).await.unwrap();
    rang(name, 1).await;
    no_alarm(rooms.get(name).handle().storage()).await;
    // One that sets itself again rings again.
    let storage = rooms.get(name).handle().storage().clone();
    storage.batch().put("again", &1).unwrap().set_alarm(SystemTime::now()).write().await.unwrap();
    rang(name, 3).await;
    no_alarm(&storage).await;
    // A cleared one does not ring; others are not held up.
    storage.set_alarm_in(Duration::from_millis(50)).await.unwrap();
    storage.delete_alarm().await.unwrap();
    rooms.get("other").handle().storage().set_alarm_in(Duration::from_millis(60)).await.unwrap();
    rang("other", 1).await;
    assert_eq!(RANG.lock().unwrap().iter().filter(|rang| *rang == name).count(), 3);
}

#[tokio::test]
async fn an_alarm_that_panics_is_repeated_and_stays_set_until_it_succeeds() {
    let rooms = StatefulRooms::<Ringing>::memory();
    let name = "panics";
    let storage = rooms.get(name).handle().storage().clone();
    storage.put("panics", &true).await.unwrap();
    storage.set_alarm_in(Duration::ZERO).await.unwrap();
    rang(name, 1).await;
    assert!(storage.alarm().await.unwrap().is_some());
    rang(name, 2).await;
    no_alarm(&storage).await;
}

/// A room that uses a value of its process.
struct Lent(RoomHandle);

impl StatefulRoom for Lent {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        Self(room)
    }

    async fn alarm(&self) -> Result<(), Error> {
        let rang = self.0.host::<UnboundedSender<String>>();
        let rang = rang.ok_or_else(|| Error::internal("no value of the process"))?;
        rang.send(format!("{} {:?}", self.0.name(), self.0.secret("KEY"))).map_err(Error::internal)
    }
}

#[tokio::test]
async fn rooms_have_the_values_that_their_process_lends() {
    let folder = tempfile::tempdir().unwrap();
    let (rang, mut rings) = tokio::sync::mpsc::unbounded_channel::<String>();
    let lend = move |room: RoomHandle| {
        room.with_host(rang.clone()).with_secrets(|name| Some(name.to_lowercase()))
    };
    let in_file = StatefulRooms::<Lent>::open_with(folder.path().join("rooms.redb"), lend.clone());
    for (name, rooms) in [("file", in_file.unwrap()), ("memory", StatefulRooms::memory_with(lend))]
    {
        // The instance of the alarm is another one.
        rooms.get(name).handle().storage().set_alarm(SystemTime::UNIX_EPOCH).await.unwrap();
        let next = tokio::time::timeout(Duration::from_secs(30), rings.recv());
        assert_eq!(next.await.unwrap().unwrap(), format!("{name} Some(\"key\")"));
    }
}

#[tokio::test]
async fn a_room_has_one_instance_while_somebody_holds_it() {
    let rooms = StatefulRooms::<Ringing>::memory();
    let first = rooms.get("instances");
    assert!(Arc::ptr_eq(&first, &rooms.get("instances")));
    first.handle().storage().put("key", &1).await.unwrap();
    let unused = rooms.get("unused");
    assert_eq!(unused.handle().storage().get::<u8>("key").await.unwrap(), None);
    drop((first, unused));
    // The entries outlive the instance.
    let again = rooms.get("instances");
    assert_eq!(again.handle().storage().get::<u8>("key").await.unwrap(), Some(1));
}

/// Names, keys and values come from clients.
#[tokio::test]
async fn rooms_in_memory_keep_a_limited_number_of_bytes() {
    let rooms = StatefulRooms::<Ringing>::memory().memory_limit(64 * 1024);
    let room = rooms.get("full");
    let storage = room.handle().storage();
    let mut count = 0;
    let full = loop {
        match storage.put(&format!("key{count}"), &"x".repeat(1000)).await {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
        assert!(count < 64, "each takes 1,000 bytes and more");
    };
    assert!(matches!(full, StorageError::Full) && count > 50, "{full:?} after {count}");
    // Neither has another room any memory, nor a list, nor an alarm.
    let other = rooms.get("other");
    let refused = other.handle().storage().put("key", &"x".repeat(1000)).await;
    assert!(matches!(refused, Err(StorageError::Full)), "{refused:?}");
    let refused = storage.append("list", &"x".repeat(1000)).await;
    assert!(matches!(refused, Err(StorageError::Full)), "{refused:?}");
    let kept = storage.list::<String>("").await.unwrap();
    assert_eq!(kept.len(), count, "nothing of them is written");
    // Memory of what is deleted, or replaced by less, serves others.
    for at in 0..count {
        if at % 2 == 0 {
            assert!(storage.delete(&format!("key{at}")).await.unwrap());
        } else {
            storage.put(&format!("key{at}"), &"x").await.unwrap();
        }
    }
    for at in 0..40 {
        other.handle().storage().put(&format!("key{at}"), &"x".repeat(1000)).await.unwrap();
    }
}
