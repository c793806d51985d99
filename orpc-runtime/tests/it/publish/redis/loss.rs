//! Events that the server loses: readers are told.

use std::time::Duration;

use orpc_runtime::publish::{GapReason, PublishError, Publisher, Start, StoreErrorKind};

use super::super::world::{Line, event, gap, number, publish, retained};
use super::proxy::{Network, Proxy};
use super::server::RedisServer;
use super::{append_unannounced, node, node_at, readers_are_told_of_a_loss, subscribe, until};

#[tokio::test]
async fn a_flushed_server_is_a_gap_for_readers_that_wait() {
    let server = RedisServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let mut readers = [subscribe(&a, Start::Latest).await, subscribe(&b, Start::Latest).await];
    let last = publish(&a, 1..4).await[2];
    for reader in &mut readers {
        for n in 1..4 {
            assert_eq!(number(event(reader).await), n);
        }
    }
    server.command::<()>("FLUSHALL").await;
    let mut resumed = Vec::new();
    for reader in &mut readers {
        // Nothing is published: the loss is found by comparing.
        let told = gap(reader).await;
        assert_eq!((told.reason(), told.last()), (GapReason::Epoch, last));
        assert!(told.resume().sequence() >= last.sequence(), "numbers go back");
        resumed.push(told.resume());
    }
    assert_eq!(resumed[0], resumed[1]);
    let next = publish(&b, 4..5).await[0];
    assert_eq!(next.sequence(), last.sequence() + 1);
    for reader in &mut readers {
        let got = event(reader).await;
        assert_eq!((got.id(), number(got)), (Some(next), 4));
    }
}

/// The publisher tells the server the number that it knows: nothing was compared before.
#[tokio::test]
async fn numbers_go_on_behind_the_last_one_that_a_publisher_with_readers_knows() {
    let server = RedisServer::start().await;
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    let mut last = publish(&lines, 1..2).await[0];
    assert_eq!(number(event(&mut reader).await), 1);
    // Once or twice the comparison comes first.
    for n in 2..6 {
        server.command::<()>("FLUSHALL").await;
        let next = publish(&lines, n..n + 1).await[0];
        assert_eq!(next.sequence(), last.sequence() + 1);
        assert_ne!(next.epoch(), last.epoch());
        last = next;
    }
}

/// An event that is announced has the next number, and is one of another log.
#[tokio::test]
async fn an_event_of_another_epoch_does_not_follow_one_that_was_lost() {
    let server = RedisServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let lost = publish(&a, 1..4).await;
    for n in 1..4 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    server.command::<()>("FLUSHALL").await;
    for n in 11..14 {
        append_unannounced(&server, n).await;
    }
    let next = publish(&a, 14..15).await[0];
    let told = gap(&mut reader).await;
    assert_eq!((told.reason(), told.last()), (GapReason::Epoch, lost[2]));
    let mut seen = Vec::new();
    while reader.position() != Some(next) {
        seen.push(number(event(&mut reader).await));
    }
    assert!([11, 12, 13, 14].ends_with(&seen), "{seen:?}");
    assert_eq!(next.sequence() - told.resume().sequence(), seen.len() as u64);
}

/// Each part of a channel is deleted, as by hand or by eviction.
#[tokio::test]
async fn deleted_keys_are_a_gap_for_all_who_miss_an_event() {
    let server = RedisServer::start().await;
    let (a, b) = (node(&server).await, node(&server).await);
    for keys in [
        &["events"][..],
        &["state"],
        &["events", "state"],
        &["parts"],
        &["keys", "times"],
        &["events", "parts"],
    ] {
        let mut waiting = subscribe(&b, Start::Latest).await;
        let first = publish(&a, 1..6).await;
        for n in 1..6 {
            assert_eq!(number(event(&mut waiting).await), n);
        }
        let mut behind = b.subscribe("room", first[1]).unwrap();
        assert_eq!(number(event(&mut behind).await), 3);
        for key in keys {
            server.command::<()>(&format!("DEL orpc:{{room}}:{key}")).await;
        }
        let next = publish(&a, 6..8).await;
        let mut all = Vec::new();
        for (reader, seen) in [(&mut waiting, first[4]), (&mut behind, first[2])] {
            let mut last = seen;
            while last != next[1] {
                match super::next(reader).await {
                    Ok(event) => {
                        let id = event.id().unwrap();
                        assert_eq!(id.sequence(), last.sequence() + 1, "a hole, {keys:?}");
                        last = id;
                        all.push(number(event));
                    }
                    Err(orpc_runtime::publish::ReadError::Gap(gap)) => {
                        assert_eq!(gap.last(), last);
                        last = gap.resume();
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
        assert!(all.ends_with(&[6, 7]), "{all:?}, {keys:?}");
        // Nothing is known of a channel of which all is lost.
        let is_new = next[0].sequence() == 1 && next[0].epoch() != first[4].epoch();
        let is_behind = next[0].sequence() == first[4].sequence() + 1;
        assert!(is_behind || (is_new && *keys == ["events", "state"]), "{next:?}, {keys:?}");
        let kept = retained(&a).await;
        assert!(kept.ends_with(&[6, 7]), "{kept:?}, {keys:?}");
    }
}

#[tokio::test]
async fn an_event_whose_announcement_is_lost_is_read_nevertheless() {
    let server = RedisServer::start().await;
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    // The next announcement shows the hole.
    append_unannounced(&server, 2).await;
    append_unannounced(&server, 3).await;
    publish(&lines, 4..5).await;
    for n in 2..5 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    // There is no next one: it is found by comparing.
    append_unannounced(&server, 5).await;
    assert_eq!(number(event(&mut reader).await), 5);
    // More than a node has in memory.
    for n in 6..600 {
        append_unannounced(&server, n).await;
    }
    for n in 6..600 {
        assert_eq!(number(event(&mut reader).await), n);
    }
}

/// The server that takes over has not got the last events of the first one.
#[tokio::test]
async fn a_replica_that_takes_over_without_the_last_events_is_a_gap() {
    let (primary, replica) = (RedisServer::start().await, RedisServer::start().await);
    let proxy = Proxy::to(primary.port).await;
    let (a, b) = (node_at(&proxy.url("redis")).await, node_at(&proxy.url("redis")).await);
    // A server that gets its first replica begins an epoch.
    replica.command::<()>(&format!("REPLICAOF 127.0.0.1 {}", primary.port)).await;
    let info = async || replica.command::<String>("INFO replication").await;
    until(async || info().await.contains("master_link_status:up")).await;
    let mut reader = subscribe(&b, Start::Latest).await;
    let kept = publish(&a, 1..6).await;
    until(async || {
        replica.command::<u64>("EXISTS orpc:{room}:events").await == 1
            && replica.command::<u64>("XLEN orpc:{room}:events").await >= 5
    })
    .await;
    replica.command::<()>("REPLICAOF NO ONE").await;
    let lost = publish(&a, 6..9).await;
    for n in 1..9 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    proxy.turn_to(replica.port);
    let next = readers_are_told_of_a_loss(&a, &b, &mut reader, &kept, &lost).await;
    // The first one comes back as a replica of the second, and takes over again.
    primary.command::<()>(&format!("REPLICAOF 127.0.0.1 {}", replica.port)).await;
    until(async || primary.command::<u64>("XLEN orpc:{room}:events").await == 9).await;
    primary.command::<()>("REPLICAOF NO ONE").await;
    let lost = publish(&a, 64..66).await;
    for n in 64..66 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    proxy.turn_to(primary.port);
    assert_eq!((gap(&mut reader).await.resume(), lost[1].sequence()), (next[3], 11));
    let last = publish(&a, 70..71).await[0];
    assert_ne!(last.epoch(), lost[0].epoch());
    assert_eq!(number(event(&mut reader).await), 70);
}

#[tokio::test]
async fn events_that_were_not_announced_are_read_over_the_connection_that_there_is() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (far, near) = (node_at(&proxy.url("redis")).await, node(&server).await);
    let mut reader = subscribe(&far, Start::Latest).await;
    let (rounds, before) = (20, proxy.attempts());
    for n in (0..2 * rounds).step_by(2) {
        append_unannounced(&server, n).await;
        publish(&near, n + 1..n + 2).await;
        assert_eq!(number(event(&mut reader).await), n);
        assert_eq!(number(event(&mut reader).await), n + 1);
    }
    // On busy cores one may be given up.
    assert!(proxy.attempts() < before + rounds / 2, "{} connections", proxy.attempts());
}

#[tokio::test]
async fn an_answer_that_is_lost_is_an_unknown_outcome_and_can_be_tried_again() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let lines = node_at(&proxy.url("redis")).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 0..1).await;
    assert_eq!(number(event(&mut reader).await), 0);
    for n in 1..4 {
        proxy.set(Network::NoAnswers);
        let key = n.to_string();
        let publishing = lines.publish("room", &Line { n }).idempotency_key(&key).into_future();
        let publishing = tokio::spawn(publishing);
        // It has arrived.
        until(async || server.command::<u64>("XLEN orpc:{room}:events").await > n).await;
        proxy.set(Network::Cut);
        let outcome = publishing.await.unwrap();
        assert!(matches!(outcome, Err(PublishError::OutcomeUnknown(Some(_)))), "{outcome:?}");
        proxy.set(Network::Up);
        let id = lines.publish("room", &Line { n }).idempotency_key(&key).await.unwrap();
        assert_eq!(id.sequence(), n + 1);
        assert_eq!(number(event(&mut reader).await), n);
    }
    assert_eq!(retained(&lines).await, [0, 1, 2, 3]);
}

/// A script of somebody else runs for long.
#[tokio::test]
async fn a_server_that_is_busy_is_waited_for() {
    let server = RedisServer::start_with("--save '' --lua-time-limit 20").await;
    let (a, b) = (node(&server).await, node(&server).await);
    // More than a node reads at once.
    let ids = publish(&a, 1..1500).await;
    let mut reader = b.subscribe("room", ids[9]).unwrap();
    assert_eq!(number(event(&mut reader).await), 11);
    let client = redis::Client::open(server.url()).unwrap();
    let mut busy = client.get_multiplexed_async_connection().await.unwrap();
    let script = "while true do end";
    let running = tokio::spawn(async move {
        let mut command = redis::cmd("EVAL");
        let ended: redis::RedisResult<()> = command.arg(script).arg(0).query_async(&mut busy).await;
        ended
    });
    let mut control = client.get_multiplexed_async_connection().await.unwrap();
    until(async || {
        let answer: redis::RedisResult<String> = redis::cmd("PING").query_async(&mut control).await;
        answer.is_err_and(|error| error.code() == Some("BUSY"))
    })
    .await;
    let opening = async {
        let mut second = a.subscribe("room", ids[19]).unwrap();
        second.opened().await.unwrap();
        number(event(&mut second).await)
    };
    let reading = async {
        for n in 12..1500 {
            assert_eq!(number(event(&mut reader).await), n);
        }
    };
    let ending = async {
        // Requests are refused meanwhile.
        tokio::time::sleep(Duration::from_millis(300)).await;
        redis::cmd("SCRIPT").arg("KILL").query_async::<()>(&mut control).await.unwrap();
    };
    let (first, (), ()) = tokio::join!(opening, reading, ending);
    assert_eq!(first, 21);
    assert!(running.await.unwrap().is_err());
}

/// Over connections that are made meanwhile, and over those that the server has had before.
#[tokio::test]
async fn a_server_that_reads_its_files_is_waited_for() {
    let settings = "--save '' --appendonly no --enable-debug-command local";
    let mut server = RedisServer::start_with(settings).await;
    let (a, b) = (node(&server).await, node(&server).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    // More than a node has in memory.
    let ids = publish(&a, 1..1000).await;
    assert_eq!(number(event(&mut reader).await), 1);
    server.command::<()>("DEBUG POPULATE 3000 filler 100").await;
    server.command::<()>("SAVE").await;
    server.kill();
    server.run_slowly().await;
    let builder = Publisher::builder().connect_timeout(Duration::from_secs(1));
    let error = builder.redis::<Line>(&server.url()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    assert!(error.to_string().contains("is reading its files"), "{error}");
    let mut resumed = a.subscribe("room", ids[9]).unwrap();
    let publishing = tokio::spawn(a.publish("room", &Line { n: 1000 }).into_future());
    assert!(server.reads_files().await);
    assert_eq!(number(event(&mut resumed).await), 11);
    for n in 2..=1000 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    publishing.await.unwrap().unwrap();

    let client = redis::Client::open(server.url()).unwrap();
    let mut control = client.get_multiplexed_async_connection().await.unwrap();
    let reloading = tokio::spawn(async move {
        redis::cmd("DEBUG").arg("RELOAD").query_async::<()>(&mut control).await
    });
    until(async || server.reads_files().await).await;
    let publishing = tokio::spawn(a.publish("room", &Line { n: 1001 }).into_future());
    let mut late = a.subscribe("room", ids[19]).unwrap();
    assert!(server.reads_files().await);
    assert_eq!(number(event(&mut late).await), 21);
    publishing.await.unwrap().unwrap();
    assert_eq!(number(event(&mut reader).await), 1001);
    // Its client gives up after a while.
    reloading.await.unwrap().ok();
}
