//! A process that is killed. `CRASHES` says how often.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use orpc_runtime::publish::{Durability, EventId, Publisher, Start};

use crate::schedules::{Dice, env};
use crate::world::{Line, number};

const PATH: &str = "CRASH_TEST_PATH";
const FIRST: &str = "CRASH_TEST_FIRST";
const SYNCED: &str = "CRASH_TEST_SYNCED";

/// How many publishers the child has. Each numbers its events by itself.
const PUBLISHERS: u64 = 4;
const STEP: u64 = 1_000_000_000;

fn open(path: &Path, durability: Durability) -> Publisher<Line> {
    Publisher::builder().max_events(1 << 40).max_bytes(1 << 40).open(path, durability).unwrap()
}

/// No test by itself: the process that is killed.
#[tokio::test]
async fn child() {
    let Ok(path) = std::env::var(PATH) else { return };
    let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let is_synced = std::env::var(SYNCED).is_ok();
    let durability = if is_synced { Durability::Commit } else { Durability::Process };
    let lines = open(Path::new(&path), durability);
    let publish = |publisher| {
        let lines = lines.clone();
        async move {
            for n in first.. {
                let line = Line { n: publisher * STEP + n };
                let id = lines.publish("room", &line).await.unwrap();
                let mut out = std::io::stdout().lock();
                writeln!(out, "acknowledged {id} {}", line.n).unwrap();
                out.flush().unwrap();
            }
        }
    };
    futures::future::join_all((0..PUBLISHERS).map(publish)).await;
}

/// Runs a child until it has acknowledged so many events; gives those that it has.
fn run_child(path: &Path, first: u64, count: u64, is_synced: bool) -> Vec<(EventId, u64)> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["crash::child", "--exact", "--nocapture"]);
    command.env(PATH, path).env(FIRST, first.to_string());
    if is_synced {
        command.env(SYNCED, "1");
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut next = move || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        // The last line may be cut off, even within a number.
        line.ends_with('\n').then(|| line.trim_end().to_owned())
    };
    let mut acknowledged = Vec::new();
    let mut take = |line: String| {
        // The first line begins with what the test harness says.
        let Some((_, line)) = line.split_once("acknowledged ") else { return 0 };
        let Some((id, n)) = line.split_once(' ') else { return 0 };
        acknowledged.push((id.parse().unwrap(), n.parse().unwrap()));
        1
    };
    let mut taken = 0;
    while taken < count {
        taken += take(next().expect("the child ended by itself"));
    }
    // SIGKILL.
    child.kill().unwrap();
    // What was acknowledged before it ended.
    while let Some(line) = next() {
        take(line);
    }
    child.wait().unwrap();
    acknowledged
}

async fn killed_again_and_again(is_synced: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let mut dice = Dice(env("CRASH_SEED", 1));
    let mut acknowledged: Vec<(EventId, u64)> = Vec::new();
    let mut seen: Vec<(EventId, u64)> = Vec::new();
    for round in 0..env("CRASHES", 50) {
        let count = dice.roll(60) * dice.roll(3);
        let first = round * 1_000_000;
        acknowledged.extend(run_child(&path, first, count, is_synced));

        let lines = open(&path, Durability::Process);
        // A reader that was there in the round before goes on.
        let start = seen.last().map_or(Start::Oldest, |(id, _)| Start::After(*id));
        let mut reader = lines.subscribe("room", start).unwrap();
        while let Some(next) = reader.next_ready().await {
            let event = next.expect("a gap after a kill");
            seen.push((event.id().unwrap(), number(event)));
        }
        lines.close().await;

        let known: std::collections::HashMap<_, _> = seen.iter().copied().collect();
        assert_eq!(known.len(), seen.len(), "an id is used twice");
        for (id, n) in &acknowledged {
            assert_eq!(known.get(id), Some(n), "{id} was acknowledged and is lost");
        }
    }
    for (index, (id, _)) in seen.iter().enumerate() {
        assert_eq!((id.epoch(), id.sequence()), (seen[0].0.epoch(), index as u64 + 1));
    }
    for publisher in 0..PUBLISHERS {
        let of_one = |(_, n): &&(EventId, u64)| n / STEP == publisher;
        let events: Vec<_> = seen.iter().filter(of_one).map(|(_, n)| *n).collect();
        assert!(events.is_sorted_by(|a, b| a < b), "an event twice, or out of order");
    }
    println!("{} events, {} of them acknowledged", seen.len(), acknowledged.len());
}

#[tokio::test]
async fn a_synced_file_loses_no_acknowledged_event_by_kill_9() {
    killed_again_and_again(true).await;
}

#[tokio::test]
async fn a_file_loses_no_acknowledged_event_by_kill_9() {
    killed_again_and_again(false).await;
}
