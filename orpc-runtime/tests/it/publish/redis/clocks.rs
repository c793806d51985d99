//! Servers whose clocks are set.

use std::future::IntoFuture as _;
use std::time::Duration;

use orpc_runtime::publish::{EventId, GapReason, Publisher, Start};

use super::super::world::{Line, event, gap, number, publish, retained};
use super::server::RedisServer;
use super::{node, subscribe};

const HOUR: i64 = 3600;

async fn keyed(lines: &Publisher<Line>, n: u64) -> EventId {
    let publishing = lines.publish("room", &Line { n }).idempotency_key(&n.to_string());
    publishing.into_future().await.unwrap()
}

#[tokio::test]
async fn a_clock_that_is_set_back_trims_nothing_and_one_that_is_set_forward_is_told_of() {
    let server = RedisServer::with_clock().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let mut ids = publish(&a, 1..4).await;
    ids.push(keyed(&a, 4).await);
    server.set_clock(-HOUR);
    assert_eq!(keyed(&b, 4).await, ids[3], "one event for each key");
    ids.extend(publish(&b, 5..8).await);
    for (n, id) in (1..).zip(&ids) {
        let next = event(&mut reader).await;
        assert_eq!((number(next.clone()), next.id()), (n, Some(*id)));
        assert_eq!((id.sequence(), id.epoch()), (n, ids[0].epoch()));
    }
    for lines in [&a, &b] {
        assert_eq!(retained(lines).await, (1..8).collect::<Vec<_>>());
    }
    // The correction is longer than the retention: events are trimmed.
    server.set_clock(0);
    let behind = publish(&b, 8..9).await[0];
    assert_eq!(behind.sequence(), 8);
    assert_eq!(number(event(&mut reader).await), 8);
    let mut late = a.subscribe("room", ids[0]).unwrap();
    assert_eq!(gap(&mut late).await.last(), ids[0]);
    assert_eq!(number(event(&mut late).await), 8);
    // A channel is forgotten after two to three retentions.
    server.set_clock(HOUR);
    let told = gap(&mut reader).await;
    assert_eq!((told.reason(), told.last()), (GapReason::Epoch, behind));
    let next = publish(&b, 9..10).await[0];
    assert_eq!(next.sequence(), 9);
    assert!(ids.iter().all(|id| id.epoch() != next.epoch()));
    assert_eq!(number(event(&mut reader).await), 9);
}

#[tokio::test]
async fn a_clock_that_is_set_forward_by_less_than_the_retention_trims_nothing() {
    let server = RedisServer::with_clock().await;
    let open = async || -> Publisher<Line> {
        let builder = Publisher::builder().retention(Duration::from_secs(2 * 3600));
        builder.redis(&server.url()).await.unwrap()
    };
    let (a, b) = (open().await, open().await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let mut ids = publish(&a, 1..4).await;
    ids.push(keyed(&a, 4).await);
    server.set_clock(HOUR);
    assert_eq!(keyed(&b, 4).await, ids[3], "one event for each key");
    ids.extend(publish(&b, 5..8).await);
    server.set_clock(-HOUR);
    ids.extend(publish(&a, 8..11).await);
    for (n, id) in (1..).zip(&ids) {
        let next = event(&mut reader).await;
        assert_eq!((number(next.clone()), next.id()), (n, Some(*id)));
        assert_eq!((id.sequence(), id.epoch()), (n, ids[0].epoch()));
    }
    assert_eq!(retained(&a).await, (1..11).collect::<Vec<_>>());
}
