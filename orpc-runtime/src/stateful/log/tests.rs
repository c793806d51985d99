//! Writes of which nobody knows whether they took effect, and logs that are shared.

use futures::FutureExt as _;

use super::super::backend::{AlarmSlot, StorageBackend, StorageFuture, Written};
use super::super::memory::MemoryStorage;
use super::*;

/// A storage whose writes take effect, and never end while they are stuck.
#[derive(Clone, Default)]
struct Stuck {
    memory: MemoryStorage,
    is_stuck: Arc<std::sync::Mutex<bool>>,
}

impl Stuck {
    fn set(&self, is_stuck: bool) {
        *self.is_stuck.lock().unwrap() = is_stuck;
    }
}

impl StorageBackend for Stuck {
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>> {
        self.memory.get(key)
    }

    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>> {
        self.memory.list(prefix, options)
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let written = self.memory.write(writes);
        let is_stuck = *self.is_stuck.lock().unwrap();
        if is_stuck { futures::future::pending().boxed() } else { written }
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        self.memory.alarm(slot)
    }
}

fn limits(retention: Duration) -> Limits {
    Limits { retention, events: 1000, bytes: 1 << 20 }
}

const LONG: Duration = Duration::from_secs(3600);

fn event(key: Option<&str>) -> NewEvent {
    let envelope = Bytes::from_static(br#"{"json":1}"#);
    NewEvent { channel: "lobby".into(), envelope, audience: None, key: key.map(Into::into) }
}

async fn append(log: &SharedLog) -> EventId {
    match log.lock().await.unwrap().append(&event(None)).await.unwrap() {
        Appended::New(event) => event.id,
        Appended::Known(id) => panic!("known as {id}"),
    }
}

async fn read(log: &SharedLog, position: EventId) -> Result<Vec<u64>, Gap> {
    let events = log.lock().await.unwrap().read(position, 100).await.unwrap()?;
    Ok(events.iter().map(|event| event.id.sequence()).collect())
}

#[tokio::test]
async fn a_reader_that_is_dropped_while_it_removes_events_leaves_a_log_that_knows_it() {
    let stuck = Stuck::default();
    let storage = Storage::new(stuck.clone());
    let log = SharedLog::of(&storage, Keys::PUBLISHER, limits(LONG));
    let start = log.lock().await.unwrap().start();
    let key = Some("key");
    let Ok(Appended::New(first)) = log.lock().await.unwrap().append(&event(key)).await else {
        panic!("not new")
    };
    for _ in 1..20 {
        append(&log).await;
    }
    drop(log);
    let log = SharedLog::of(&storage, Keys::PUBLISHER, limits(Duration::ZERO));
    stuck.set(true);
    assert!(log.without_old().now_or_never().is_none());
    stuck.set(false);
    let gap = read(&log, start).await.unwrap_err();
    assert_eq!((gap.reason(), gap.resume().sequence()), (GapReason::Lagged, 16));
    assert_eq!(read(&log, gap.resume()).await.unwrap(), [17, 18, 19, 20]);
    assert!(log.lock().await.unwrap().position(first.id).await.unwrap().is_err());
    assert_eq!(log.without_old().await.unwrap().start().sequence(), 20);
    assert!(storage.list::<serde_json::Value>("orpc/p/e/").await.unwrap().is_empty());
    assert!(storage.list::<serde_json::Value>("orpc/p/k/").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_that_a_dropped_append_has_stored_is_not_overwritten() {
    let stuck = Stuck::default();
    let storage = Storage::new(stuck.clone());
    let log = SharedLog::of(&storage, Keys::PUBLISHER, limits(LONG));
    append(&log).await;
    stuck.set(true);
    assert!(append(&log).now_or_never().is_none());
    stuck.set(false);
    assert_eq!(append(&log).await.sequence(), 3);
}

#[tokio::test]
async fn there_is_one_log_of_a_storage_while_anything_holds_it() {
    let storage = Storage::new(MemoryStorage::default());
    let former = SharedLog::of(&storage, Keys::PUBLISHER, limits(LONG));
    append(&former).await;
    let log = SharedLog::of(&storage.clone(), Keys::PUBLISHER, limits(LONG));
    let epoch = append(&log).await.epoch();
    assert_eq!(append(&former).await, EventId::new(epoch, 3));
    drop((former, log));
    let log = SharedLog::of(&storage, Keys::PUBLISHER, limits(LONG));
    let next = append(&log).await;
    assert_eq!(next.sequence(), 4);
    assert_ne!(next.epoch(), epoch, "the former one is not kept");
}

#[tokio::test]
async fn events_that_the_storage_has_lost_are_a_gap() {
    let storage = Storage::new(MemoryStorage::default());
    let log = SharedLog::of(&storage, Keys::PUBLISHER, limits(LONG));
    let mut ids = vec![log.lock().await.unwrap().head()];
    for _ in 0..6 {
        ids.push(append(&log).await);
    }
    for lost in [3, 6] {
        storage.delete(&Write::numbered("orpc/p/e/", lost)).await.unwrap();
    }
    assert_eq!(read(&log, ids[0]).await.unwrap(), [1, 2]);
    let gap = read(&log, ids[2]).await.unwrap_err();
    assert_eq!((gap.reason(), gap.last(), gap.resume()), (GapReason::Lagged, ids[2], ids[3]));
    assert_eq!(read(&log, ids[3]).await.unwrap(), [4, 5]);
    let gap = read(&log, ids[5]).await.unwrap_err();
    assert_eq!(gap.resume(), ids[6]);
    assert!(read(&log, ids[6]).await.unwrap().is_empty());
}
