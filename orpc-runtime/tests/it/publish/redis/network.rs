//! A network that fails between a publisher and its server.

use std::time::{Duration, Instant};

use orpc_runtime::publish::{PublishError, Publisher, ReadError, Start, StoreErrorKind};

use super::super::world::{Line, event, number, publish, ready, retained};
use super::proxy::{Network, Proxy};
use super::server::RedisServer;
use super::{append_unannounced, node, node_at, subscribe, until};

#[tokio::test]
async fn readers_go_on_behind_a_network_that_failed() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (far, near) = (node_at(&proxy.url()).await, node(&server).await);
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
#[tokio::test]
async fn events_of_all_channels_are_announced_over_the_next_connection() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let lines = node_at(&proxy.url()).await;
    let mut readers = Vec::new();
    for n in 0..300 {
        let mut reader = lines.subscribe(&format!("room-{n}"), Start::Latest).unwrap();
        reader.opened().await.unwrap();
        readers.push(reader);
    }
    let announced = async || server.command::<Vec<String>>("PUBSUB CHANNELS orpc:0:*").await.len();
    assert_eq!(announced().await, 300);
    proxy.set(Network::Cut);
    until(async || announced().await == 0).await;
    proxy.set(Network::Up);
    until(async || announced().await == 300).await;
    drop(readers);
    until(async || announced().await == 0).await;
}

#[tokio::test]
async fn events_that_were_not_announced_are_read_over_the_connection_that_there_is() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let (far, near) = (node_at(&proxy.url()).await, node(&server).await);
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
    let lines = node_at(&proxy.url()).await;
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

#[tokio::test]
async fn a_publisher_that_is_cut_off_connects_again_with_pauses() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let lines = node_at(&proxy.url()).await;
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
#[tokio::test]
async fn a_publisher_without_readers_connects_again_before_it_publishes() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let lines = node_at(&proxy.url()).await;
    for (n, network) in [(1, Network::Cut), (2, Network::Silent)] {
        let before = proxy.attempts();
        proxy.set(network);
        until(async || proxy.attempts() > before).await;
        proxy.set(Network::Up);
        publish(&lines, n..n + 1).await;
    }
    assert_eq!(retained(&lines).await, [1, 2]);
}

#[tokio::test]
async fn a_publisher_that_is_dropped_ends_its_readers_and_its_connections() {
    let server = RedisServer::start().await;
    let connections = async || {
        let info: String = server.command("INFO clients").await;
        let count = info.lines().find_map(|line| line.strip_prefix("connected_clients:"));
        count.unwrap().parse::<u64>().unwrap()
    };
    let lines = node(&server).await;
    let mut reader = subscribe(&lines, Start::Latest).await;
    assert!(connections().await > 1);
    drop(lines);
    assert!(matches!(super::next(&mut reader).await, Err(ReadError::Closed)));
    drop(reader);
    // The command's own.
    until(async || connections().await == 1).await;
}

#[tokio::test]
async fn a_server_that_is_away_for_too_long_ends_the_readers() {
    let server = RedisServer::start().await;
    let proxy = Proxy::to(server.port).await;
    let builder = Publisher::builder().max_staleness(Duration::from_millis(100));
    let lines: Publisher<Line> = builder.redis(&proxy.url()).await.unwrap();
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

#[tokio::test]
async fn a_start_without_a_server_fails_after_its_time_or_waits() {
    let mut server = RedisServer::start().await;
    server.kill();
    let url = format!("redis://user:secret@127.0.0.1:{}", server.port);
    let builder = Publisher::builder().connect_timeout(Duration::from_millis(50));
    let error = builder.redis::<Line>(&url).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let text = format!("{error} {:?}", std::error::Error::source(&error));
    assert!(text.contains(&format!("127.0.0.1:{}", server.port)), "{text}");
    assert!(!text.contains("secret"), "{text}");

    let url = server.url();
    let waiting = tokio::spawn(async move {
        Publisher::builder().connect_timeout(Duration::MAX).redis::<Line>(&url).await
    });
    server.run().await;
    let lines = waiting.await.unwrap().unwrap();
    publish(&lines, 1..2).await;
    assert_eq!(retained(&lines).await, [1]);
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
