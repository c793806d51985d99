//! Requests, connections and processor time of a process whose server cannot be reached. `PARTITION_SECONDS` sets for how long
//! they are measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use orpc_runtime::publish::{Publisher, Start};

use super::super::schedules::env;
use super::super::world::Line;
use super::{Server, node_at, until};
use crate::process;
#[cfg(feature = "nats")]
use crate::support::nats::NatsServer;
use crate::support::proxy::{Network, Proxy};
#[cfg(feature = "redis")]
use crate::support::redis::RedisServer;
use crate::support::websocket::within;

const CHANNELS: u64 = 100;

/// Number of bytes that a request has at most.
const REQUEST: u64 = 256;

/// Returns the user and system time of this process.
fn used() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap()
}

/// The process has the readers, and the network that fails.
async fn a_process_without_its_server_rests(server: Server) {
    let proxy = Proxy::to(server.port()).await;
    let lines: Publisher<Line> = node_at(&server, &proxy).await;
    let read = Arc::new(AtomicU64::new(0));
    let mut readers = Vec::new();
    for n in 0..CHANNELS {
        let mut reader = lines.subscribe(&format!("room-{n}"), Start::Latest).unwrap();
        reader.opened().await.unwrap();
        let read = Arc::clone(&read);
        readers.push(tokio::spawn(async move {
            while let Some(Ok(_)) = reader.next().await {
                read.fetch_add(1, Ordering::Relaxed);
            }
        }));
    }
    let time = Duration::from_secs(env("PARTITION_SECONDS", 2));
    for network in [Network::Up, Network::Cut, Network::Silent, Network::NoAnswers] {
        proxy.set(network);
        let (began, before) = (Instant::now(), used());
        let (bytes, attempts) = (proxy.request_bytes(), proxy.attempts());
        tokio::time::sleep(time).await;
        let (used, passed) = (used() - before, began.elapsed());
        let (bytes, attempts) = (proxy.request_bytes() - bytes, proxy.attempts() - attempts);
        let share = used.as_secs_f64() / passed.as_secs_f64() * 100.0;
        println!(
            "{} {network:?}: {used:?} in {passed:?}, {share:.2} % of a core, {bytes} bytes of requests, {attempts} connections",
            server.scheme()
        );
        let seconds = passed.as_secs() + 1;
        // Each second a comparison of each channel, of two requests if it is slow, and further ones of the connection. They
        // are counted by their bytes, since those of many come at once.
        let most = (seconds + 1) * (2 * CHANNELS + 16) * REQUEST;
        assert!(bytes <= most, "{network:?}: {bytes} bytes of requests in {passed:?}");
        // Pauses of 25, 50, 100, 200 and 400 ms at least, then of half a second.
        let most = 5 + 2 * seconds;
        assert!(attempts <= most, "{network:?}: {attempts} connections in {passed:?}");
        // A task that spins takes all of it.
        assert!(share < 50.0, "{network:?}: {share} %");
        proxy.set(Network::Cut);
        proxy.set(Network::Up);
        // All readers go on.
        let before = read.load(Ordering::Relaxed);
        for n in 0..CHANNELS {
            let name = format!("room-{n}");
            within(async { while lines.publish(&name, &Line { n }).await.is_err() {} }).await;
        }
        until(async || read.load(Ordering::Relaxed) >= before + CHANNELS).await;
    }
    assert!(readers.iter().all(|reader| !reader.is_finished()), "a reader has ended");
}

#[cfg(feature = "nats")]
#[tokio::test]
async fn a_process_without_its_nats_server_rests() {
    process::alone(async || {
        a_process_without_its_server_rests(Server::Nats(NatsServer::start().await)).await;
    })
    .await;
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_process_without_its_redis_server_rests() {
    process::alone(async || {
        a_process_without_its_server_rests(Server::Redis(RedisServer::start().await)).await;
    })
    .await;
}
