//! Instances of a room in a process, and what tasks hold of former ones.

use futures::FutureExt as _;
use orpc_runtime::durable::{Channel, DurableChannel, DurableObject};
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, Publisher, Start};
use orpc_runtime::stateful::{RoomHandle, StatefulRoom, StatefulRooms};
use serde_json::Value;

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
    let (event, _) = tokio::join!(events.next_event(), publish(&former, "d"));
    assert_eq!(event, "d");
    drop(former);
    publish(&publisher, "e").await;
    assert_eq!(events.next_event().await, "e");
}

trait NextEvent {
    async fn next_event(&mut self) -> String;
}

impl NextEvent for orpc_runtime::publish::Subscription<String> {
    async fn next_event(&mut self) -> String {
        let next = futures::StreamExt::next(self);
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), next).await;
        next.expect("an event arrives").unwrap().unwrap().value().unwrap()
    }
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
