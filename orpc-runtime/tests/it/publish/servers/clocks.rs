//! Processes whose clocks are set while they run.

use std::future::IntoFuture as _;
use std::time::{Duration, SystemTime};

use futures::StreamExt as _;
use orpc_runtime::publish::{Publisher, Start};
use orpc_runtime::ratelimit::RateLimiter;
use orpc_runtime::{Presence, PresenceChange};

use super::super::world::{Line, event, number, publish, retained};
use super::{Server, node, subscribe, until};
use crate::process;
use crate::support::clock::{self, WallClock};
#[cfg(feature = "nats")]
use crate::support::nats::NatsServer;
#[cfg(feature = "redis")]
use crate::support::redis::RedisServer;
use crate::support::websocket::within;

const HOUR: i64 = 3600;

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

#[cfg(feature = "nats")]
#[test]
fn clocks_of_processes_do_not_matter_on_nats() {
    let clock = WallClock::new();
    process::alone_with(
        |command| clock.give_to(command),
        || run(async { clocks_do_not_matter(Server::Nats(NatsServer::start().await)).await }),
    );
}

#[cfg(feature = "redis")]
#[test]
fn clocks_of_processes_do_not_matter_on_redis() {
    let clock = WallClock::new();
    process::alone_with(
        |command| clock.give_to(command),
        || run(async { clocks_do_not_matter(Server::Redis(RedisServer::start().await)).await }),
    );
}

/// The server has the right time.
async fn clocks_do_not_matter(server: Server) {
    let right = SystemTime::now();
    let (a, b) = (node(&server).await, node(&server).await);
    let people: [Presence<String>; 2] = [&a, &b].map(|lines| {
        let builder = Presence::builder().interval(Duration::from_millis(200));
        builder.open(lines, "lobby").unwrap()
    });
    let mut changes = people[1].changes();
    let limiter = RateLimiter::builder().limit(1).per(Duration::from_secs(3600)).memory();
    let mut reader = subscribe(&b, Start::Latest).await;
    let keyed = |lines: &Publisher<Line>| {
        lines.publish("room", &Line { n: 1 }).idempotency_key("one").into_future()
    };
    let first = keyed(&a).await.unwrap();
    assert_eq!(number(event(&mut reader).await), 1);
    assert!(limiter.take("key").await.unwrap().is_allowed());
    let (mut guards, mut n) = (Vec::new(), 1);
    for offset in [0, HOUR, -HOUR, 0] {
        clock::set_own(offset);
        let now = SystemTime::now();
        assert_eq!(now > right + Duration::from_secs(1800), offset > 0, "the clock is not set");
        assert_eq!(now < right - Duration::from_secs(1800), offset < 0, "the clock is not set");
        assert_eq!(keyed(&b).await.unwrap(), first, "one event for each key");
        n += 1;
        let id = publish(if offset > 0 { &a } else { &b }, n..n + 1).await[0];
        assert_eq!((id.epoch(), id.sequence()), (first.epoch(), n));
        let got = event(&mut reader).await;
        assert_eq!((got.id(), number(got)), (Some(id), n));
        for lines in [&a, &b] {
            assert_eq!(retained(lines).await, (1..=n).collect::<Vec<_>>());
        }
        let mut resumed = a.subscribe("room", first).unwrap();
        assert_eq!(number(event(&mut resumed).await), 2);
        assert!(!limiter.take("key").await.unwrap().is_allowed());
        let name = format!("person {n}");
        guards.push(people[0].enter(&name).unwrap());
        until(async || people[1].contains(&name)).await;
        // Nobody has left.
        assert_eq!(within(changes.next()).await, Some(PresenceChange::Joined(name)));
    }
    assert_eq!(people[1].members().len(), guards.len());
}
