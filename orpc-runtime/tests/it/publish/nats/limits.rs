//! Bounds of the server and of a publisher.

use std::time::Duration;

use orpc_runtime::publish::{
    Durability, GapReason, PublishError, Publisher, ReadError, Start, StoreErrorKind,
};
use serde_json::{Value, json};

use super::super::world::{Line, event, gap, number, publish, retained};
use super::{NatsServer, node, subscribe, until};

#[tokio::test]
async fn an_event_that_is_larger_than_a_message_may_be_is_refused_and_others_are_not() {
    let server = NatsServer::start_with("max_payload: 100KB\njetstream {}").await;
    let texts: Publisher<String> = Publisher::builder().nats(&server.url()).await.unwrap();
    let error = texts.publish("room", &"x".repeat(102_400)).await.unwrap_err();
    let PublishError::Failed(error) = error else { panic!("{error:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Refused);
    assert!(error.to_string().contains("raise `max_payload`"), "{error}");
    assert_eq!(texts.publish("room", &"x".repeat(90_000)).await.unwrap().sequence(), 1);
}

#[tokio::test]
async fn a_stream_of_something_else_is_refused_and_left_alone() {
    let server = NatsServer::start().await;
    let made = server.ask("STREAM.CREATE.orpc", json!({ "name": "orpc", "subjects": ["a"] })).await;
    let builder = || Publisher::builder().connect_timeout(Duration::MAX);
    let error = builder().nats::<Line>(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Damaged);
    assert!(error.to_string().contains("set a key prefix"), "{error}");
    let kept = server.ask("STREAM.INFO.orpc", Value::Null).await;
    assert_eq!(kept["config"], made["config"]);
    // Other publishers have a prefix of their own.
    let other: Publisher<Line> = builder().key_prefix("a b").nats(&server.url()).await.unwrap();
    publish(&other, 1..2).await;
    assert_eq!(retained(&other).await, [1]);
    let error = builder().key_prefix("").nats::<Line>(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Refused);
}

/// An entry that no publisher has written.
#[tokio::test]
async fn a_reader_of_a_channel_with_something_else_ends() {
    let server = NatsServer::start().await;
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    let subject = format!("{}.e.room", server.root().await);
    server.client().await.request(subject, "other".into()).await.unwrap();
    match super::next(&mut reader).await {
        Err(ReadError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Damaged),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_channel_with_readers_outlasts_the_time_of_its_messages() {
    let server = NatsServer::start().await;
    let retention = Duration::from_millis(300);
    let open = async || -> Publisher<Line> {
        Publisher::builder().retention(retention).nats(&server.url()).await.unwrap()
    };
    let (a, b) = (open().await, open().await);
    let mut reader = subscribe(&a, Start::Latest).await;
    let begin = reader.position().unwrap();
    let last = publish(&b, 1..3).await[1];
    // Unless they are trimmed before.
    let read = super::read_up_to(&mut reader, begin, last).await;
    assert!([1, 2].ends_with(&read), "{read:?}");
    // The message of the last event is gone, and another one keeps the state.
    let (seq, _) = server.last("room").await.unwrap();
    until(async || {
        let info = server.ask("STREAM.INFO.orpc", Value::Null).await;
        info["state"]["first_seq"].as_u64().unwrap() > seq && server.last("room").await.is_some()
    })
    .await;
    let next = publish(&b, 3..4).await[0];
    assert_eq!((next.epoch(), next.sequence()), (last.epoch(), 3));
    let read = super::read_up_to(&mut reader, last, next).await;
    assert!([3].ends_with(&read), "{read:?}");
    // Without readers nothing is left in the end.
    drop(reader);
    until(async || server.last("room").await.is_none()).await;
    let anew = publish(&b, 4..5).await[0];
    assert_eq!(anew.sequence(), 1);
    let mut reader = b.subscribe("room", last).unwrap();
    assert_eq!(gap(&mut reader).await.reason(), GapReason::Epoch);
}

/// Some stay for a while, for attempts to publish again.
#[tokio::test]
async fn trimmed_events_leave_the_server() {
    let server = NatsServer::start().await;
    for (channel, builder) in [
        ("number", Publisher::builder().max_events(10)),
        ("bytes", Publisher::builder().max_bytes(2000)),
    ] {
        let lines: Publisher<Line> = builder.nats(&server.url()).await.unwrap();
        for n in 0..500 {
            lines.publish(channel, &Line { n }).await.unwrap();
        }
        let filter = format!("{}.e.{channel}", server.root().await);
        let info = server.ask("STREAM.INFO.orpc", json!({ "subjects_filter": filter })).await;
        let count = info["state"]["subjects"][&filter].as_u64().unwrap();
        assert!((10..=150).contains(&count), "{count} messages of {channel}");
    }
}

/// Each event is trimmed by the next one, and a publisher that has not heard of them for long
/// publishes with a key.
#[tokio::test]
async fn keys_are_published_with_beside_events_that_are_trimmed_at_once() {
    let server = NatsServer::start().await;
    let open = async || -> Publisher<Line> {
        Publisher::builder().max_events(1).nats(&server.url()).await.unwrap()
    };
    let (a, b, c) = (open().await, open().await, open().await);
    publish(&a, 0..1).await;
    let busy = tokio::spawn(async move {
        for n in 1..1000 {
            publish(&b, n..n + 1).await;
        }
    });
    let mut published = 1000;
    for n in 0..100 {
        let key = n.to_string();
        let line = Line { n };
        let publish = |lines: &Publisher<Line>| {
            lines.publish("room", &line).idempotency_key(&key).into_future()
        };
        let (first, second) = tokio::join!(publish(&a), publish(&c));
        assert_eq!(first.unwrap(), second.unwrap());
        published += 1;
    }
    busy.await.unwrap();
    assert_eq!(server.head("room").await, published);
}

/// The processes that share a stream keep its messages for the longest of their retentions.
#[tokio::test]
async fn a_longer_retention_changes_the_stream_and_a_shorter_one_does_not() {
    let server = NatsServer::start().await;
    for (retention, kept) in [(60, 121), (300, 601), (60, 601)] {
        let builder = Publisher::builder().retention(Duration::from_secs(retention));
        let lines: Publisher<Line> = builder.nats(&server.url()).await.unwrap();
        publish(&lines, 0..1).await;
        let info = server.ask("STREAM.INFO.orpc", Value::Null).await;
        assert_eq!(info["config"]["max_age"], kept * 1_000_000_000_u64);
    }
}

#[tokio::test]
async fn events_are_durable_by_the_files_of_the_server() {
    let server = NatsServer::start().await;
    assert_eq!(node(&server).await.durability(), Durability::Process);
}

#[tokio::test]
async fn an_address_a_user_or_a_server_that_is_refused_fails_at_once() {
    let users = "authorization { users: [\n\
        { user: app, password: \"se:cret\" }\n\
        { user: other, password: secret, permissions: { publish: \"nothing\" } }\n\
    ] }\njetstream {}";
    let server = NatsServer::start_with(users).await;
    let builder = || Publisher::builder().connect_timeout(Duration::MAX);
    let port = server.port;
    for url in [
        format!("nats://127.0.0.1:{port}"),
        format!("nats://app:hidden@127.0.0.1:{port}"),
        format!("nats://hidden@127.0.0.1:{port}"),
        format!("nats://other:secret@127.0.0.1:{port}"),
        format!("http://app:hidden@127.0.0.1:{port}"),
        "nats://app:hidden@127.0.0.1:65536".to_owned(),
        "hidden".to_owned(),
        String::new(),
    ] {
        let error = builder().nats::<Line>(&url).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hidden") && !text.contains("secret"), "{text}");
    }
    let url = format!("nats://app:se%3Acret@127.0.0.1:{port}");
    let lines = builder().nats::<Line>(&url).await.unwrap();
    publish(&lines, 1..2).await;
    assert_eq!(retained(&lines).await, [1]);

    let server = NatsServer::start_with("").await;
    let error = builder().nats::<Line>(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Incompatible);
    assert!(error.to_string().contains("JetStream"), "{error}");
    let server =
        NatsServer::start_with("cluster { name: c, port: -1, host: 127.0.0.1 }\nserver_name: a")
            .await;
    let error = builder().nats::<Line>(&server.url()).await.unwrap_err();
    assert!(error.to_string().contains("cluster"), "{error}");
}

/// The versions before cannot read several events at once.
#[tokio::test]
async fn an_older_server_is_refused() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let info = json!({ "server_id": "A", "version": "2.10.26", "jetstream": true,
                "headers": true, "max_payload": 1_048_576, "proto": 1 });
            socket.write_all(format!("INFO {info}\r\n").as_bytes()).await.ok();
            let mut bytes = [0; 4096];
            while let Ok(1..) = socket.read(&mut bytes).await {
                socket.write_all(b"PONG\r\n").await.ok();
            }
        }
    });
    let error = Publisher::builder().nats::<Line>(&url).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Incompatible);
    assert!(error.to_string().contains("version 2.10.26"), "{error}");
}
