//! A process that is killed. `CRASHES` sets the number of times.

use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use orpc_runtime::publish::{Durability, EventId, Publisher, Start};

use super::schedules::{Dice, env};
use super::world::{Line, number};

const PATH: &str = "CRASH_TEST_PATH";
const FIRST: &str = "CRASH_TEST_FIRST";
const SYNCED: &str = "CRASH_TEST_SYNCED";

/// Number of publishers of the child process. Each numbers its own events.
const PUBLISHERS: u64 = 4;
const STEP: u64 = 1_000_000_000;

fn open(path: &Path, durability: Durability) -> Publisher<Line> {
    Publisher::builder().max_events(1 << 40).max_bytes(1 << 40).open(path, durability).unwrap()
}

/// Publishes and prints acknowledged events, `count` by each publisher.
async fn publish_aloud(lines: &Publisher<Line>, first: u64, count: u64, out: &mut impl Write) {
    let out = futures::lock::Mutex::new(out);
    let publish = |publisher| {
        let out = &out;
        async move {
            for n in first..first.saturating_add(count) {
                let line = Line { n: publisher * STEP + n };
                let id = lines.publish("room", &line).await.unwrap();
                let mut out = out.lock().await;
                writeln!(out, "acknowledged {id} {}", line.n).unwrap();
                out.flush().unwrap();
            }
        }
    };
    futures::future::join_all((0..PUBLISHERS).map(publish)).await;
}

/// An event that a child printed as acknowledged.
fn acknowledged(line: &str) -> Option<(EventId, u64)> {
    // The first line begins with output of the test harness.
    let (_, line) = line.split_once("acknowledged ")?;
    let (id, n) = line.split_once(' ')?;
    Some((id.parse().unwrap(), n.parse().unwrap()))
}

/// The child process, which is killed. In the parent it checks that the child reports
/// its published events, on which all tests here depend.
#[tokio::test]
async fn child() {
    if let Ok(path) = std::env::var(PATH) {
        let first: u64 = std::env::var(FIRST).unwrap().parse().unwrap();
        let is_synced = std::env::var(SYNCED).is_ok();
        let durability = if is_synced { Durability::Commit } else { Durability::Process };
        let lines = open(Path::new(&path), durability);
        publish_aloud(&lines, first, u64::MAX, &mut std::io::stdout()).await;
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let lines = open(&folder.path().join("events"), Durability::Process);
    let mut out = Vec::new();
    publish_aloud(&lines, 7, 5, &mut out).await;
    let text = String::from_utf8(out).unwrap();
    let mut said: Vec<_> = text.lines().filter_map(acknowledged).collect();
    said.sort_by_key(|(id, _)| id.sequence());
    let mut kept = Vec::new();
    let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
    while let Some(event) = reader.next_ready().await {
        let event = event.unwrap();
        kept.push((event.id().unwrap(), number(event)));
    }
    assert_eq!(said, kept);
    let mut numbers: Vec<_> = kept.iter().map(|(_, n)| *n).collect();
    numbers.sort_unstable();
    let expected = (0..PUBLISHERS).flat_map(|publisher| (7..12).map(move |n| publisher * STEP + n));
    assert_eq!(numbers, expected.collect::<Vec<_>>());
}

/// A process that publishes.
fn spawn_child(path: &Path, first: u64, is_synced: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["publish::crash::child", "--exact", "--nocapture"]);
    command.env(PATH, path).env(FIRST, first.to_string());
    if is_synced {
        command.env(SYNCED, "1");
    }
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs a child until it has acknowledged that many events; returns those it printed.
fn run_child(path: &Path, first: u64, count: u64, is_synced: bool) -> Vec<(EventId, u64)> {
    let mut child = spawn_child(path, first, is_synced);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut next = move || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        // The last line may be cut off, even within a number.
        line.ends_with('\n').then(|| line.trim_end().to_owned())
    };
    let mut said = Vec::new();
    let mut take = |line: String| {
        let event = acknowledged(&line);
        said.extend(event);
        u64::from(event.is_some())
    };
    let mut taken = 0;
    while taken < count {
        taken += take(next().expect("the child ended by itself"));
    }
    // SIGKILL.
    child.kill().unwrap();
    // Events that were acknowledged before it ended.
    while let Some(line) = next() {
        take(line);
    }
    child.wait().unwrap();
    said
}

async fn killed_again_and_again(is_synced: bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events");
    let mut dice = Dice(env("CRASH_SEED", 1));
    let mut acknowledged: Vec<(EventId, u64)> = Vec::new();
    let mut seen: Vec<(EventId, u64)> = Vec::new();
    for round in 0..env("CRASHES", 20) {
        let count = dice.roll(60) * dice.roll(3);
        let first = round * 1_000_000;
        acknowledged.extend(run_child(&path, first, count, is_synced));

        let lines = open(&path, Durability::Process);
        // A reader of the previous round continues.
        let start = seen.last().map_or(Start::Earliest, |(id, _)| Start::After(*id));
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

/// Processes that are killed while they create the file, from the first moment on. (Tests
/// beside the store kill them at each operation.)
#[tokio::test]
async fn a_start_killed_while_it_creates_the_file_does_not_prevent_the_next() {
    let mut dice = Dice(env("CRASH_SEED", 1));
    let mut early = 0;
    for round in 0..env("CRASHES", 20) / 2 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events");
        let mut child = spawn_child(&path, 0, round % 2 == 0);
        while std::fs::read_dir(folder.path()).unwrap().next().is_none() {
            std::hint::spin_loop();
        }
        // A time that ends before the file is created, or shortly after.
        for _ in 0..dice.roll(400) {
            drop(std::fs::metadata(&path));
        }
        child.kill().unwrap();
        early += u64::from(!path.exists());
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        child.wait().unwrap();

        let lines = open(&path, Durability::Commit);
        let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
        let mut kept = std::collections::HashMap::new();
        while let Some(event) = reader.next_ready().await {
            let event = event.unwrap();
            kept.insert(event.id().unwrap(), number(event));
        }
        let said = said.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        for (id, n) in said.filter_map(|line| acknowledged(line.trim_end())) {
            assert_eq!(kept.get(&id), Some(&n), "{id} was acknowledged and is lost");
        }
        lines.publish("room", &Line { n: 1 }).await.unwrap();
        assert!(!folder.path().join("events.new").exists(), "what was begun is still there");
    }
    println!("{early} kills before the file had its name");
}
