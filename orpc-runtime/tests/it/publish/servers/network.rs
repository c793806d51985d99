//! A network that fails between a publisher and its server.

use std::time::{Duration, Instant};

use orpc_runtime::publish::{PublishError, Publisher, ReadError, Start, StoreErrorKind};

use super::super::schedules::{Dice, env};
use super::super::world::{Line, event, gap, number, publish, ready, retained};
use super::{Server, for_each_server, node, node_at, subscribe, until};
use crate::support::proxy::{Network, Proxy};

for_each_server! {
    readers_go_on_behind_a_network_that_failed,
    events_of_all_channels_are_announced_over_the_next_connection,
    a_key_is_one_event_at_whatever_moment_the_network_fails,
    a_publisher_that_is_cut_off_connects_again_with_pauses,
    a_publisher_without_readers_connects_again_before_it_publishes,
    a_publisher_that_is_dropped_ends_its_readers_and_its_connections,
    a_server_that_is_away_for_too_long_ends_the_readers,
    a_start_without_a_server_fails_after_its_time_or_waits,
    a_server_that_was_started_again_or_lost_everything_is_told_of_and_used_on,
}

async fn readers_go_on_behind_a_network_that_failed(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let (far, near) = (node_at(&server, &proxy).await, node(&server).await);
    let mut reader = subscribe(&far, Start::Latest).await;
    let mut first = 1;
    for network in [Network::Cut, Network::Silent, Network::NoAnswers] {
        for count in [1, 5, 400] {
            publish(&near, first..first + 1).await;
            assert_eq!(number(event(&mut reader).await), first);
            proxy.set(network);
            publish(&near, first + 1..first + count).await;
            // The connection is given up before the network works again.
            if network != Network::Cut && count == 5 {
                let attempts = proxy.attempts();
                until(async || proxy.attempts() > attempts).await;
            }
            proxy.set(Network::Up);
            for n in first + 1..first + count {
                assert_eq!(number(event(&mut reader).await), n, "{network:?}");
            }
            first += count;
        }
    }
    assert_eq!(retained(&far).await, (1..first).collect::<Vec<_>>());
}

/// More than the names of one request.
async fn events_of_all_channels_are_announced_over_the_next_connection(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let lines = node_at(&server, &proxy).await;
    let mut readers = Vec::new();
    for n in 0..300 {
        let mut reader = lines.subscribe(&format!("room-{n}"), Start::Latest).unwrap();
        reader.opened().await.unwrap();
        readers.push(reader);
    }
    let announced = async || server.announced().await;
    assert_eq!(announced().await, 300);
    proxy.set(Network::Cut);
    until(async || announced().await == 0).await;
    proxy.set(Network::Up);
    until(async || announced().await == 300).await;
    drop(readers);
    until(async || announced().await == 0).await;
}

/// `KEY_CUTS` sets the number of failures.
async fn a_key_is_one_event_at_whatever_moment_the_network_fails(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let (far, near) = (node_at(&server, &proxy).await, node(&server).await);
    let mut reader = subscribe(&near, Start::Latest).await;
    let mut dice = Dice(env("KEY_SEED", 1));
    let mut ids = Vec::new();
    let mut unknown = 0;
    for n in 0..env("KEY_CUTS", 60) {
        let key = n.to_string();
        let publish = |lines: &Publisher<Line>| {
            lines.publish("room", &Line { n }).idempotency_key(&key).into_future()
        };
        // Answers are lost from one of the next requests on, or the connection ends at some moment.
        let publishing = if dice.roll(2) == 0 {
            let last = proxy.requests() + 1 + dice.roll(4);
            proxy.set(Network::NoAnswersFrom(last));
            let publishing = tokio::spawn(publish(&far));
            until(async || publishing.is_finished() || proxy.requests() >= last).await;
            publishing
        } else {
            let publishing = tokio::spawn(publish(&far));
            tokio::time::sleep(Duration::from_micros(dice.roll(2500))).await;
            publishing
        };
        proxy.set(Network::Cut);
        proxy.set(Network::Up);
        let outcome = publishing.await.unwrap();
        unknown += usize::from(matches!(outcome, Err(PublishError::OutcomeUnknown(_))));
        // It may be tried again at any node, by several at once.
        let again = futures::future::join(publish(&far), publish(&near)).await;
        let id = again.1.unwrap();
        if let Ok(other) = again.0 {
            assert_eq!(other, id);
        }
        if let Ok(first) = outcome {
            assert_eq!(first, id);
        }
        ids.push(id);
        let got = event(&mut reader).await;
        assert_eq!((got.id(), number(got)), (Some(id), n));
    }
    assert_eq!(retained(&near).await, (0..ids.len() as u64).collect::<Vec<_>>());
    assert!(unknown > 0, "no answer was lost");
}

async fn a_publisher_that_is_cut_off_connects_again_with_pauses(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let lines = node_at(&server, &proxy).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    proxy.set(Network::Cut);
    let (began, before) = (Instant::now(), proxy.attempts());
    until(async || proxy.attempts() >= before + 5).await;
    // The pauses are 50 ms at first and double, each at least by half.
    let shortest = Duration::from_millis(25 + 50 + 100 + 200);
    assert!(began.elapsed() >= shortest, "five attempts within {:?}", began.elapsed());
    proxy.set(Network::Up);
    publish(&lines, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
}

/// Without readers nothing but a request of its own tells that the connection has ended.
async fn a_publisher_without_readers_connects_again_before_it_publishes(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let lines = node_at(&server, &proxy).await;
    for (n, network) in [(1, Network::Cut), (2, Network::Silent)] {
        let before = proxy.attempts();
        proxy.set(network);
        until(async || proxy.attempts() > before).await;
        proxy.set(Network::Up);
        publish(&lines, n..n + 1).await;
    }
    assert_eq!(retained(&lines).await, [1, 2]);
}

async fn a_publisher_that_is_dropped_ends_its_readers_and_its_connections(server: Server) {
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    assert!(server.connections().await > 0);
    drop(lines);
    assert!(matches!(super::next(&mut reader).await, Err(ReadError::Closed)));
    drop(reader);
    until(async || server.connections().await == 0).await;
}

async fn a_server_that_is_away_for_too_long_ends_the_readers(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    // Longer than the second between two comparisons.
    let builder = Publisher::builder().max_staleness(Duration::from_secs(3));
    let (scheme, url) = (server.scheme(), proxy.url(server.scheme()));
    let lines: Publisher<Line> = Server::open(builder, scheme, &url).await.unwrap();
    let mut reader = subscribe(&lines, Start::Latest).await;
    publish(&lines, 1..2).await;
    assert_eq!(number(event(&mut reader).await), 1);
    proxy.set(Network::Cut);
    match super::next(&mut reader).await {
        Err(ReadError::Store(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::Unavailable);
            let text = error.to_string();
            assert!(text.contains(&format!("127.0.0.1:{}", proxy.port)), "{text}");
        }
        other => panic!("{other:?}"),
    }
    proxy.set(Network::Up);
    let last = publish(&lines, 2..3).await[0];
    let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
    assert_eq!(ready(&mut reader).await, [1, 2]);
    assert_eq!(reader.position(), Some(last));
}

async fn a_start_without_a_server_fails_after_its_time_or_waits(mut server: Server) {
    server.kill();
    let (scheme, port) = (server.scheme(), server.port());
    let url = format!("{scheme}://user:secret@127.0.0.1:{port}");
    let builder = Publisher::builder().connect_timeout(Duration::from_millis(50));
    let error = Server::open::<Line>(builder, scheme, &url).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let text = format!("{error} {:?}", std::error::Error::source(&error));
    assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    assert!(!text.contains("secret"), "{text}");

    let url = server.url();
    let waiting = tokio::spawn(async move {
        let builder = Publisher::builder().connect_timeout(Duration::MAX);
        Server::open::<Line>(builder, scheme, &url).await
    });
    server.run().await;
    let lines = waiting.await.unwrap().unwrap();
    publish(&lines, 1..2).await;
    assert_eq!(retained(&lines).await, [1]);
}

/// Redis keeps nothing here, NATS everything: then readers go on, and ids of a server that may have
/// lost its end are not given again.
async fn a_server_that_was_started_again_or_lost_everything_is_told_of_and_used_on(
    mut server: Server,
) {
    let (a, b) = (node(&server).await, node(&server).await);
    let mut reader = subscribe(&b, Start::Latest).await;
    let first = publish(&a, 1..4).await;
    for n in 1..4 {
        assert_eq!(number(event(&mut reader).await), n);
    }
    server.kill();
    server.run().await;
    let is_kept = server.scheme() == "nats";
    if !is_kept {
        assert_eq!(gap(&mut reader).await.last(), first[2]);
    }
    let second = publish(&a, 4..5).await[0];
    assert_ne!(second.epoch(), first[2].epoch());
    assert_eq!(number(event(&mut reader).await), 4);
    let kept: &[u64] = if is_kept { &[1, 2, 3, 4] } else { &[4] };
    assert_eq!(retained(&b).await, kept);
    // The loss is found without an event.
    let began = Instant::now();
    server.wipe().await;
    let told = gap(&mut reader).await;
    assert_eq!(told.last(), second);
    println!("a loss is told of after {:?}", began.elapsed());
    let third = publish(&b, 5..6).await[0];
    assert_ne!(third.epoch(), second.epoch());
    assert_eq!(third.sequence(), told.resume().sequence() + 1);
    assert_eq!(number(event(&mut reader).await), 5);
}
