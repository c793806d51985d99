//! Publishing again.

use std::time::Duration;

use orpc_runtime::publish::{PublishError, Start};

use super::world::for_each_store;
use super::world::{Line, RETENTION, SLACK, World, publish, retained};

for_each_store! {
    events_of_one_idempotency_key_are_one_event,
    a_idempotency_key_is_remembered_as_long_as_the_retention,
    a_idempotency_key_outlives_its_event_that_was_trimmed_by_size,
    publishing_that_takes_too_long_has_an_unknown_outcome_and_can_be_tried_again,
    publishing_that_is_dropped_can_be_tried_again,
    ;
    idempotency_keys_of_all_channels_are_bounded,
    // Other nodes publish to any number of channels.
    an_event_that_cannot_be_published_gets_the_reason,
}

async fn events_of_one_idempotency_key_are_one_event(world: World) {
    let mut lines = world.open();
    let first = lines.publish("room", &Line { n: 1 }).idempotency_key("a").await.unwrap();
    let again = lines.publish("room", &Line { n: 1 }).idempotency_key("a").await.unwrap();
    let other = lines.publish("room", &Line { n: 2 }).idempotency_key("b").await.unwrap();
    let elsewhere = lines.publish("other", &Line { n: 1 }).idempotency_key("a").await.unwrap();
    assert_eq!(first, again);
    assert_eq!((other.sequence(), elsewhere.sequence()), (2, 1));
    // Many at once; the first may not be stored yet.
    let tries = (0..50).map(|_| {
        let lines = lines.clone();
        tokio::spawn(
            async move { lines.publish("room", &Line { n: 3 }).idempotency_key("c").await },
        )
    });
    let ids = futures::future::join_all(tries.collect::<Vec<_>>()).await;
    for id in ids {
        assert_eq!(id.unwrap().unwrap().sequence(), 3);
    }
    if world.is_durable() {
        drop(lines);
        lines = world.open();
        assert_eq!(
            lines.publish("room", &Line { n: 1 }).idempotency_key("a").await.unwrap(),
            first
        );
    }
    assert_eq!(retained(&lines).await, [1, 2, 3]);
}

async fn a_idempotency_key_is_remembered_as_long_as_the_retention(world: World) {
    let mut lines = world.open();
    let first = lines.publish("room", &Line { n: 1 }).idempotency_key("a").await.unwrap();
    world.hands.pass(RETENTION - Duration::from_secs(1));
    if world.is_durable() {
        drop(lines);
        lines = world.open();
    }
    assert_eq!(lines.publish("room", &Line { n: 2 }).idempotency_key("a").await.unwrap(), first);
    world.hands.pass(SLACK + Duration::from_secs(2));
    let second = lines.publish("room", &Line { n: 2 }).idempotency_key("a").await.unwrap();
    assert_eq!(second.sequence(), 2);
    if world.is_durable() {
        drop(lines);
        lines = world.open();
        assert_eq!(
            lines.publish("room", &Line { n: 2 }).idempotency_key("a").await.unwrap(),
            second
        );
    }
    assert_eq!(retained(&lines).await, [2]);
}

async fn a_idempotency_key_outlives_its_event_that_was_trimmed_by_size(world: World) {
    let open = || world.open_with::<Line>(world.builder().max_events(3));
    let mut lines = open();
    let first = lines.publish("room", &Line { n: 1 }).idempotency_key("a").await.unwrap();
    publish(&lines, 2..10).await;
    if world.is_durable() {
        drop(lines);
        lines = open();
    }
    assert_eq!(lines.publish("room", &Line { n: 1 }).idempotency_key("a").await.unwrap(), first);
    assert_eq!(retained(&lines).await, [7, 8, 9]);
}

async fn idempotency_keys_of_all_channels_are_bounded(world: World) {
    const BYTES: usize = 20_000;
    let open = || world.open_with::<Line>(world.builder().max_total_bytes(BYTES as u64));
    let mut lines = open();
    let key = |n: usize| format!("{n:200}");
    // Behind them every other one is refused, not forgotten: it could be published twice.
    let each = key(0).len() + 2 * size_of::<std::sync::Arc<str>>();
    let mut count = 0;
    let error = loop {
        assert!(count * each <= BYTES, "{count} keys are remembered");
        let channel = format!("room-{}", count % 5);
        match lines.publish(&channel, &Line { n: 1 }).idempotency_key(&key(count)).await {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, PublishError::TooManyKeys), "{error:?}");
    assert!(count > 10, "{count}");
    if world.is_durable() {
        drop(lines);
        lines = open();
    }
    let again = lines.publish("other", &Line { n: 1 }).idempotency_key("a").await;
    assert!(matches!(again, Err(PublishError::TooManyKeys)), "{again:?}");
    lines.publish("room-0", &Line { n: 2 }).idempotency_key(&key(0)).await.unwrap();
    publish(&lines, 3..4).await;
    // They are forgotten with the retention.
    world.hands.pass(RETENTION + SLACK);
    for channel in ["room-0", "room-1", "room-2", "room-3", "room-4", "other"] {
        lines.publish(channel, &Line { n: 4 }).await.unwrap();
    }
    lines.publish("other", &Line { n: 5 }).idempotency_key("a").await.unwrap();
}

async fn publishing_that_takes_too_long_has_an_unknown_outcome_and_can_be_tried_again(
    world: World,
) {
    let lines = world.open();
    for n in 1..20 {
        let key = format!("key-{n}");
        // Without any time the event may be stored or not.
        let outcome =
            lines.publish("room", &Line { n }).idempotency_key(&key).timeout(Duration::ZERO).await;
        assert!(matches!(outcome, Ok(_) | Err(PublishError::OutcomeUnknown(None))), "{outcome:?}");
        lines.publish("room", &Line { n }).idempotency_key(&key).await.unwrap();
    }
    assert_eq!(retained(&lines).await, (1..20).collect::<Vec<_>>());
}

async fn publishing_that_is_dropped_can_be_tried_again(world: World) {
    use std::future::{IntoFuture as _, poll_fn};
    use std::task::Poll;

    let lines = world.open();
    for n in 1..20 {
        let key = format!("key-{n}");
        let mut publishing = lines.publish("room", &Line { n }).idempotency_key(&key).into_future();
        let polled = poll_fn(|cx| Poll::Ready(publishing.as_mut().poll(cx)));
        drop(polled.await);
        drop(publishing);
        lines.publish("room", &Line { n }).idempotency_key(&key).await.unwrap();
    }
    assert_eq!(retained(&lines).await, (1..20).collect::<Vec<_>>());
}

async fn an_event_that_cannot_be_published_gets_the_reason(world: World) {
    let lines = world.open_with::<String>(world.builder().max_event_bytes(100).max_channels(2));
    let (short, long) = ("x".to_owned(), "x".repeat(100));
    let error = lines.publish("room", &long).await.unwrap_err();
    assert!(matches!(error, PublishError::TooLarge { length: 111, limit: 100 }), "{error:?}");
    for channel in [String::new(), "x".repeat(513)] {
        let error = lines.publish(&channel, &short).await.unwrap_err();
        assert!(matches!(error, PublishError::InvalidChannel));
        assert!(lines.subscribe(&channel, Start::Latest).is_err());
    }
    for key in [String::new(), "x".repeat(257)] {
        let error = lines.publish("room", &short).idempotency_key(&key).await.unwrap_err();
        assert!(matches!(error, PublishError::InvalidIdempotencyKey));
    }
    for channel in ["a", "b"] {
        lines.publish(channel, &short).await.unwrap();
    }
    let error = lines.publish("c", &short).await.unwrap_err();
    assert!(matches!(error, PublishError::TooManyChannels), "{error:?}");
    assert!(lines.subscribe("c", Start::Latest).is_err());
    assert_eq!(lines.publish("a", &short).await.unwrap().sequence(), 2);
    let mut reader = lines.subscribe("a", Start::Earliest).unwrap();
    for _ in 0..2 {
        assert_eq!(reader.next_ready().await.unwrap().unwrap().value().unwrap(), "x");
    }
    assert!(reader.next_ready().await.is_none());
    // One of exactly the limit.
    lines.publish("a", &"x".repeat(89)).await.unwrap();
}
