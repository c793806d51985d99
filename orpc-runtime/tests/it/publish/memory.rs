//! A long replay to readers that stop takes no memory: 100,000 events, or the number
//! in `REPLAY_EVENTS`.
#![cfg(target_os = "linux")]

use futures::{FutureExt as _, StreamExt as _};
use orpc_runtime::publish::{Durability, Publisher, Start};

use crate::process::alone;

const MIB: u64 = 1024 * 1024;

/// Maximum additional resident memory.
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
        let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
        reader.next().await.unwrap().unwrap();
        stopped.push(reader);
    }
    let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
    for n in 0..all {
        // Readers do not delay one another.
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
    alone(async || {
        let folder = tempfile::tempdir().unwrap();
        let builder = Publisher::builder().max_events(2 * events()).max_bytes(1 << 40);
        let path = folder.path().join("events");
        replay(builder.open(path, Durability::Process).unwrap()).await;
    })
    .await;
}

#[tokio::test]
async fn a_long_replay_from_memory_takes_no_more() {
    alone(async || {
        let builder = Publisher::builder().max_events(2 * events()).max_bytes(1 << 40);
        replay(builder.memory()).await;
    })
    .await;
}

/// The threads of this process that have that name.
fn threads(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|thread| thread.trim_end() == name).count()
}

/// Hundreds of clients resume at large events and stop reading: the events read back for
/// them stay within the shared budget, on a few threads, and a client that reads gets all.
#[tokio::test]
async fn resuming_readers_that_stop_share_one_budget_and_a_few_threads() {
    alone(async || {
        const EVENTS: u64 = 16;
        let folder = tempfile::tempdir().unwrap();
        let builder = Publisher::builder().max_bytes(1 << 30).replay_bytes(8 * MIB);
        let texts: Publisher<String> =
            builder.open(folder.path().join("events"), Durability::Process).unwrap();
        let text = "x".repeat(1_000_000);
        for _ in 0..EVENTS {
            texts.publish("room", &text).await.unwrap();
        }
        let before = resident();
        let mut stopped = Vec::new();
        for _ in 0..400 {
            let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
            // It polls the first event and then stops.
            let next = reader.next().now_or_never().map_or(1, |_| 2);
            stopped.push((reader, next));
        }
        let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
        for n in 1..=EVENTS {
            assert_eq!(reader.next().await.unwrap().unwrap().id().unwrap().sequence(), n);
        }
        let more = resident().saturating_sub(before);
        // Beside the budget redb has 16 MiB of pages, and each thread one event.
        assert!(more < 8 * MIB + ALLOWED + 8 * MIB, "{more} bytes more");
        println!("{} KiB more for 400 readers that stopped", more / 1024);
        let readers = threads("orpc-replays");
        assert!((1..=8).contains(&readers), "{readers} threads");
        for (mut reader, next) in stopped.drain(..3) {
            assert_eq!(reader.next().await.unwrap().unwrap().id().unwrap().sequence(), next);
        }
    })
    .await;
}
