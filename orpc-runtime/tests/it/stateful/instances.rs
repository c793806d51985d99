//! Instances of a room in a process, and what tasks hold of former ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, SystemTime};

use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::CloseFrame;
use orpc_runtime::durable::{Channel, DurableChannel, DurableObject};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{
    Durability, EventId, PublishError, Publisher, Start, StoreErrorKind, Subscription,
};
use orpc_runtime::stateful::{HostedRoom, RoomHandle, StatefulRoom, StatefulRooms, StorageError};
use serde_json::Value;
use tokio::sync::Notify;

use crate::support::websocket;

struct Plain {
    room: RoomHandle,
}

impl StatefulRoom for Plain {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        Self { room }
    }
}

fn publisher(rooms: &StatefulRooms<Plain>, name: &str) -> Publisher<String> {
    rooms.get(name).room().room.publisher(Publisher::builder())
}

fn in_file() -> (tempfile::TempDir, StatefulRooms<Plain>) {
    let folder = tempfile::tempdir().unwrap();
    let rooms = StatefulRooms::open(folder.path().join("rooms.redb")).unwrap();
    (folder, rooms)
}

async fn publish(publisher: &Publisher<String>, text: &str) -> EventId {
    publisher.publish("lobby", &text.to_owned()).await.unwrap()
}

async fn one_log(rooms: &StatefulRooms<Plain>) {
    // The instance of the first publisher does not exist any more.
    let former = publisher(rooms, "lobby");
    publish(&former, "a").await;
    let publisher = publisher(rooms, "lobby");
    let mut events = publisher.subscribe("lobby", Start::Earliest).unwrap();
    publish(&publisher, "b").await;
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for publisher in [&former, &publisher, &former] {
        numbers.push(publish(publisher, "c").await.sequence());
    }
    assert_eq!(numbers, [3, 4, 5]);
    while let Some(event) = events.next_ready().await {
        texts.push(event.unwrap().value().unwrap());
    }
    assert_eq!(texts, ["a", "b", "c", "c", "c"]);
    // A waiting reader is woken, and lasts as long as its own publisher.
    let (event, _) = tokio::join!(next(&mut events), publish(&former, "d"));
    assert_eq!(event, "d");
    drop(former);
    publish(&publisher, "e").await;
    assert_eq!(next(&mut events).await, "e");
}

async fn next(events: &mut Subscription<String>) -> String {
    let next = tokio::time::timeout(Duration::from_secs(60), events.next()).await;
    next.expect("an event arrives").unwrap().unwrap().value().unwrap()
}

#[tokio::test]
async fn publishers_of_former_instances_write_to_the_log_of_the_room() {
    one_log(&StatefulRooms::memory()).await;
    let (_folder, rooms) = in_file();
    one_log(&rooms).await;
}

struct Hall;

impl DurableObject for Hall {
    type Event = Value;
    type Context = Channel<Hall>;
    type Methods = methods::router;
}

impl DurableChannel for Hall {
    const KEYS: &'static [&'static str] = &["ITERATOR_KEY"];
}

#[router(context = Channel<Hall>)]
mod methods {
    use super::*;

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

#[tokio::test]
async fn channels_of_former_instances_write_to_the_log_of_the_room() {
    let rooms = StatefulRooms::<Channel<Hall>>::memory();
    let former = Channel::clone(rooms.get("hall").room());
    let channel = Channel::clone(rooms.get("hall").room());
    for expected in [1, 3, 5] {
        let first = former.publish(&Value::Null).await.unwrap();
        let second = channel.publish(&Value::Null).await.unwrap();
        assert_eq!((first.sequence(), second.sequence()), (expected, expected + 1));
    }
}

#[tokio::test]
async fn turns_of_former_instances_exclude_those_of_the_next_one() {
    let rooms = StatefulRooms::<Plain>::memory();
    let former = rooms.get("lobby").handle().clone();
    let turn = former.turns().turn().await;
    let room = rooms.get("lobby");
    assert!(room.handle().turns().turn().now_or_never().is_none());
    drop(turn);
    assert!(room.handle().turns().turn().now_or_never().is_some());
}

/// A room that writes down who has left, once it may.
struct Guests {
    room: RoomHandle,
}

impl StatefulRoom for Guests {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        Self { room }
    }

    async fn user_left(&self, _: &Socket, _: &CloseFrame) {
        self.room.host::<Arc<Notify>>().unwrap().notified().await;
        self.room.storage().put("left", &true).await.unwrap();
    }
}

#[tokio::test]
async fn rooms_are_closed_once_they_know_that_their_users_left() {
    let go = Arc::new(Notify::new());
    let lent = Arc::clone(&go);
    let rooms = StatefulRooms::<Guests>::memory_with(move |room| room.with_host(lent.clone()));
    let service = rooms.websocket(|request| request.uri.path().strip_prefix("/"));
    let storage = rooms.get("lobby").handle().storage().clone();
    let client = websocket::client(websocket::channel(&service, 4096), "/lobby").await;
    drop(client);
    rooms.rpc().shutdown();
    let mut closed = Box::pin(rooms.rpc().closed());
    websocket::until(|| {
        assert!(closed.as_mut().now_or_never().is_none(), "closed before a user has left");
        rooms.rpc().live_sockets() == 0
    })
    .await;
    assert!(closed.as_mut().now_or_never().is_none(), "closed before a user has left");
    go.notify_one();
    websocket::within(closed).await;
    assert_eq!(storage.get("left").await.unwrap(), Some(true));
}

#[tokio::test]
async fn a_storage_in_memory_is_kept_while_somebody_may_write_to_it() {
    let rooms = StatefulRooms::<Plain>::memory();
    let storage = rooms.get("held").handle().storage().clone();
    // Names come from clients.
    for other in 0..1000 {
        rooms.get(&format!("other {other}"));
    }
    storage.put("key", "value").await.unwrap();
    let again = rooms.get("held").handle().storage().get::<String>("key").await;
    assert_eq!(again.unwrap().as_deref(), Some("value"));
    drop(storage);
    for other in 0..1000 {
        rooms.get(&format!("other {other}"));
    }
    let again = rooms.get("held").handle().storage().get::<String>("key").await;
    assert_eq!(again.unwrap().as_deref(), Some("value"));
}

#[tokio::test]
async fn an_event_for_which_there_is_no_memory_is_not_stored_and_the_publisher_says_so() {
    let rooms = StatefulRooms::<Plain>::memory().memory_limit(16 * 1024);
    let publisher = publisher(&rooms, "lobby");
    let mut last = publish(&publisher, "first").await;
    let error = loop {
        match publisher.publish("lobby", &"x".repeat(1000)).await {
            Ok(id) => last = id,
            Err(error) => break error,
        }
        assert!(last.sequence() < 16, "each takes 1,000 bytes and more");
    };
    let PublishError::Failed(failed) = &error else { panic!("{error:?}") };
    assert_eq!(failed.kind(), StoreErrorKind::Full);
    let next = publish(&publisher, "y").await;
    assert_eq!((next.epoch(), next.sequence()), (last.epoch(), last.sequence() + 1));
}

#[tokio::test]
async fn publishers_of_rooms_have_the_durability_of_their_storage() {
    let rooms = StatefulRooms::<Plain>::memory();
    assert_eq!(publisher(&rooms, "lobby").durability(), Durability::Memory);
    let (_folder, rooms) = in_file();
    assert_eq!(publisher(&rooms, "lobby").durability(), Durability::Commit);
}

#[tokio::test]
async fn writes_that_need_no_further_memory_are_not_refused() {
    let rooms = StatefulRooms::<Plain>::memory().memory_limit(16 * 1024);
    let storage = rooms.get("full").handle().storage().clone();
    let (large, other) = ("x".repeat(1000), "y".repeat(1000));
    let mut count = 0;
    while storage.append("log/", &large).await.is_ok() {
        count += 1;
        assert!(count < 16, "each takes 1,000 bytes and more");
    }
    let before = storage.list::<String>("").await.unwrap();
    // The number of a refused entry is not used.
    let first = format!("log/{:016}", 1);
    storage.put(&first, &other).await.unwrap();
    storage.set_alarm_in(Duration::from_secs(3600)).await.unwrap();
    let batch = storage.batch().append("log/", &other).unwrap().delete(&first).unwrap();
    let written = batch.write().await.unwrap();
    assert_eq!(
        (written.appended[0].clone(), written.deleted),
        (format!("log/{:016}", count + 1), 1)
    );
    // One that needs more leaves everything as it was.
    let kept = storage.list::<String>("").await.unwrap();
    let alarm = storage.alarm().await.unwrap();
    let batch = storage.batch().delete(&before[1].0).unwrap().put("key", &other).unwrap();
    let batch = batch.append("log/", &large).unwrap().append("new/", &1).unwrap();
    let refused = batch.put("key", &large).unwrap().delete_alarm().write().await;
    assert!(matches!(refused, Err(StorageError::Full)), "{refused:?}");
    assert_eq!(storage.list::<String>("").await.unwrap(), kept);
    assert_eq!(storage.alarm().await.unwrap(), alarm);
    for (key, _) in &kept {
        assert!(storage.delete(key).await.unwrap());
    }
    assert_eq!(storage.append("new/", &1).await.unwrap(), format!("new/{:016}", 1));
    assert_eq!(storage.append("log/", &1).await.unwrap(), format!("log/{:016}", count + 2));
}

/// A room whose creation panics while it is told to.
struct Fragile(RoomHandle);

#[derive(Clone, Default)]
struct Told {
    panics: Arc<AtomicBool>,
    created: Arc<AtomicUsize>,
    rang: Arc<Mutex<Vec<String>>>,
}

impl StatefulRoom for Fragile {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        let told = room.host::<Told>().unwrap();
        told.created.fetch_add(1, Ordering::SeqCst);
        let panics = room.name() == "fragile" && told.panics.load(Ordering::SeqCst);
        assert!(!panics, "a room that is to panic");
        Self(room)
    }

    async fn alarm(&self) -> Result<(), Error> {
        let told = self.0.host::<Told>().unwrap();
        told.rang.lock().unwrap().push(self.0.name().to_owned());
        Ok(())
    }
}

/// Waits for a condition.
async fn until(is_met: impl Fn() -> bool) {
    for _ in 0..6000 {
        if is_met() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the condition is not met");
}

#[tokio::test]
async fn a_room_that_panics_while_it_is_created_does_not_stop_the_alarms_of_others() {
    let told = Told::default();
    let lent = told.clone();
    let rooms = StatefulRooms::<Fragile>::memory_with(move |room| room.with_host(lent.clone()));
    let storage = |name| rooms.get(name).handle().storage().clone();
    let (fragile, other) = (storage("fragile"), storage("other"));
    let created = told.created.load(Ordering::SeqCst);
    told.panics.store(true, Ordering::SeqCst);
    fragile.set_alarm(SystemTime::UNIX_EPOCH).await.unwrap();
    until(|| told.created.load(Ordering::SeqCst) > created).await;
    other.set_alarm(SystemTime::UNIX_EPOCH).await.unwrap();
    until(|| *told.rang.lock().unwrap() == ["other"]).await;
    // It is repeated, and the room can be created by others as well.
    assert!(catch_unwind(AssertUnwindSafe(|| rooms.get("fragile"))).is_err());
    told.panics.store(false, Ordering::SeqCst);
    assert_eq!(rooms.get("fragile").handle().name(), "fragile");
    until(|| *told.rang.lock().unwrap() == ["other", "fragile"]).await;
}

/// A room that gets another one while it is created.
struct Nested(Option<Arc<HostedRoom<Nested>>>);

type Lent = Arc<OnceLock<StatefulRooms<Nested>>>;

impl StatefulRoom for Nested {
    type Procedures = ();

    fn new(room: RoomHandle) -> Self {
        let rooms = room.host::<Lent>().unwrap().get().unwrap();
        Self(match room.name() {
            "outer" => Some(rooms.get("inner")),
            "itself" => Some(rooms.get("itself")),
            _ => None,
        })
    }
}

#[tokio::test]
async fn a_room_gets_others_while_it_is_created_and_itself_is_a_panic() {
    let lent = Lent::default();
    let lend = Arc::clone(&lent);
    let rooms = StatefulRooms::<Nested>::memory_with(move |room| room.with_host(lend.clone()));
    assert!(lent.set(rooms.clone()).is_ok());
    let get = |name: &'static str| {
        let (rooms, (sender, got)) = (rooms.clone(), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let got = catch_unwind(AssertUnwindSafe(|| rooms.get(name)));
            sender.send(got.ok())
        });
        got.recv_timeout(Duration::from_secs(60)).expect("it does not wait for itself")
    };
    let outer = get("outer").unwrap();
    assert!(Arc::ptr_eq(outer.room().0.as_ref().unwrap(), &rooms.get("inner")));
    assert!(get("itself").is_none());
    assert!(get("itself").is_none(), "again");
    assert!(Arc::ptr_eq(&outer, &get("outer").unwrap()));
}
