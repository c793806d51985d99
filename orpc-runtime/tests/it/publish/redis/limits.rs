//! Bounds of the server and of a publisher.

use std::time::Duration;

use orpc_runtime::publish::{
    Durability, PublishError, Publisher, ReadError, Start, StoreErrorKind,
};

use super::super::world::{Line, event, number, publish, ready, retained};
use super::server::RedisServer;
use super::{node, node_at, subscribe};

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

/// Keys as well that are made later than the channel, or anew.
#[tokio::test]
async fn every_key_of_a_channel_expires() {
    const RETENTION: u64 = 60_000;
    let server = RedisServer::start().await;
    let builder = Publisher::builder().max_events(32).retention(Duration::from_millis(RETENTION));
    let lines: Publisher<Line> = builder.redis(&server.url()).await.unwrap();
    for removed in ["", "events", "state", "parts", "keys", "times"] {
        server.command::<()>(&format!("DEL orpc:{{room}}:{removed}")).await;
        for n in 0..40 {
            let line = Line { n };
            let key = format!("{removed} {n}");
            let event = lines.publish("room", &line);
            let event = if n % 10 == 0 { event.idempotency_key(&key) } else { event };
            event.await.unwrap();
        }
        let mut keys = server.command::<Vec<String>>("KEYS *").await;
        keys.sort_unstable();
        // The list of parts is empty at times.
        assert!(keys.len() >= 4, "{keys:?}");
        for key in keys {
            let left = server.command::<i64>(&format!("PTTL {key}")).await;
            assert!(left > 2 * RETENTION as i64 - 1000, "{key} behind DEL {removed}: {left}");
        }
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
