//! Delivery to the readers of a channel: their tasks, their ends, and turns of others.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt as _;
use orpc_runtime::publish::Publisher;

use super::readers::{publish, token, values};
use crate::support::durable::*;
use crate::support::websocket::{self, Raw, TEXT, until, within};
use crate::support::{tasks, tasks_that_stay};

#[tokio::test]
async fn a_reader_whose_iterator_ends_while_it_catches_up_leaves_no_task() {
    let rooms = rooms_with(Publisher::builder().max_events(1_000).memory());
    let service = endpoint(&rooms).unsent_limit(1024);
    let first = publish(&rooms, "first").await.to_string();
    for _ in 0..100 {
        publish(&rooms, "x".repeat(100)).await;
    }
    let token = token(&rooms, &[]);
    let mut socket = Raw::open(websocket::channel(&service, 256), &own_path(&token)).await;
    // The tasks of the channel and of its timer stay.
    subscribe(&mut socket, None).await;
    socket.send(TEXT, br#"{"i":"1","t":4}"#).await;
    socket.call("0", "/call", &serde_json::json!({ "path": ["tools", "echo"], "input": 1 })).await;
    socket.message().await;
    let before = tasks_that_stay().await;

    // It reads no more than the head, so that its task waits for room.
    subscribe_as(&mut socket, "2", Some(&first)).await;
    socket.message().await;
    assert_eq!(tasks_that_stay().await, before + 1);
    socket.send(TEXT, br#"{"i":"2","t":4}"#).await;
    // The task ends although there is no room for its next event.
    until(|| tasks() == before).await;
}

#[tokio::test]
async fn a_reader_at_the_end_of_the_log_has_no_task() {
    let rooms = rooms();
    let service = endpoint(&rooms);
    let last = publish(&rooms, 1).await.to_string();
    let (live, back) = (token(&rooms, &[]), token(&rooms, &[]));
    let mut live = open(&service, &live).await;
    subscribe(&mut live, None).await;
    let mut back = open(&service, &back).await;
    let before = tasks_that_stay().await;
    subscribe_as(&mut back, "1", Some(&last)).await;
    {
        let mut head = pin!(back.message());
        while head.as_mut().now_or_never().is_none() {
            assert_eq!(tasks(), before);
            tokio::task::yield_now().await;
        }
    }
    publish(&rooms, 2).await;
    for socket in [&mut live, &mut back] {
        assert_eq!(values(socket, 1).await, [2]);
    }
}

#[tokio::test]
async fn a_reader_without_room_is_told_once_there_is_some_that_the_publisher_has_ended() {
    let rooms = rooms_with(Publisher::memory());
    let service = endpoint(&rooms).unsent_limit(1024);
    let token = token(&rooms, &[]);
    let mut socket = Raw::open(websocket::channel(&service, 256), &own_path(&token)).await;
    subscribe(&mut socket, None).await;
    // No task of the channel or the socket runs in between: the second event does not fit.
    let publishing = async {
        publish(&rooms, "a".repeat(1200)).await;
        publish(&rooms, "b".repeat(1200)).await;
        rooms.publisher().close().await;
    };
    tokio::task::unconstrained(publishing).await;
    assert_eq!(values(&mut socket, 1).await, ["a".repeat(1200)]);
    let (error, _) = error_event(&within(socket.message()).await);
    assert_eq!(error["code"], "SERVICE_UNAVAILABLE");
}

#[tokio::test]
async fn a_reader_that_catches_up_gives_others_a_turn_every_64_events() {
    const EVENTS: usize = 64 * 200;
    let rooms = rooms_with(Publisher::builder().max_events(1 << 20).memory());
    let service = endpoint(&rooms).unsent_limit(1 << 30);
    let first = publish(&rooms, "first").await.to_string();
    for n in 0..EVENTS {
        publish(&rooms, n).await;
    }
    let token = token(&rooms, &[]);
    let mut socket = Raw::open(websocket::channel(&service, 64), &own_path(&token)).await;
    subscribe(&mut socket, None).await;
    socket.send(TEXT, br#"{"i":"1","t":4}"#).await;

    let before = tasks_that_stay().await;
    subscribe_as(&mut socket, "2", Some(&first)).await;
    let turns = Arc::new(AtomicUsize::new(0));
    // From the start of its task to the end.
    until(|| tasks() > before).await;
    until(|| {
        turns.fetch_add(1, Ordering::Relaxed);
        tasks() == before
    })
    .await;
    let turns = turns.load(Ordering::Relaxed);
    assert!((190..=300).contains(&turns), "{turns} turns");
}
