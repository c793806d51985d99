//! How fast a publisher is: events a second by durability, and the replay of ten
//! thousand events. Beside them how long the disk takes to sync, which bounds
//! `commit`.
//!
//! `cargo bench -p orpc-runtime --features redb --bench publisher`; the files are
//! in the folder that `TMPDIR` names.

use std::future::IntoFuture as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use orpc_runtime::publish::{Durability, Publisher, PublisherBuilder, Start};

/// For how long each number is measured.
const SPAN: Duration = Duration::from_secs(2);

/// An event of 100 bytes.
fn text() -> String {
    "x".repeat(100)
}

fn builder() -> PublisherBuilder {
    Publisher::builder().max_events(1 << 40).max_bytes(1 << 40)
}

fn open(durability: Durability) -> (tempfile::TempDir, Publisher<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let publisher = builder().open(folder.path().join("events"), durability).expect("a file");
    (folder, publisher)
}

/// The time of one sync of a small write.
fn sync_time() -> Duration {
    let mut file = tempfile::tempfile().expect("a file");
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            file.write_all(&[0; 4096]).expect("a write");
            let start = Instant::now();
            file.sync_data().expect("a sync");
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

async fn publish(durability: Durability, publishers: usize) {
    let (_folder, lines) = open(durability);
    let end = Instant::now() + SPAN;
    let start = Instant::now();
    let publishers: Vec<_> = (0..publishers)
        .map(|_| {
            let lines = lines.clone();
            tokio::spawn(async move {
                let (text, mut count) = (text(), 0_u64);
                while Instant::now() < end {
                    lines.publish("room", &text).await.expect("published");
                    count += 1;
                }
                count
            })
        })
        .collect();
    let count = publishers.len();
    let mut events = 0;
    for publisher in publishers {
        events += publisher.await.expect("a publisher");
    }
    let rate = events as f64 / start.elapsed().as_secs_f64();
    println!("{durability:?}, {count:2} publishers: {rate:9.0} events/s");
}

async fn replay(durability: Durability) {
    const EVENTS: u64 = 10_000;
    let (_folder, lines) = open(durability);
    let text = text();
    let all = (0..EVENTS).map(|_| lines.publish("room", &text).into_future());
    for published in futures::future::join_all(all).await {
        published.expect("published");
    }
    let mut times = Vec::new();
    for _ in 0..20 {
        let mut reader = lines.subscribe("room", Start::Oldest).expect("a reader");
        let start = Instant::now();
        for _ in 0..EVENTS {
            reader.next().await.expect("an event").expect("no gap");
        }
        times.push(start.elapsed());
    }
    times.sort();
    println!("{durability:?}, replay of {EVENTS} events: {:?}", times[times.len() / 2]);
}

/// One publisher, and readers that get each event.
async fn fan_out(readers: u64) {
    let lines: Publisher<String> = builder().memory();
    let start = Instant::now();
    let end = start + SPAN;
    let readers: Vec<_> = (0..readers)
        .map(|_| {
            let mut reader = lines.subscribe("room", Start::Now).expect("a reader");
            tokio::spawn(async move {
                let mut count = 0_u64;
                while let Some(Ok(_)) = reader.next().await {
                    count += 1;
                }
                count
            })
        })
        .collect();
    let text = text();
    while Instant::now() < end {
        lines.publish("room", &text).await.expect("published");
        tokio::task::yield_now().await;
    }
    lines.close().await;
    let count = readers.len();
    let mut events = 0;
    for reader in readers {
        events += reader.await.expect("a reader");
    }
    let rate = events as f64 / start.elapsed().as_secs_f64();
    println!("Memory, one publisher, {count} readers: {rate:9.0} events/s delivered");
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("one sync of the disk: {:?}", sync_time());
    runtime.block_on(async {
        for durability in [Durability::Commit, Durability::Process, Durability::Memory] {
            for publishers in [1, 64] {
                publish(durability, publishers).await;
            }
            replay(durability).await;
        }
        fan_out(100).await;
    });
}
