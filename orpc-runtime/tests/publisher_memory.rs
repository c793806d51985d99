//! A long replay to readers that stop costs no memory: a hundred thousand events,
//! or as many as `REPLAY_EVENTS` says.
#![cfg(target_os = "linux")]

use futures::StreamExt as _;
use orpc_runtime::publish::{Durability, Publisher, Start};

const MIB: u64 = 1024 * 1024;

/// How much more memory than before may be resident.
const ALLOWED: u64 = 24 * MIB;

fn events() -> u64 {
    std::env::var("REPLAY_EVENTS").map_or(100_000, |text| text.parse().unwrap())
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// Publishes numbers, many at once.
async fn publish(numbers: &Publisher<u64>, range: std::ops::Range<u64>) {
    let publishing = futures::stream::iter(range).map(|n| {
        let numbers = numbers.clone();
        async move { numbers.publish("room", &n).await.unwrap() }
    });
    publishing.buffered(4096).for_each(|_| std::future::ready(())).await;
}

async fn replay(numbers: Publisher<u64>) {
    let all = events();
    publish(&numbers, 0..all).await;
    let before = resident();
    let mut stopped = Vec::new();
    for _ in 0..100 {
        let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
        reader.next().await.unwrap().unwrap();
        stopped.push(reader);
    }
    let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
    for n in 0..all {
        // It holds up nobody, and is held up by nobody.
        if n.is_multiple_of(all / 10) {
            publish(&numbers, all..all + 1).await;
            let more = resident().saturating_sub(before);
            assert!(more < ALLOWED, "{more} bytes more at {n}");
        }
        assert_eq!(reader.next().await.unwrap().unwrap().id().unwrap().sequence(), n + 1);
    }
    for mut reader in stopped {
        assert_eq!(reader.next().await.unwrap().unwrap().id().unwrap().sequence(), 2);
    }
}

#[tokio::test]
async fn a_long_replay_from_a_file_takes_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Publisher::builder().max_events(2 * events()).max_bytes(1 << 40);
    let path = folder.path().join("events");
    replay(builder.open(path, Durability::Process).unwrap()).await;
}

#[tokio::test]
async fn a_long_replay_from_memory_takes_no_more() {
    let builder = Publisher::builder().max_events(2 * events()).max_bytes(1 << 40);
    replay(builder.memory()).await;
}
