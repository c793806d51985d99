//! The publisher of a room, whose events are in its storage.

use std::pin::pin;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::Rooms;
use orpc_runtime::publish::{
    EventId, GapReason, PublishError, Publisher, PublisherBuilder, ReadError, Start,
    SubscribeError, Subscription,
};
use orpc_runtime::stateful::{MemoryStorage, RoomHandle, Storage};

const ROOM: &str = "lobby";

fn settings() -> PublisherBuilder {
    Publisher::builder()
}

/// Returns another instance of the room of that storage.
fn instance(storage: &Storage) -> RoomHandle {
    RoomHandle::new(Rooms::new().get_or_create(ROOM), storage.clone())
}

fn room() -> (Storage, Publisher<String>) {
    let storage = Storage::new(MemoryStorage::default());
    let publisher = instance(&storage).publisher(settings());
    (storage, publisher)
}

async fn publish(publisher: &Publisher<String>, texts: &[&str]) -> Vec<EventId> {
    let mut ids = Vec::new();
    for text in texts {
        ids.push(publisher.publish(ROOM, &(*text).to_owned()).await.unwrap());
    }
    ids
}

/// Reads what is there.
async fn ready(events: &mut Subscription<String>) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(event) = events.next_ready().await {
        texts.push(event.unwrap().value().unwrap());
    }
    texts
}

#[tokio::test]
async fn readers_get_every_event_once_and_in_order_from_where_they_begin() {
    let (_storage, publisher) = room();
    let ids = publish(&publisher, &["a", "b"]).await;
    let mut latest = publisher.subscribe(ROOM, Start::Latest).unwrap();
    let mut after = publisher.subscribe(ROOM, ids[0]).unwrap();
    let mut earliest = publisher.subscribe(ROOM, Start::Earliest).unwrap();
    assert_eq!(latest.opened().await.unwrap(), ids[1]);
    publish(&publisher, &["c"]).await;
    assert_eq!(ready(&mut latest).await, ["c"]);
    assert_eq!(ready(&mut after).await, ["b", "c"]);
    assert_eq!(ready(&mut earliest).await, ["a", "b", "c"]);
    assert_eq!(ids.iter().map(EventId::sequence).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn waiting_readers_are_woken_by_all_publishers_of_the_room() {
    let storage = Storage::new(MemoryStorage::default());
    let room = instance(&storage);
    let (first, second) = (room.publisher(settings()), room.publisher::<String>(settings()));
    let mut events = second.subscribe(ROOM, Start::Latest).unwrap();
    events.opened().await.unwrap();
    let (event, _) = tokio::join!(events.next(), publish(&first, &["a"]));
    assert_eq!(event.unwrap().unwrap().value().unwrap(), "a");
}

#[tokio::test]
async fn events_outlive_the_instance_of_the_room() {
    let (storage, publisher) = room();
    let ids = publish(&publisher, &["a", "b", "c"]).await;
    drop(publisher);
    let publisher = instance(&storage).publisher::<String>(settings());
    let more = publish(&publisher, &["d"]).await;
    assert_eq!(more[0].sequence(), 4);
    assert_ne!(more[0].epoch(), ids[2].epoch());
    for (index, id) in ids.iter().enumerate() {
        let mut events = publisher.subscribe(ROOM, *id).unwrap();
        assert_eq!(ready(&mut events).await, &["b", "c", "d"][index..]);
    }
}

#[tokio::test]
async fn missing_events_are_a_gap_once() {
    let (storage, publisher) = room();
    let ids = publish(&publisher, &["a", "b", "c"]).await;
    drop(publisher);
    let few = settings().max_events(2);
    let publisher = instance(&storage).publisher::<String>(few);
    publish(&publisher, &["d"]).await;
    let mut events = publisher.subscribe(ROOM, ids[0]).unwrap();
    let Some(Err(ReadError::Gap(gap))) = events.next().await else { panic!("no gap") };
    assert_eq!((gap.reason(), gap.last(), gap.resume()), (GapReason::Trimmed, ids[0], ids[1]));
    assert_eq!(events.position(), Some(ids[1]));
    assert_eq!(ready(&mut events).await, ["c", "d"]);

    // A reader that was subscribed and did not read.
    let mut slow = publisher.subscribe(ROOM, ids[1]).unwrap();
    slow.opened().await.unwrap();
    let more = publish(&publisher, &["e", "f", "g"]).await;
    let Some(Err(ReadError::Gap(gap))) = slow.next().await else { panic!("no gap") };
    assert_eq!(gap.reason(), GapReason::Lagged);
    assert_eq!(ready(&mut slow).await, ["f", "g"]);

    let ahead: EventId = more[2].to_string().replace(".7", ".100").parse().unwrap();
    let mut events = publisher.subscribe(ROOM, ahead).unwrap();
    let Some(Err(ReadError::Gap(gap))) = events.next().await else { panic!("no gap") };
    assert_eq!((gap.reason(), gap.resume()), (GapReason::Ahead, more[2]));
}

#[tokio::test]
async fn a_restored_storage_does_not_take_other_events_for_those_that_it_lost() {
    let storage = Storage::new(MemoryStorage::default());
    let before = instance(&storage).publisher::<String>(settings());
    let kept = publish(&before, &["a"]).await;
    let lost = publish(&before, &["b"]).await;
    drop(before);
    storage.delete("orpc/p/e/0000000000000002").await.unwrap();
    let publisher = instance(&storage).publisher::<String>(settings());
    publish(&publisher, &["other"]).await;
    let mut events = publisher.subscribe(ROOM, lost[0]).unwrap();
    let Some(Err(ReadError::Gap(gap))) = events.next().await else { panic!("no gap") };
    assert_eq!((gap.reason(), gap.resume()), (GapReason::Epoch, kept[0]));
    assert_eq!(ready(&mut events).await, ["other"]);
}

#[tokio::test]
async fn old_events_are_not_read_and_are_removed() {
    let storage = Storage::new(MemoryStorage::default());
    let short = settings().retention(Duration::from_millis(50));
    let publisher = instance(&storage).publisher::<String>(short);
    let ids = publish(&publisher, &["a", "b"]).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    let mut events = publisher.subscribe(ROOM, Start::Earliest).unwrap();
    assert!(ready(&mut events).await.is_empty());
    assert!(storage.list::<serde_json::Value>("orpc/p/e/").await.unwrap().is_empty());
    // The last one is known, and nothing is missing behind it.
    let mut events = publisher.subscribe(ROOM, ids[1]).unwrap();
    publish(&publisher, &["c"]).await;
    assert_eq!(ready(&mut events).await, ["c"]);
    let mut events = publisher.subscribe(ROOM, ids[0]).unwrap();
    let Some(Err(ReadError::Gap(gap))) = events.next().await else { panic!("no gap") };
    assert_eq!(gap.reason(), GapReason::Trimmed);
}

#[tokio::test]
async fn a_key_stores_an_event_once_over_instances() {
    let (storage, publisher) = room();
    let text = "a".to_owned();
    let id = publisher.publish(ROOM, &text).idempotency_key("k").await.unwrap();
    drop(publisher);
    let publisher = instance(&storage).publisher::<String>(settings());
    assert_eq!(publisher.publish(ROOM, &text).idempotency_key("k").await.unwrap(), id);
    let mut events = publisher.subscribe(ROOM, Start::Earliest).unwrap();
    assert_eq!(ready(&mut events).await, ["a"]);
}

#[tokio::test]
async fn a_publisher_that_does_not_wait_publishes() {
    let (_storage, publisher) = room();
    let mut events = publisher.subscribe(ROOM, Start::Latest).unwrap();
    events.opened().await.unwrap();
    for text in ["a", "b"] {
        let text = text.to_owned();
        let mut publish =
            pin!(std::future::IntoFuture::into_future(publisher.publish(ROOM, &text)));
        assert!(publish.as_mut().now_or_never().is_none());
    }
    drop(publisher);
    // The readers of a publisher that is dropped end behind what it published.
    let texts: Vec<_> =
        events.map(|event| event.map(|event| event.value().unwrap())).collect().await;
    let [Ok(_), Ok(_), Err(ReadError::Closed)] = &texts[..] else { panic!("{texts:?}") };
}

#[tokio::test]
async fn a_closed_publisher_takes_nothing_and_its_readers_end() {
    let (_storage, publisher) = room();
    publish(&publisher, &["a"]).await;
    let events = publisher.subscribe(ROOM, Start::Earliest).unwrap();
    publisher.close().await;
    let error = publisher.publish(ROOM, &"b".to_owned()).await.unwrap_err();
    assert!(matches!(error, PublishError::Closed), "{error}");
    assert_eq!(events.filter(|event| futures::future::ready(event.is_ok())).count().await, 1);
    let late = publisher.subscribe(ROOM, Start::Latest);
    assert!(matches!(late, Err(SubscribeError::Closed)));
}

#[tokio::test]
async fn there_is_one_channel_of_the_name_of_the_room() {
    let (_storage, publisher) = room();
    let error = publisher.publish("other", &"a".to_owned()).await.unwrap_err();
    assert!(matches!(error, PublishError::InvalidChannel), "{error}");
    let error = publisher.subscribe("other", Start::Latest).unwrap_err();
    assert!(error.to_string().contains("one channel"), "{error}");
}
