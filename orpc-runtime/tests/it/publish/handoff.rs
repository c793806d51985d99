//! Replayed and live events come from one log, read by position.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{Audience, Start, Subscriber};

use super::world::for_each_store;
use super::world::{Line, World, event, gap, number, publish, ready, subscribe};

for_each_store! {
    readers_that_come_while_events_are_published_get_each_event_once_and_in_order,
    a_reader_behind_an_event_gets_exactly_what_follows_it,
    replay_goes_over_into_what_is_live,
    a_reader_that_waits_is_woken_by_the_next_event,
    the_position_is_that_of_the_event_in_hand,
    a_subscription_that_is_dropped_at_any_point_leaves_nothing,
    events_for_others_move_the_position,
    tags_targets_and_exclusions_choose_who_gets_an_event,
    channels_do_not_mix,
    a_closed_publisher_ends_its_readers_and_takes_nothing,
    ;
    // A node holds the channels that it reads alone.
    channels_without_events_and_readers_are_forgotten,
}

async fn readers_that_come_while_events_are_published_get_each_event_once_and_in_order(
    world: World,
) {
    const EVENTS: u64 = 300;
    let lines = world.open();
    let publisher = {
        let lines = lines.clone();
        tokio::spawn(async move { publish(&lines, 1..EVENTS + 1).await })
    };
    let mut readers = Vec::new();
    for reader in 0..16 {
        let lines = lines.clone();
        readers.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            let mut stream = lines.subscribe("room", Start::Earliest).unwrap();
            while seen.last() != Some(&EVENTS) {
                let next = event(&mut stream).await;
                let id = next.id().unwrap();
                seen.push(number(next));
                assert_eq!(id.sequence(), seen.len() as u64);
                // Each reader disconnects and reconnects at different times.
                if (seen.len() as u64).is_multiple_of(7 + reader) {
                    drop(stream);
                    tokio::task::yield_now().await;
                    stream = lines.subscribe("room", id).unwrap();
                }
            }
            seen
        }));
    }
    let ids = publisher.await.unwrap();
    assert!(ids.windows(2).all(|pair| pair[0].sequence() + 1 == pair[1].sequence()));
    for reader in readers {
        assert_eq!(reader.await.unwrap(), (1..=EVENTS).collect::<Vec<_>>());
    }
}

async fn a_reader_behind_an_event_gets_exactly_what_follows_it(world: World) {
    let lines = world.open();
    let ids = publish(&lines, 1..400).await;
    for k in [1, 2, 63, 64, 65, 142, 143, 144, 200, 398, 399] {
        let mut reader = lines.subscribe("room", ids[k - 1]).unwrap();
        assert_eq!(ready(&mut reader).await, (k as u64 + 1..400).collect::<Vec<_>>());
    }
}

async fn replay_goes_over_into_what_is_live(world: World) {
    let lines = world.open();
    let ids = publish(&lines, 1..11).await;
    let mut old = lines.subscribe("room", ids[4]).unwrap();
    let mut new = subscribe(&lines, "room", Start::Latest).await;
    assert_eq!(number(event(&mut old).await), 6);
    publish(&lines, 11..13).await;
    for n in 7..13 {
        assert_eq!(number(event(&mut old).await), n);
    }
    assert_eq!(ready(&mut new).await, [11, 12]);
}

/// Counts its wakes.
#[derive(Default)]
struct Alarm(AtomicUsize);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

async fn a_reader_that_waits_is_woken_by_the_next_event(world: World) {
    let lines = world.open();
    let mut readers = Vec::new();
    for _ in 0..10 {
        let alarm = Arc::new(Alarm::default());
        let mut reader = subscribe(&lines, "room", Start::Latest).await;
        let waker = Arc::clone(&alarm).into();
        // A second poll does not register a second wake.
        for _ in 0..2 {
            let polled = Pin::new(&mut reader).poll_next(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
        readers.push((alarm, reader));
    }
    publish(&lines, 1..2).await;
    for (alarm, mut reader) in readers {
        assert_eq!(alarm.0.load(Ordering::SeqCst), 1);
        assert_eq!(ready(&mut reader).await, [1]);
    }
}

async fn the_position_is_that_of_the_event_in_hand(world: World) {
    let lines = world.open();
    let ids = publish(&lines, 1..100).await;
    let mut reader = subscribe(&lines, "room", Start::Earliest).await;
    assert_eq!(reader.position().unwrap().sequence(), 0);
    for id in ids {
        // Several events are read at once; only yielded ones count.
        let next = event(&mut reader).await;
        assert_eq!((next.id(), reader.position()), (Some(id), Some(id)));
        reader = lines.subscribe("room", reader.position()).unwrap();
    }
}

async fn a_subscription_that_is_dropped_at_any_point_leaves_nothing(world: World) {
    let lines = world.open();
    // Before its first poll, while it waits, with buffered events, while it replays.
    for polls in 0..4 {
        for events in [0, 1, 400] {
            let room = format!("room-{polls}-{events}");
            for n in 0..events {
                lines.publish(&room, &Line { n }).await.unwrap();
            }
            let known = lines.channels();
            for _ in 0..3 {
                let mut reader = lines.subscribe(&room, Start::Earliest).unwrap();
                for _ in 0..polls {
                    let mut reader = Pin::new(&mut reader);
                    let polled = poll_fn(|cx| Poll::Ready(reader.as_mut().poll_next(cx)));
                    drop(polled.await);
                }
            }
            assert_eq!(lines.channels(), known, "{room}");
        }
    }
}

async fn channels_without_events_and_readers_are_forgotten(world: World) {
    let lines = world.open();
    for n in 0..1000 {
        drop(lines.subscribe(&format!("room-{n}"), Start::Latest).unwrap());
    }
    assert_eq!(lines.channels(), 0);
    for n in 0..50 {
        lines.publish(&format!("room-{n}"), &Line { n }).await.unwrap();
    }
    assert_eq!(lines.channels(), 50);
    // Their events are trimmed, so readers get only a gap.
    world.hands.pass(3 * super::world::RETENTION);
    for n in 0..1000 {
        publish(&lines, n..n + 1).await;
        if lines.channels() == 1 {
            return;
        }
    }
    panic!("{} channels are left", lines.channels());
}

async fn events_for_others_move_the_position(world: World) {
    let lines = world.open();
    let mut mine = subscribe(&lines, "room", Start::Latest).await.subscriber(Subscriber::new("me"));
    publish(&lines, 1..2).await;
    for n in 2..100 {
        lines.publish("room", &Line { n }).targets(["you"]).await.unwrap();
    }
    let last = lines.publish("room", &Line { n: 100 }).exclude(["me"]).await.unwrap();
    assert_eq!(ready(&mut mine).await, [1]);
    assert_eq!(mine.position(), Some(last));
    let next = publish(&lines, 101..102).await[0];
    let mut later = lines.subscribe("room", last).unwrap().subscriber(Subscriber::new("me"));
    let got = event(&mut later).await;
    assert_eq!((got.id(), number(got)), (Some(next), 101));
}

async fn tags_targets_and_exclusions_choose_who_gets_an_event(world: World) {
    let lines = world.open();
    let line = |n| Line { n };
    lines.publish("room", &line(1)).await.unwrap();
    lines.publish("room", &line(2)).tags(["a", "b"]).await.unwrap();
    lines.publish("room", &line(3)).targets(["x", "y"]).await.unwrap();
    lines.publish("room", &line(4)).tags(["a"]).targets(["x"]).exclude(["z"]).await.unwrap();
    lines.publish("room", &line(5)).exclude(["x"]).await.unwrap();
    lines.publish("room", &line(6)).targets(Vec::<String>::new()).await.unwrap();
    let audience = Audience::everyone().tags(["b"]);
    lines.publish("room", &line(7)).audience(audience).await.unwrap();

    let lines = if world.is_durable() {
        drop(lines);
        world.open()
    } else {
        lines
    };
    for (recipient, expected) in [
        (Some(Subscriber::default()), vec![1, 5]),
        (Some(Subscriber::new("x")), vec![1, 3]),
        (Some(Subscriber::new("x").tags(["a"])), vec![1, 2, 3, 4]),
        (Some(Subscriber::new("y").tags(["b", "c"])), vec![1, 2, 3, 5, 7]),
        (Some(Subscriber::new("q")), vec![1, 5]),
        (None, vec![1, 2, 3, 4, 5, 6, 7]),
    ] {
        let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
        if let Some(recipient) = recipient.clone() {
            reader = reader.subscriber(recipient);
        }
        assert_eq!(ready(&mut reader).await, expected, "{recipient:?}");
    }
}

async fn channels_do_not_mix(world: World) {
    let lines = world.open();
    let a = lines.publish("a", &Line { n: 1 }).await.unwrap();
    let b = lines.publish("b", &Line { n: 2 }).await.unwrap();
    assert_eq!((a.sequence(), b.sequence()), (1, 1));
    assert_ne!(a.epoch(), b.epoch());
    let mut reader = lines.subscribe("a", b).unwrap();
    assert_eq!(gap(&mut reader).await.resume().epoch(), a.epoch());
    assert_eq!(ready(&mut reader).await, [1]);
}

async fn a_closed_publisher_ends_its_readers_and_takes_nothing(world: World) {
    use orpc_runtime::publish::{PublishError, ReadError, SubscribeError};

    let lines = world.open();
    publish(&lines, 1..4).await;
    let mut reader = subscribe(&lines, "room", Start::Earliest).await;
    let mut waiting = subscribe(&lines, "room", Start::Latest).await;
    let waiting = tokio::spawn(async move { waiting.next().await });
    lines.close().await;
    assert!(matches!(waiting.await.unwrap(), Some(Err(ReadError::Closed))));
    for n in 1..4 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    assert!(matches!(reader.next().await, Some(Err(ReadError::Closed))));
    assert!(reader.next().await.is_none());
    let refused = lines.publish("room", &Line { n: 4 }).await;
    assert!(matches!(refused, Err(PublishError::Closed)), "{refused:?}");
    assert!(matches!(lines.subscribe("room", Start::Latest), Err(SubscribeError::Closed)));
}
