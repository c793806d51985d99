//! Damaged files: their events are complete, or readers get a gap, or the file is
//! refused. `CORRUPTIONS` sets the number of files.

use std::collections::HashMap;
use std::future::IntoFuture as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use orpc_runtime::publish::{Durability, EventId, Publisher, ReadError, Start, StoreErrorKind};

use super::schedules::{Dice, env};
use super::world::{Line, World, number};

const PAGE: usize = 4096;

/// The events of each channel.
type History = HashMap<String, Vec<(EventId, u64)>>;

/// Outcomes of damaged files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcomes {
    whole: u32,
    told: u32,
    refused: u32,
}

/// Publishes some hundred events, with keys and trimming.
async fn fill(lines: &Publisher<Line>) -> History {
    let mut history = History::new();
    for n in 0..400_u64 {
        let channel = format!("room-{}", n * n % 5);
        let publish = lines.publish(&channel, &Line { n });
        let id = if n.is_multiple_of(7) {
            publish.idempotency_key(&n.to_string()).await
        } else {
            publish.await
        };
        history.entry(channel).or_default().push((id.unwrap(), n));
    }
    history
}

fn damage(file: &mut Vec<u8>, dice: &mut Dice) -> String {
    let length = file.len() as u64;
    let pages = length / PAGE as u64;
    let mut page = || dice.roll(pages) as usize * PAGE;
    match page() / PAGE % 4 {
        0 => {
            let (from, to) = (page(), page());
            file.copy_within(from..from + PAGE, to);
            format!("the page at {from} is at {to} as well")
        }
        1 => {
            let at = page();
            file[at..at + PAGE].fill(0);
            format!("the page at {at} is zero")
        }
        2 => {
            let length = dice.roll(length) as usize;
            file.truncate(length);
            format!("there are {length} bytes")
        }
        _ => {
            let mut flipped = Vec::new();
            for _ in 0..1 + dice.roll(8) {
                // Half of the damage is where the file has data.
                let mut at = dice.roll(length) as usize;
                while dice.roll(2) == 0 && file[at] == 0 {
                    at = dice.roll(length) as usize;
                }
                file[at] ^= 1 << dice.roll(8);
                flipped.push(at);
            }
            format!("bits of the bytes {flipped:?} are flipped")
        }
    }
}

/// Opens a damaged file, and checks that every gap is reported.
async fn check(path: &Path, world: &World, history: &History, outcomes: &mut Outcomes) {
    let lines: Publisher<Line> = match world.builder().open(path, Durability::Process) {
        Ok(lines) => lines,
        Err(error) => {
            let known = [StoreErrorKind::Damaged, StoreErrorKind::Unavailable];
            assert!(known.contains(&error.kind()), "{error:?}");
            outcomes.refused += 1;
            return;
        }
    };
    let mut is_whole = true;
    for (channel, events) in history {
        // A client that has seen the first event.
        let (mut last, _) = events[0];
        let mut reader = lines.subscribe(channel, last).unwrap();
        let mut is_told = false;
        while let Some(next) = reader.next_ready().await {
            match next {
                Ok(event) => {
                    let id = event.id().unwrap();
                    assert_eq!((id.epoch(), id.sequence()), (last.epoch(), last.sequence() + 1));
                    let (known, n) = events[id.sequence() as usize - 1];
                    assert_eq!((id, number(event)), (known, n), "another event");
                    last = id;
                }
                Err(ReadError::Gap(gap)) => {
                    is_told = true;
                    last = gap.resume();
                }
                Err(ReadError::Store(_)) => is_told = true,
                Err(other) => panic!("{other:?}"),
            }
        }
        let (top, _) = events[events.len() - 1];
        if !is_told && last != top {
            // An end that the file does not record: a reader that has read it gets a
            // gap.
            let mut reader = lines.subscribe(channel, top).unwrap();
            let next = reader.next_ready().await;
            let is_gap = matches!(next, Some(Err(ReadError::Gap(_))));
            assert!(is_gap, "{channel} ends at {last} of {top} without a word");
            is_told = true;
        }
        is_whole &= !is_told;
        // Ids are not reused.
        match lines.publish(channel, &Line { n: 1000 }).await {
            Ok(id) => assert!(events.iter().all(|(known, _)| *known != id), "{id} is used again"),
            Err(error) => drop(error),
        }
    }
    if is_whole {
        outcomes.whole += 1;
    } else {
        outcomes.told += 1;
    }
}

#[tokio::test]
async fn damaged_files_report_every_gap() {
    let world = World::new(Durability::Process);
    let lines: Publisher<Line> = world.builder().open(world.path(), Durability::Process).unwrap();
    let history = fill(&lines).await;
    // After `kill -9`, and after a clean shutdown.
    let torn = std::fs::read(world.path()).unwrap();
    lines.close().await;
    let clean = std::fs::read(world.path()).unwrap();

    let path = world.path().with_extension("damaged");
    let mut outcomes = Outcomes::default();
    for file in [&torn, &clean] {
        std::fs::write(&path, file).unwrap();
        check(&path, &world, &history, &mut outcomes).await;
    }
    assert_eq!(outcomes, Outcomes { whole: 2, told: 0, refused: 0 });

    let first = env("CORRUPTION_SEED", 1);
    for seed in first..first + env("CORRUPTIONS", 400) {
        let mut dice = Dice(seed);
        let mut file = if seed.is_multiple_of(2) { torn.clone() } else { clean.clone() };
        let what = damage(&mut file, &mut dice);
        std::fs::write(&path, &file).unwrap();
        let checked = check(&path, &world, &history, &mut outcomes);
        let checked = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(checked));
        if let Err(panic) = checked.await {
            eprintln!("CORRUPTIONS=1 CORRUPTION_SEED={seed}: {what}");
            std::panic::resume_unwind(panic);
        }
    }
    println!("{outcomes:?} of a file of {} bytes", clean.len());
    // All kinds of outcomes occur.
    assert!(outcomes.whole > 2 && outcomes.told > 0 && outcomes.refused > 0 || first > 1);
}

/// Pages are checked when a file is opened, events whenever they are read. Every event
/// is damaged, which is more than redb holds in its cache, so at least one is read from
/// the file, whichever pages the cache keeps.
#[tokio::test]
async fn events_damaged_while_the_file_is_open_are_not_delivered() {
    let world = World::new(Durability::Process);
    let builder = world.builder().max_bytes(1 << 30);
    let lines: Publisher<String> = builder.open(world.path(), Durability::Process).unwrap();
    let texts: Vec<_> = (0..4000).map(|n| format!("{n:06}-{}", "x".repeat(8000))).collect();
    let all = texts.iter().map(|text| lines.publish("room", text).into_future());
    // The events may be queued in any order.
    let ids = futures::future::try_join_all(all).await.unwrap();
    let file = std::fs::read(world.path()).unwrap();
    let handle = std::fs::OpenOptions::new().write(true).open(world.path()).unwrap();
    // At least two of 8,000 consecutive bytes are such a place.
    let places = (0..file.len()).step_by(4000).filter(|at| file[*at] == b'x');
    let damaged = places.map(|at| handle.write_all_at(b"y", at as u64).unwrap()).count();
    assert!(damaged >= 2 * texts.len(), "{damaged}");
    let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
    let mut end = None;
    while let Some(next) = reader.next_ready().await {
        match next {
            Ok(event) => {
                let text = event.value().unwrap();
                let n: usize = text[..6].parse().unwrap();
                assert_eq!(event.id(), Some(ids[n]));
                assert!(text == texts[n], "another event");
            }
            Err(error) => end = Some(error),
        }
    }
    let Some(ReadError::Store(end)) = end else { panic!("{end:?}") };
    assert_eq!(end.kind(), StoreErrorKind::Damaged, "{end:?}");
    // A reader that reconnects gets the same gap, and when the file is reopened the
    // channel starts empty.
    let mut reader = lines.subscribe("room", Start::Earliest).unwrap();
    while let Some(Ok(_)) = reader.next_ready().await {}
    let old = reader.position();
    lines.close().await;
    if let Ok(lines) = world.builder().open::<String>(world.path(), Durability::Process) {
        let mut reader = lines.subscribe("room", old).unwrap();
        assert!(matches!(reader.next_ready().await, Some(Err(ReadError::Gap(_)))));
    }
}
