//! Requests that are refused, are slow, or of which none is answered.

use std::time::Duration;

use orpc_runtime::publish::{PublishError, Publisher, ReadError, Start, StoreErrorKind};

use super::super::world::{Line, event, number, publish, retained};
use super::{NatsServer, next, node, node_at, subscribe};
use crate::support::proxy::{Network, Proxy};
use crate::support::websocket::within;

#[tokio::test]
async fn publishing_fails_if_the_user_may_not_read_the_stream() {
    let users = "authorization { users: [\n\
        { user: app, password: secret, permissions: { publish: { deny: \"$JS.API.DIRECT.GET.>\" } } }\n\
    ] }\njetstream {}";
    let server = NatsServer::start_with(users).await;
    let lines = node_at(&format!("nats://app:secret@127.0.0.1:{}", server.port)).await;
    // Those that wait for another one fail with it.
    let publishing = (0..10).map(|n| {
        let lines = lines.clone();
        async move { lines.publish("room", &Line { n }).await }
    });
    for outcome in within(futures::future::join_all(publishing)).await {
        let Err(PublishError::Failed(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error}");
    }
}

/// Another process publishes so fast that its next event is there before this one can follow the last one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishing_from_afar_ends_beside_a_near_publisher_that_never_rests() {
    let server = NatsServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (far, near) = (node_at(&proxy.url("nats")).await, node(&server).await);
    publish(&near, 0..1).await;
    proxy.set(Network::Slow(Duration::from_millis(100)));
    let busy = tokio::spawn(async move {
        for n in 1.. {
            publish(&near, n..n + 1).await;
        }
    });
    let publishing = (0..4).map(|n| {
        let far = far.clone();
        async move { far.publish("room", &Line { n: 1_000_000 + n }).await }
    });
    let outcomes = within(futures::future::join_all(publishing)).await;
    busy.abort();
    busy.await.ok();
    println!("{outcomes:?}");
    let far_ones = retained(&node(&server).await).await.into_iter().filter(|n| *n >= 1_000_000);
    let appended = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(far_ones.count(), appended);
    for outcome in outcomes {
        match outcome {
            // The other one may be held up for long enough.
            Ok(_) => {}
            Err(PublishError::Failed(error)) => {
                assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    within(far.publish("room", &Line { n: 0 }).into_future()).await.unwrap();
}

/// The requests of one comparison take longer together than a connection is waited for.
#[tokio::test]
async fn a_reader_goes_on_over_a_connection_on_which_a_search_takes_long() {
    let server = NatsServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (far, near) = (node_at(&proxy.url("nats")).await, node(&server).await);
    let mut reader = subscribe(&far, Start::Latest).await;
    publish(&near, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    proxy.set(Network::Cut);
    publish(&near, 2..102).await;
    // Messages of others, among which the first of these events is searched for.
    let (client, root) = (server.client().await, server.root().await);
    for n in 0..8000 {
        client.publish(format!("{root}.k.other.{n}"), "{}".into()).await.unwrap();
    }
    client.flush().await.unwrap();
    publish(&near, 102..103).await;
    proxy.set(Network::Slow(Duration::from_millis(250)));
    for n in 2..103 {
        assert_eq!(number(event(&mut reader).await), n);
    }
}

#[tokio::test]
async fn a_reader_ends_if_its_events_cannot_be_read_for_too_long() {
    let server = NatsServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let builder = Publisher::builder().max_staleness(Duration::from_secs(3));
    let lines: Publisher<Line> = builder.nats(&proxy.url("nats")).await.unwrap();
    publish(&node(&server).await, 0..600).await;
    // Each connection works until events are read.
    proxy.set(Network::CutBehind("\"batch\""));
    let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
    match next(&mut reader).await {
        Err(ReadError::Store(error)) => assert_eq!(error.kind(), StoreErrorKind::Unavailable),
        other => panic!("{other:?}"),
    }
    proxy.set(Network::Up);
    assert_eq!(retained(&lines).await, (0..600).collect::<Vec<_>>());
}
