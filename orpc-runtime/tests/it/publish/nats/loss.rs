//! Events that the server loses: readers are told.

use std::path::Path;
use std::time::Instant;

use orpc_runtime::publish::{GapReason, Start};
use serde_json::{Value, json};

use super::super::world::{Line, event, gap, number, publish, ready, retained};
use super::{NatsServer, node, node_at, readers_are_told_of_a_loss, subscribe};
use crate::support::proxy::{Network, Proxy};

#[tokio::test]
async fn a_purged_or_deleted_stream_is_a_gap_for_readers_that_wait() {
    let server = NatsServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let mut readers = [subscribe(&a, Start::Latest).await, subscribe(&b, Start::Latest).await];
    let mut n = 0;
    // A stream that was deleted is made anew first.
    for what in ["STREAM.PURGE.orpc", "STREAM.DELETE.orpc", "STREAM.PURGE.orpc"] {
        let ids = publish(&a, n..n + 3).await;
        for reader in &mut readers {
            for n in n..n + 3 {
                assert_eq!(number(event(reader).await), n);
            }
        }
        n += 3;
        let began = Instant::now();
        server.ask(what, Value::Null).await;
        let mut resumed = Vec::new();
        for reader in &mut readers {
            let told = gap(reader).await;
            assert_eq!((told.reason(), told.last()), (GapReason::Epoch, ids[2]), "{what}");
            assert!(told.resume().sequence() >= ids[2].sequence(), "numbers go back");
            resumed.push(told.resume());
        }
        println!("{what} is told of after {:?}", began.elapsed());
        assert_eq!(resumed[0], resumed[1]);
        let next = publish(&b, n..n + 1).await[0];
        assert_eq!(next.sequence(), ids[2].sequence() + 1);
        for reader in &mut readers {
            let got = event(reader).await;
            assert_eq!((got.id(), number(got)), (Some(next), n));
        }
        n += 1;
    }
}

/// The stream that is made anew gives the same sequences again.
#[tokio::test]
async fn an_event_meant_for_a_stream_that_was_deleted_does_not_follow_one_of_another() {
    let server = NatsServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let first = publish(&a, 1..4).await;
    server.ask("STREAM.DELETE.orpc", Value::Null).await;
    // It notices when it publishes.
    let second = publish(&b, 11..14).await;
    // The knowledge of this node about the channel would fit.
    let third = publish(&a, 21..22).await[0];
    assert_ne!(second[0].epoch(), first[0].epoch());
    assert_eq!(third.sequence(), second[2].sequence() + 1);
    assert_eq!(third.epoch(), second[2].epoch());
    assert_eq!(retained(&a).await, [11, 12, 13, 21]);
}

#[tokio::test]
async fn messages_cannot_be_deleted_one_by_one() {
    let server = NatsServer::start().await;
    let lines = node(&server).await;
    publish(&lines, 1..4).await;
    let (last, _) = server.last("room").await.unwrap();
    let answer = server.ask("STREAM.MSG.DELETE.orpc", json!({ "seq": last })).await;
    assert_eq!(answer["error"]["description"], "message delete not permitted", "{answer}");
    assert_eq!(retained(&lines).await, [1, 2, 3]);
}

/// As by `nats stream purge --keep`, or a bound of the stream.
#[tokio::test]
async fn events_that_are_gone_from_the_beginning_are_a_gap_for_all_who_miss_one() {
    let server = NatsServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let ids = publish(&a, 1..400).await;
    let mut behind = b.subscribe("room", ids[9]).unwrap();
    assert_eq!(number(event(&mut behind).await), 11);
    let (last, _) = server.last("room").await.unwrap();
    server.purge("room", Some(last - 4)).await;
    // Events in the memory of this node are still delivered.
    let mut seen = 11;
    loop {
        match super::next(&mut behind).await {
            Ok(event) => {
                assert_eq!(event.id().unwrap().sequence(), seen + 1, "a hole");
                seen += 1;
                if number(event) == 399 {
                    break;
                }
            }
            Err(orpc_runtime::publish::ReadError::Gap(gap)) => {
                assert_eq!(gap.last().sequence(), seen);
                seen = gap.resume().sequence();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    let lines = node(&server).await;
    let mut reader = lines.subscribe("room", ids[0]).unwrap();
    let told = gap(&mut reader).await;
    assert_eq!((told.last(), told.resume()), (ids[0], ids[393]));
    assert_eq!(ready(&mut reader).await, [395, 396, 397, 398, 399]);
    assert_eq!(publish(&lines, 400..401).await[0].sequence(), 400);
}

#[tokio::test]
async fn an_event_whose_announcement_is_lost_is_read_nevertheless() {
    let server = NatsServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (far, near) = (node_at(&proxy.url("nats")).await, node(&server).await);
    let mut reader = subscribe(&far, Start::Latest).await;
    publish(&near, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    // The next announcement shows the hole.
    proxy.set(Network::NoAnnouncements);
    publish(&near, 2..4).await;
    proxy.set(Network::Up);
    publish(&near, 4..5).await;
    for n in 2..5 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    // There is no next one: it is found by comparing. Then more than a node has in memory.
    proxy.set(Network::NoAnnouncements);
    publish(&near, 5..6).await;
    let began = Instant::now();
    assert_eq!(number(event(&mut reader).await), 5);
    println!("read after {:?}", began.elapsed());
    publish(&near, 6..600).await;
    for n in 6..600 {
        assert_eq!(number(event(&mut reader).await), n);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// As after a loss of power, before the server has synced its files.
#[tokio::test]
async fn a_server_that_comes_back_without_its_last_events_is_a_gap() {
    let mut server = NatsServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let kept = publish(&a, 1..6).await;
    // The server is not writing.
    let saved = tempfile::tempdir().unwrap();
    copy(&server.files(), saved.path());
    let lost = publish(&a, 6..9).await;
    for n in 1..9 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    server.kill();
    std::fs::remove_dir_all(server.files()).unwrap();
    copy(saved.path(), &server.files());
    server.run().await;
    readers_are_told_of_a_loss(&a, &b, &mut reader, &kept, &lost).await;
}

/// The record of a key is written before its event: the process may end between the two.
#[tokio::test]
async fn a_key_whose_event_was_not_appended_is_published_by_the_next_attempt() {
    let server = NatsServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    publish(&a, 1..3).await;
    let (last, _) = server.last("room").await.unwrap();
    let key = format!("{}.k.room.key", server.root().await);
    let client = server.client().await;
    // An attempt behind the last event, and one whose place another event has taken.
    for (behind, n) in [(last, 3), (last, 4)] {
        let record = json!({ "c": 0, "p": behind }).to_string();
        client.request(format!("{key}{n}"), record.into()).await.unwrap();
        let publish = |lines: &orpc_runtime::publish::Publisher<Line>| {
            lines.publish("room", &Line { n }).idempotency_key(&format!("key{n}")).into_future()
        };
        let (first, second) = tokio::join!(publish(&a), publish(&b));
        assert_eq!(first.unwrap(), second.unwrap());
    }
    assert_eq!(retained(&a).await, [1, 2, 3, 4]);
    // The attempt that comes late finds its event there.
    let record = json!({ "c": 0, "p": last }).to_string();
    client.request(format!("{key}3"), record.into()).await.unwrap();
    let id = a.publish("room", &Line { n: 3 }).idempotency_key("key3").await.unwrap();
    assert_eq!(id.sequence(), 3);
    // Events behind the place of an attempt are gone: nobody can tell.
    let record = json!({ "c": 0, "p": last }).to_string();
    client.request(format!("{key}5"), record.into()).await.unwrap();
    let (end, _) = server.last("room").await.unwrap();
    server.purge("room", Some(end)).await;
    let outcome = a.publish("room", &Line { n: 5 }).idempotency_key("key5").await;
    assert!(matches!(outcome, Err(orpc_runtime::publish::PublishError::OutcomeUnknown(Some(_)))));
}
