//! Bounds of the server and of a publisher.

use std::time::Duration;

use orpc_runtime::publish::{
    Durability, PublishError, Publisher, ReadError, Start, StoreErrorKind,
};

use super::super::world::{Line, event, number, publish, ready, retained};
use super::server::RedisServer;
use super::{node, node_at, subscribe, until};

#[tokio::test]
async fn a_server_without_memory_takes_no_event_and_keeps_the_others() {
    let server = RedisServer::start().await;
    let texts: Publisher<String> = Publisher::builder().redis(&server.url()).await.unwrap();
    texts.publish("room", &"first".to_owned()).await.unwrap();
    let used: String = server.command("INFO memory").await;
    let used = used.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
    let limit = used.parse::<u64>().unwrap() + (1 << 20);
    server.command::<()>(&format!("CONFIG SET maxmemory {limit}")).await;
    let text = "x".repeat(200_000);
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
    let read = async || {
        let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
        let mut lengths = Vec::new();
        while let Some(event) = reader.next_ready().await {
            lengths.push(event.unwrap().value().unwrap().len());
        }
        lengths
    };
    let lengths = read().await;
    assert_eq!((lengths.len(), lengths[0]), (count, 5));
    server.command::<()>("CONFIG SET maxmemory 0").await;
    texts.publish("room", &"last".to_owned()).await.unwrap();
    assert_eq!(read().await.len(), count + 1);
}

/// Events larger than what is read at once.
#[tokio::test]
async fn large_events_are_read_one_by_one() {
    let server = RedisServer::start().await;
    let texts: Publisher<String> =
        Publisher::builder().replay_bytes(100_000).redis(&server.url()).await.unwrap();
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

#[tokio::test]
async fn the_readers_of_a_channel_share_one_subscription() {
    let server = RedisServer::start().await;
    let lines = node(&server).await;
    let mut readers = Vec::new();
    for _ in 0..50 {
        readers.push(subscribe(&lines, Start::Latest).await);
    }
    let subscribers =
        async || -> (String, u64) { server.command("PUBSUB NUMSUB orpc:0:room").await };
    assert_eq!(subscribers().await.1, 1);
    assert_eq!(lines.channels(), 1);
    publish(&lines, 1..2).await;
    for reader in &mut readers {
        assert_eq!(number(event(reader).await), 1);
    }
    drop(readers);
    assert_eq!(lines.channels(), 0);
    until(async || subscribers().await.1 == 0).await;
    // One that comes while the subscription ends gets its events.
    for n in 2..6 {
        let mut reader = subscribe(&lines, Start::Latest).await;
        publish(&lines, n..n + 1).await;
        assert_eq!(number(event(&mut reader).await), n);
    }
}

#[tokio::test]
async fn keys_of_something_else_are_refused_and_left_alone() {
    let server = RedisServer::start().await;
    let lines = node(&server).await;
    for key in ["state", "events"] {
        let key = format!("orpc:{{room}}:{key}");
        server.command::<()>(&format!("SET {key} other")).await;
        let error = lines.publish("room", &Line { n: 1 }).await.unwrap_err();
        let PublishError::Failed(error) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Damaged, "{error:?}");
        let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
        match super::next(&mut reader).await {
            Err(ReadError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Damaged),
            other => panic!("{other:?}"),
        }
        assert_eq!(server.command::<String>(&format!("GET {key}")).await, "other");
        server.command::<()>(&format!("DEL {key}")).await;
    }
    // Other publishers have a prefix of their own.
    let builder = Publisher::builder().key_prefix("other");
    let other: Publisher<Line> = builder.redis(&server.url()).await.unwrap();
    publish(&other, 1..2).await;
    assert_eq!(retained(&other).await, [1]);
    assert_eq!(retained(&lines).await, Vec::<u64>::new());
}

#[tokio::test]
async fn a_reader_whose_channel_is_overwritten_by_something_else_ends() {
    let server = RedisServer::start().await;
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    server.command::<()>("SET orpc:{room}:state other").await;
    match super::next(&mut reader).await {
        Err(ReadError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Damaged),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn scripts_that_the_server_forgets_are_sent_again() {
    let server = RedisServer::start().await;
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    for n in 1..4 {
        server.command::<()>("SCRIPT FLUSH").await;
        publish(&lines, n..n + 1).await;
        server.command::<()>("SCRIPT FLUSH").await;
        assert_eq!(number(event(&mut reader).await), n);
        assert_eq!(retained(&lines).await, (1..=n).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn events_are_durable_if_the_server_syncs_each_of_them() {
    for (settings, durability) in [
        ("--appendonly yes --appendfsync always", Durability::Commit),
        ("--appendonly yes --appendfsync everysec", Durability::Memory),
        ("--appendonly no --appendfsync always", Durability::Memory),
    ] {
        let server = RedisServer::start_with(settings).await;
        assert_eq!(node(&server).await.durability(), durability, "{settings}");
    }
}

#[tokio::test]
async fn a_replica_is_refused() {
    let (primary, replica) = (RedisServer::start().await, RedisServer::start().await);
    replica.command::<()>(&format!("REPLICAOF 127.0.0.1 {}", primary.port)).await;
    let builder = Publisher::builder().connect_timeout(Duration::from_millis(100));
    let error = builder.redis::<Line>(&replica.url()).await.unwrap_err();
    assert!(error.to_string().contains("is a replica"), "{error}");
    // A primary that becomes one while it is used.
    let lines = node_at(&primary.url()).await;
    publish(&lines, 1..2).await;
    replica.command::<()>("REPLICAOF NO ONE").await;
    primary.command::<()>(&format!("REPLICAOF 127.0.0.1 {}", replica.port)).await;
    let error = lines.publish("room", &Line { n: 2 }).await.unwrap_err();
    assert!(matches!(error, PublishError::Failed(_)), "{error:?}");
    primary.command::<()>("REPLICAOF NO ONE").await;
    publish(&lines, 3..4).await;
    assert_eq!(ready(&mut lines.subscribe("room", Start::Earliest).unwrap()).await, [1, 3]);
}

#[tokio::test]
async fn an_address_or_a_user_that_is_refused_fails_at_once() {
    let server = RedisServer::start_with("--save '' --requirepass secret").await;
    let builder = || Publisher::builder().connect_timeout(Duration::MAX);
    let port = server.port;
    for url in [
        format!("redis://127.0.0.1:{port}"),
        format!("redis://:hidden@127.0.0.1:{port}"),
        format!("redis://nobody:hidden@127.0.0.1:{port}"),
        format!("http://:hidden@127.0.0.1:{port}"),
        format!("rediss://:hidden@127.0.0.1:{port}"),
        "redis://:hidden@127.0.0.1:65536".to_owned(),
        "hidden".to_owned(),
        String::new(),
    ] {
        let error = builder().redis::<Line>(&url).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hidden"), "{text}");
    }
    let url = format!("redis://:secret@127.0.0.1:{port}/3");
    let lines = builder().redis::<Line>(&url).await.unwrap();
    publish(&lines, 1..2).await;
    // Another database has other channels, and its events are not announced here.
    let other = builder().redis::<Line>(&format!("redis://:secret@127.0.0.1:{port}")).await;
    let other = other.unwrap();
    let mut reader = subscribe(&other, Start::Earliest).await;
    publish(&lines, 2..3).await;
    assert_eq!(ready(&mut reader).await, Vec::<u64>::new());
    assert_eq!(retained(&lines).await, [1, 2]);
}
