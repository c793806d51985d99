//! Subscriptions to a store that answers later, as one on another machine does.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::oneshot;

use super::super::clock::{SystemClock, Timeline};
use super::super::log::Limits;
use super::{MemoryStore, NewEvent, OpenError, Opening, Record, Start, Store};
use crate::publish::{
    Audience, Durability, EventId, PublishError, Publisher, ReadError, StoreError, StoreErrorKind,
    SubscribeError, Subscription,
};

/// Answer to the subscriptions of a test: go on, or fail.
pub(in crate::publish) type Answer = Result<(), OpenError>;

/// A store that opens its readers when it is told to.
struct DistantStore {
    store: Arc<MemoryStore>,
    answers: Arc<Mutex<Vec<oneshot::Sender<Answer>>>>,
}

/// Its other end.
pub(in crate::publish) struct Network(Arc<Mutex<Vec<oneshot::Sender<Answer>>>>);

impl Network {
    /// Number of subscriptions that wait for an answer.
    pub(in crate::publish) fn waiting(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Answers the oldest subscription; `false` if its reader is gone.
    pub(in crate::publish) fn answer(&self, answer: Answer) -> bool {
        let next = self.0.lock().unwrap().remove(0);
        next.send(answer).is_ok()
    }
}

impl Store for DistantStore {
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        self.store.publish(event)
    }

    fn subscribe(&self, channel: &str, start: Start) -> Opening {
        let (sender, answer) = oneshot::channel();
        self.answers.lock().unwrap().push(sender);
        let (store, channel) = (Arc::clone(&self.store), channel.to_owned());
        async move {
            answer.await.map_err(|_| OpenError::Closed)??;
            store.subscribe(&channel, start).await
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.store.close()
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn channels(&self) -> usize {
        self.store.channels()
    }
}

fn memory(max_channels: usize) -> MemoryStore {
    let limits = Limits::in_memory(std::time::Duration::from_secs(60), 4, 1 << 20);
    MemoryStore::new(Timeline::new(Arc::new(SystemClock::default())), limits, max_channels)
}

pub(in crate::publish) fn distant() -> (Publisher<u32>, Network) {
    let answers = Arc::default();
    let store = DistantStore { store: Arc::new(memory(2)), answers: Arc::clone(&answers) };
    (Publisher::with_store(Arc::new(store), 1 << 10), Network(answers))
}

pub(in crate::publish) async fn publish(
    publisher: &Publisher<u32>,
    numbers: std::ops::RangeInclusive<u32>,
) {
    for number in numbers {
        publisher.publish("room", &number).await.unwrap();
    }
}

async fn read(reader: &mut Subscription<u32>) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Some(event) = reader.next_ready().await {
        numbers.push(event.unwrap().value().unwrap());
    }
    numbers
}

#[tokio::test]
async fn a_reader_from_now_on_begins_when_the_store_answers() {
    let (publisher, network) = distant();
    publish(&publisher, 1..=1).await;
    let mut reader = publisher.subscribe("room", Start::Latest).unwrap();
    assert_eq!(reader.position(), None);
    assert!(reader.opened().now_or_never().is_none());
    publish(&publisher, 2..=2).await;
    assert!(network.answer(Ok(())));
    // Polled, although there is nothing to read yet.
    assert!(reader.next_ready().await.is_none());
    assert_eq!(reader.position().map(|position| position.sequence()), Some(2));
    let position = reader.opened().await.unwrap();
    assert_eq!((position.sequence(), reader.position()), (2, Some(position)));
    publish(&publisher, 3..=4).await;
    assert_eq!(read(&mut reader).await, [3, 4]);
    assert_eq!(reader.opened().await.unwrap().sequence(), 4);
}

#[tokio::test]
async fn a_reader_behind_an_event_misses_nothing_whenever_the_store_answers() {
    for behind in 0..=4 {
        for answered in behind..=4 {
            let (publisher, network) = distant();
            let mut first = publisher.subscribe("room", Start::Latest).unwrap();
            assert!(network.answer(Ok(())));
            let mut last = first.opened().await.unwrap();
            for number in 1..=behind {
                last = publisher.publish("room", &number).await.unwrap();
            }
            let mut reader = publisher.subscribe("room", last).unwrap();
            assert_eq!(reader.position(), Some(last));
            publish(&publisher, behind + 1..=answered).await;
            assert!(reader.next().now_or_never().is_none());
            assert!(network.answer(Ok(())));
            publish(&publisher, answered + 1..=4).await;
            assert_eq!(read(&mut reader).await, (behind + 1..=4).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn a_late_error_is_the_only_item() {
    let unavailable = || StoreError::new(StoreErrorKind::Unavailable, "the server is gone");
    let cases = [
        (OpenError::Closed, None),
        (OpenError::TooMany, Some(StoreErrorKind::Full)),
        (OpenError::Store(unavailable()), Some(StoreErrorKind::Unavailable)),
    ];
    for (error, expected) in cases {
        let (publisher, network) = distant();
        let mut reader = publisher.subscribe("room", Start::Earliest).unwrap();
        assert!(network.answer(Err(error)));
        match (reader.next().await, expected) {
            (Some(Err(ReadError::Closed)), None) => {}
            (Some(Err(ReadError::Store(error))), Some(kind)) => assert_eq!(error.kind(), kind),
            (other, _) => panic!("{other:?}"),
        }
        assert!(reader.next().await.is_none());
        assert!(reader.next_ready().await.is_none());
        assert!(matches!(reader.opened().await, Err(ReadError::Closed)));
    }
    // So is one that was found by waiting for the position.
    let (publisher, network) = distant();
    let mut reader = publisher.subscribe("room", Start::Latest).unwrap();
    assert!(network.answer(Err(OpenError::TooMany)));
    assert!(matches!(reader.opened().await, Err(ReadError::Store(_))));
    assert!(reader.next().await.is_none());
    assert!(matches!(reader.opened().await, Err(ReadError::Closed)));
}

#[tokio::test]
async fn an_error_that_is_known_at_once_is_returned() {
    let publisher = Publisher::<u32>::with_store(Arc::new(memory(1)), 1 << 10);
    publish(&publisher, 1..=1).await;
    let refused = publisher.subscribe("other", Start::Latest);
    assert!(matches!(refused, Err(SubscribeError::TooManyChannels)), "{refused:?}");
    publisher.close().await;
    let refused = publisher.subscribe("room", Start::Latest);
    assert!(matches!(refused, Err(SubscribeError::Closed)), "{refused:?}");
}

#[tokio::test]
async fn a_subscription_that_is_dropped_leaves_nothing_behind() {
    let (publisher, network) = distant();
    let mut polled = publisher.subscribe("room", Start::Latest).unwrap();
    assert!(polled.next().now_or_never().is_none());
    drop(polled);
    assert!(!network.answer(Ok(())), "the request is given up");
    let dropped = publisher.subscribe("room", Start::Latest).unwrap();
    assert!(network.answer(Ok(())));
    drop(dropped);
    assert_eq!(publisher.channels(), 0);
}

/// All channels together are trimmed to a sixteenth below their bound, and not before it is
/// passed.
#[tokio::test]
async fn the_oldest_events_of_all_channels_are_trimmed_once_their_bound_is_passed() {
    let event = |channel: &str| NewEvent {
        channel: channel.into(),
        envelope: vec![b' '; 1000].into(),
        audience: None,
        key: None,
    };
    let weight = Record::of(&event("a")).weight();
    let limits = Limits::in_memory(std::time::Duration::from_secs(60), 1000, 1 << 20);
    let timeline = Timeline::new(Arc::new(SystemClock::default()));
    let store = MemoryStore::new(timeline, limits.with_total(32 * weight), 100);
    let channels: Vec<_> = (0..34).map(|number| format!("room-{number:02}")).collect();
    let mut oldest = Vec::new();
    for channel in &channels[..32] {
        oldest.push(store.publish(event(channel)).await.unwrap());
    }
    let is_trimmed = async |channel: usize| {
        let reader = store.subscribe(&channels[channel], Start::Earliest).await.unwrap();
        reader.position() == oldest[channel]
    };
    // The bound is reached.
    for channel in 0..32 {
        assert!(!is_trimmed(channel).await, "{channel}");
    }
    store.publish(event(&channels[32])).await.unwrap();
    // It is passed: three of 33 are too many.
    for channel in 0..32 {
        assert_eq!(is_trimmed(channel).await, channel < 3, "{channel}");
    }
}

#[test]
fn each_durability_is_that_of_its_store() {
    for durability in [Durability::Memory, Durability::Process, Durability::Commit] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let publisher: Publisher<u32> = Publisher::builder().open(path, durability).unwrap();
        assert_eq!(publisher.durability(), durability);
    }
}

#[test]
fn an_event_counts_with_its_envelope_and_its_audience() {
    let mut event = NewEvent {
        channel: "room".into(),
        envelope: bytes::Bytes::new(),
        audience: None,
        key: None,
    };
    let alone = Record::of(&event).weight();
    event.envelope = vec![b' '; 100].into();
    assert_eq!(Record::of(&event).weight(), alone + 100);
    event.audience = Some(Arc::new(Audience::everyone().tags(["x".repeat(50)])));
    let restricted = Record::of(&event).weight();
    assert!(restricted >= alone + 150, "{restricted} of {alone}");
}
