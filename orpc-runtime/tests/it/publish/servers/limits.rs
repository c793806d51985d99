//! Bounds of a server and of a publisher.

use std::future::IntoFuture as _;

use orpc_runtime::publish::{PublishError, Publisher, ReadError, Start, StoreErrorKind};

use super::super::world::{Line, event, number, publish, ready};
use super::{Server, for_each_server, node, subscribe, until};

for_each_server! {
    a_server_without_room_takes_no_event_and_keeps_the_others,
    the_readers_of_a_channel_share_one_subscription,
    ;
    large_events_are_read_one_by_one,
    names_of_channels_and_keys_may_have_any_character,
}

async fn texts(server: &Server) -> Publisher<String> {
    let builder = Publisher::builder().replay_bytes(100_000);
    Server::open(builder, server.scheme(), &server.url()).await.unwrap()
}

async fn a_server_without_room_takes_no_event_and_keeps_the_others(server: Server) {
    let server = server.with_little_room().await;
    let texts = texts(&server).await;
    texts.publish("room", &"first".to_owned()).await.unwrap();
    let text = "x".repeat(100_000);
    let mut count = 1;
    let error = loop {
        match texts.publish("room", &text).await {
            Ok(_) => count += 1,
            Err(PublishError::Failed(error)) => break error,
            Err(other) => panic!("{other:?}"),
        }
        assert!(count < 100, "nothing is refused");
    };
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}");
    let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
    let mut kept = Vec::new();
    while let Some(event) = reader.next_ready().await {
        kept.push(event.unwrap().value().unwrap().len());
    }
    assert_eq!((kept.len(), kept[0]), (count, 5));
    server.make_room("room").await;
    texts.publish("room", &"last".to_owned()).await.unwrap();
    // NATS has removed the others, as a gap tells.
    let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
    let mut last = None;
    while let Some(event) = reader.next_ready().await {
        match event {
            Ok(event) => last = Some(event.value().unwrap()),
            Err(ReadError::Gap(_)) if server.scheme() == "nats" => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(last.as_deref(), Some("last"));
}

/// Events larger than what is read at once.
async fn large_events_are_read_one_by_one(server: Server) {
    let texts = texts(&server).await;
    let lengths = [900_000, 10, 70_000, 40_000, 40_000, 1_000_000, 0];
    for length in lengths {
        texts.publish("room", &"x".repeat(length)).await.unwrap();
    }
    let mut readers: Vec<_> =
        (0..5).map(|_| texts.subscribe("room", Start::Earliest).unwrap()).collect();
    for length in lengths {
        for reader in &mut readers {
            let event = reader.next_ready().await.unwrap().unwrap();
            assert_eq!(event.value().unwrap().len(), length);
        }
    }
}

async fn the_readers_of_a_channel_share_one_subscription(server: Server) {
    let lines = node(&server).await;
    let mut readers = Vec::new();
    for _ in 0..50 {
        readers.push(subscribe(&lines, Start::Latest).await);
    }
    assert_eq!(server.subscriptions("room").await, 1);
    assert_eq!(lines.channels(), 1);
    publish(&lines, 1..2).await;
    for reader in &mut readers {
        assert_eq!(number(event(reader).await), 1);
    }
    drop(readers);
    assert_eq!(lines.channels(), 0);
    until(async || server.subscriptions("room").await == 0).await;
    // One that comes while the subscription ends gets its events.
    for n in 2..6 {
        let mut reader = subscribe(&lines, Start::Latest).await;
        publish(&lines, n..n + 1).await;
        assert_eq!(number(event(&mut reader).await), n);
    }
}

/// Channels and keys with every character, and the longest ones.
async fn names_of_channels_and_keys_may_have_any_character(server: Server) {
    let (a, b) = (node(&server).await, node(&server).await);
    let long = "\u{10348}".repeat(128);
    let names =
        ["a.b", "a", "a.*", ">", "a b\r\n", "=2E", "$JS", "\u{e9}", "A", "{a}", "a:b", &long];
    for (n, name) in (0..).zip(names) {
        let key = &name[..name.len().min(256)];
        let publish = |lines: &Publisher<Line>| {
            lines.publish(name, &Line { n }).idempotency_key(key).into_future()
        };
        assert_eq!(publish(&a).await.unwrap(), publish(&b).await.unwrap(), "{name:?}");
    }
    for (n, name) in (0..).zip(names) {
        let mut reader = b.subscribe(name, Start::Earliest).unwrap();
        assert_eq!(ready(&mut reader).await, [n], "{name:?}");
        a.publish(name, &Line { n: n + 100 }).await.unwrap();
        assert_eq!(number(event(&mut reader).await), n + 100, "{name:?}");
    }
}
