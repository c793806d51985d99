//! A replay of a million events to a reader that stops costs no memory.
#![cfg(target_os = "linux")]

use futures::StreamExt as _;
use orpc_runtime::publish::{Durability, Publisher, Start};

const EVENTS: u64 = 1_000_000;
const MIB: u64 = 1024 * 1024;

/// How much more memory than before may be resident.
const ALLOWED: u64 = 32 * MIB;

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
    publish(&numbers, 0..EVENTS).await;
    let before = resident();
    let mut stopped = Vec::new();
    for _ in 0..100 {
        let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
        reader.next().await.unwrap().unwrap();
        stopped.push(reader);
    }
    let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
    for n in 0..EVENTS {
        // It holds up nobody, and is held up by nobody.
        if n % (EVENTS / 10) == 0 {
            publish(&numbers, EVENTS..EVENTS + 1).await;
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
async fn a_million_events_are_replayed_from_a_file_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Publisher::builder().max_events(2 * EVENTS).max_bytes(1 << 40);
    let path = folder.path().join("events");
    replay(builder.open(path, Durability::Process).unwrap()).await;
}

#[tokio::test]
async fn a_million_events_are_replayed_from_memory_in_no_more() {
    let builder = Publisher::builder().max_events(2 * EVENTS).max_bytes(1 << 40);
    replay(builder.memory()).await;
}
