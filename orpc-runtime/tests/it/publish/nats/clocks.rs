//! Servers whose clocks are set.

use std::future::IntoFuture as _;
use std::time::Duration;

use orpc_runtime::publish::{EventId, Publisher, ReadError, Start};

use super::super::world::{Line, event, number, publish, retained};
use super::{NatsServer, next, subscribe};

const HOUR: i64 = 3600;

async fn node(server: &NatsServer, hours: u64) -> Publisher<Line> {
    let builder = Publisher::builder().retention(Duration::from_secs(hours * 3600));
    builder.nats(&server.url()).await.unwrap()
}

async fn keyed(lines: &Publisher<Line>, n: u64) -> EventId {
    let publishing = lines.publish("room", &Line { n }).idempotency_key(&n.to_string());
    publishing.into_future().await.unwrap()
}

/// Nodes ask for the time once a second: some of the events have that of before.
#[tokio::test]
async fn a_clock_that_is_set_by_less_than_the_retention_trims_nothing() {
    let server = NatsServer::with_clock().await;
    let (a, b) = (node(&server, 3).await, node(&server, 3).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let mut n = 0;
    let mut epoch = None;
    let first = keyed(&a, 0).await;
    assert_eq!(number(event(&mut reader).await), 0);
    for offset in [-HOUR, HOUR, 0, -HOUR] {
        server.set_clock(offset).await;
        assert_eq!(keyed(&b, 0).await, first, "one event for each key");
        for round in 0..15 {
            n += 1;
            let id = publish(if round % 2 == 0 { &a } else { &b }, n..n + 1).await[0];
            assert_eq!((id.sequence(), *epoch.get_or_insert(id.epoch())), (n + 1, id.epoch()));
            let got = event(&mut reader).await;
            assert_eq!((got.id(), number(got)), (Some(id), n), "{offset}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // One that has the present time from the beginning.
        let late = node(&server, 3).await;
        for lines in [&a, &b, &late] {
            assert_eq!(retained(lines).await, (0..=n).collect::<Vec<_>>(), "{offset}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_set_forward_by_more_than_the_retention_is_told_of() {
    let server = NatsServer::with_clock().await;
    let open = async || Publisher::builder().nats::<Line>(&server.url()).await.unwrap();
    let (a, b) = (open().await, open().await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let mut ids = publish(&a, 1..4).await;
    for n in 1..4 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    let mut last = ids[2];
    for offset in [HOUR, 0, HOUR] {
        server.set_clock(offset).await;
        for _ in 0..25 {
            let n = ids.len() as u64 + 1;
            let id = publish(&a, n..n + 1).await[0];
            assert!(id.sequence() > ids[ids.len() - 1].sequence(), "numbers go back");
            ids.push(id);
            while last != id {
                last = match next(&mut reader).await {
                    Ok(event) => {
                        let id = event.id().unwrap();
                        assert_eq!(id.sequence(), last.sequence() + 1, "a hole");
                        assert_eq!(ids[number(event) as usize - 1], id);
                        id
                    }
                    Err(ReadError::Gap(gap)) => {
                        assert_eq!(gap.last(), last);
                        gap.resume()
                    }
                    Err(other) => panic!("{other:?}"),
                };
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Retained is the end of all that was published, the same at all nodes.
        let late = open().await;
        let left = retained(&late).await;
        let end = ids.len() as u64;
        assert_eq!(left, (end + 1 - left.len() as u64..=end).collect::<Vec<_>>(), "{offset}");
        assert!(!left.is_empty() && left.len() < ids.len(), "nothing is trimmed");
        assert_eq!(retained(&a).await, left);
    }
}
