//! Throughput of a publisher: events per second by durability, the replay of ten
//! thousand events to a reader and to a client, and events to a thousand sockets; also
//! the time of a disk sync, which bounds `commit`.
//!
//! `cargo bench -p orpc-runtime --features redb,websocket --bench publisher`, with
//! `-- sockets` for those events alone; the
//! files are in the folder that `TMPDIR` names. Clients run in the same process, over
//! TCP of this machine.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "procedures are `pub`, and nobody reads a benchmark's docs"
)]

use std::future::IntoFuture as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{
    Durability, Published, Publisher, PublisherBuilder, ReadError, Start, SubscribeError,
};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use self::websocket::{Raw, connect, listen};

#[allow(dead_code, reason = "it is there for tests, too")]
#[path = "../tests/it/support/websocket.rs"]
mod websocket;

/// For how long each number is measured.
const SPAN: Duration = Duration::from_secs(2);

/// Returns an event of 100 bytes.
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

/// Measures one sync of a small write.
fn sync_time() -> Duration {
    let mut file = tempfile::tempfile().expect("a file");
    let times = (0..200)
        .map(|_| {
            file.write_all(&[0; 4096]).expect("a write");
            let start = Instant::now();
            file.sync_data().expect("a sync");
            start.elapsed()
        })
        .collect();
    median(times)
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
        let mut reader = lines.subscribe("room", Start::Earliest).expect("a reader");
        let start = Instant::now();
        for _ in 0..EVENTS {
            reader.next().await.expect("an event").expect("no gap");
        }
        times.push(start.elapsed());
    }
    println!("{durability:?}, replay of {EVENTS} events to a reader: {:?}", median(times));

    let address = serve(&lines).await;
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        let mut client = follow(address, "/follow").await;
        for _ in 0..EVENTS {
            next_event(&mut client).await;
        }
        times.push(start.elapsed());
    }
    println!("{durability:?}, replay of {EVENTS} events to a client: {:?}", median(times));
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

pub struct App {
    lines: Publisher<String>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub fn follow(
        app: &App,
    ) -> Result<impl Stream<Item = Result<Published<String>, ReadError>>, SubscribeError> {
        app.lines.subscribe("room", Start::Earliest)
    }

    #[procedure]
    pub fn hibernate(
        app: &App,
    ) -> Result<HibernatingIterator<String, (), ReadError>, SubscribeError> {
        Ok(app.lines.subscribe("room", Start::Latest)?.hibernate())
    }
}

/// Serves the publisher over WebSocket.
async fn serve(lines: &Publisher<String>) -> SocketAddr {
    let app = Arc::new(App { lines: lines.clone() });
    listen(Rpc::new(api::router()).websocket(app)).await
}

/// Opens a socket that follows the room, and waits until it does.
async fn follow(address: SocketAddr, path: &str) -> Raw<TcpStream> {
    let mut client = Raw::open(connect(address).await, "/").await;
    client.call(1, path, &Value::Null).await;
    let answer = client.next().await.expect("an answer");
    assert!(answer.text().contains("text/event-stream"), "{answer:?}");
    client
}

async fn next_event(client: &mut Raw<TcpStream>) {
    let event = client.next().await.expect("an event");
    assert!(event.text().contains(r#""e":"message""#), "{event:?}");
}

/// Number of events that have arrived, for all clients.
#[derive(Default)]
struct Arrived {
    events: AtomicUsize,
    more: Notify,
}

/// One publisher, and sockets that get each event: `ahead` at once, then as many when all
/// have arrived.
async fn fan_out(sockets: usize, ahead: usize, path: &str) {
    let lines: Publisher<String> = builder().memory();
    let address = serve(&lines).await;
    let arrived = Arc::new(Arrived::default());
    for _ in 0..sockets {
        let mut client = follow(address, path).await;
        let arrived = Arc::clone(&arrived);
        tokio::spawn(async move {
            loop {
                next_event(&mut client).await;
                arrived.events.fetch_add(1, Ordering::Relaxed);
                arrived.more.notify_one();
            }
        });
    }
    let text = text();
    let (mut times, mut expected) = (Vec::new(), 0);
    let start = Instant::now();
    while start.elapsed() < SPAN * 2 {
        let published = Instant::now();
        for _ in 0..ahead {
            lines.publish("room", &text).await.expect("published");
        }
        expected += sockets * ahead;
        while arrived.events.load(Ordering::Relaxed) < expected {
            arrived.more.notified().await;
        }
        times.push(published.elapsed());
    }
    let rate = expected as f64 / start.elapsed().as_secs_f64();
    println!(
        "Memory, {path}, {sockets} sockets, {ahead} events at a time: {rate:9.0} events/s delivered, \
         all of them after {:?}",
        median(times)
    );
}

/// One publisher, and sockets without a network, one event at a time: the cost of an event
/// in the server, from `publish` until the frames of all sockets were taken.
async fn peers(sockets: usize, path: &str) {
    let lines: Publisher<String> = builder().memory();
    let rpc = Rpc::new(api::router());
    let app = Arc::new(App { lines: lines.clone() });
    let arrived = Arc::new(Arrived::default());
    for _ in 0..sockets {
        let mut peer = rpc.peer(Arc::clone(&app));
        peer.receive(websocket::call(1, path, &Value::Null));
        peer.next().await.expect("the head");
        let arrived = Arc::clone(&arrived);
        tokio::spawn(async move {
            while peer.next().await.is_some() {
                arrived.events.fetch_add(1, Ordering::Relaxed);
                arrived.more.notify_one();
            }
        });
    }
    let text = text();
    let mut events = 0;
    let (start, before) = (Instant::now(), cpu_time());
    while start.elapsed() < SPAN * 2 {
        lines.publish("room", &text).await.expect("published");
        events += 1;
        while arrived.events.load(Ordering::Relaxed) < sockets * events {
            arrived.more.notified().await;
        }
    }
    let each = |time: Duration| time / u32::try_from(events).expect("few events");
    println!(
        "{path}, {sockets} sockets without a network: {:?} for each event, {:?} of processors",
        each(start.elapsed()),
        each(cpu_time() - before)
    );
}

/// Returns the processor time of this process, to 10 ms (`proc_pid_stat(5)`).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("one sync of the disk: {:?}", sync_time());
    let only_sockets = std::env::args().any(|argument| argument == "sockets");
    let durabilities = [Durability::Commit, Durability::Process, Durability::Memory];
    let durabilities = durabilities.into_iter().filter(|_| !only_sockets);
    runtime.block_on(async {
        for durability in durabilities {
            for publishers in [1, 64] {
                publish(durability, publishers).await;
            }
            replay(durability).await;
        }
        for path in ["/follow", "/hibernate"] {
            for ahead in [1, 64] {
                fan_out(1000, ahead, path).await;
            }
            for sockets in [1_000, 10_000] {
                peers(sockets, path).await;
            }
        }
    });
}
