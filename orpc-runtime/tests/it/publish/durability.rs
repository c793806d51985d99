//! Durability of events. `kill -9` is tested in `crash.rs`, failing disks beside the
//! store.

use std::time::Duration;

use orpc_runtime::publish::{Durability, GapReason, Publisher, Start, StoreErrorKind};

use super::world::for_each_store;
use super::world::{Line, World, event, gap, publish, ready, retained};

for_each_store! {
    ;
    a_start_has_what_was_published_or_a_new_epoch,
    events_that_a_reader_has_received_are_in_the_file,
    a_file_that_is_open_is_not_opened_twice,
    a_file_that_is_open_can_be_waited_for,
    of_all_that_start_at_once_one_makes_the_file,
    an_error_of_a_file_names_it,
    a_link_to_a_file_stays_a_link,
    a_file_of_something_else_is_refused_and_left_alone,
    a_file_that_lost_its_end_tells_its_readers,
    a_damaged_mark_begins_an_epoch_and_takes_nothing,
    files_put_back_together_with_their_mark_begin_an_epoch,
    a_copy_that_goes_on_shares_no_id_with_what_it_was_copied_from,
    a_file_of_an_earlier_format_is_refused,
}

async fn a_start_has_what_was_published_or_a_new_epoch(world: World) {
    let lines = world.open();
    let ids = publish(&lines, 1..500).await;
    drop(lines);
    let lines = world.open();
    let mut reader = lines.subscribe("room", ids[99]).unwrap();
    if world.is_durable() {
        assert_eq!(ready(&mut reader).await, (101..500).collect::<Vec<_>>());
        assert_eq!(publish(&lines, 500..501).await[0].sequence(), 500);
    } else {
        assert_eq!(gap(&mut reader).await.reason(), GapReason::Epoch);
        let next = publish(&lines, 1..2).await[0];
        assert_ne!(next.epoch(), ids[0].epoch());
    }
}

/// No reader gets an id of an event that a crash can undo.
async fn events_that_a_reader_has_received_are_in_the_file(world: World) {
    if !world.is_durable() {
        return;
    }
    let lines = world.open();
    let mut reader = lines.subscribe("room", Start::Latest).unwrap();
    for n in 1..30 {
        let publishing = tokio::spawn({
            let lines = lines.clone();
            async move { publish(&lines, n..n + 1).await }
        });
        let seen = event(&mut reader).await.id().unwrap();
        // A copy of the current state, without a clean shutdown.
        let copy = World::new(Durability::Commit);
        std::fs::copy(world.path(), copy.path()).unwrap();
        let lines = copy.open();
        let mut reader = lines.subscribe("room", seen).unwrap();
        assert_eq!(ready(&mut reader).await, Vec::<u64>::new());
        assert_eq!(retained(&lines).await, (1..=n).collect::<Vec<_>>());
        publishing.await.unwrap();
    }
}

async fn a_file_that_is_open_is_not_opened_twice(world: World) {
    if !world.is_durable() {
        return;
    }
    let lines = world.open();
    let again = world.builder().open::<Line>(world.path(), Durability::Commit);
    let error = again.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InUse, "{error:?}");
    // The message says what to do.
    let (message, path) = (error.to_string(), world.path().display().to_string());
    let words = [&*path, "stop the other process", "lock_timeout"];
    assert!(words.iter().all(|word| message.contains(word)), "{message}");
    publish(&lines, 1..2).await;
    // After all clones are dropped it can be opened at once.
    let clone = lines.clone();
    drop(lines);
    drop(clone);
    let lines = world.open();
    lines.close().await;
    let closed_and_reopened = world.open();
    assert_eq!(retained(&closed_and_reopened).await, [1]);
}

/// As in a rolling deploy: the new process starts before the old one has ended.
async fn a_file_that_is_open_can_be_waited_for(world: World) {
    if !world.is_durable() {
        return;
    }
    let old = world.open();
    publish(&old, 1..4).await;
    let builder = world.builder().lock_timeout(Duration::from_secs(60));
    let (path, durability) = (world.path(), world.durability);
    let new = std::thread::spawn(move || builder.open::<Line>(path, durability));
    publish(&old, 4..6).await;
    assert!(!new.is_finished());
    old.close().await;
    let new = new.join().unwrap().unwrap();
    assert_eq!(retained(&new).await, [1, 2, 3, 4, 5]);
    // The wait ends at the timeout.
    let builder = world.builder().lock_timeout(Duration::from_millis(50));
    let again = builder.open::<Line>(world.path(), world.durability);
    assert_eq!(again.unwrap_err().kind(), StoreErrorKind::InUse);
}

async fn of_all_that_start_at_once_one_makes_the_file(world: World) {
    if !world.is_durable() {
        return;
    }
    for round in 0..20 {
        let path = world.path().with_extension(round.to_string());
        let barrier = std::sync::Barrier::new(6);
        let opened: Vec<_> = std::thread::scope(|scope| {
            let open = || {
                barrier.wait();
                world.builder().open::<Line>(&path, world.durability)
            };
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut made = Vec::new();
        for one in opened {
            match one {
                Ok(lines) => made.push(lines),
                Err(error) => assert_eq!(error.kind(), StoreErrorKind::InUse, "{error:?}"),
            }
        }
        assert_eq!(made.len(), 1);
        publish(&made[0], 1..3).await;
        drop(made);
        let lines: Publisher<Line> = world.builder().open(&path, world.durability).unwrap();
        assert_eq!(retained(&lines).await, [1, 2]);
        assert!(!path.with_extension(format!("{round}.new")).exists());
    }
}

async fn an_error_of_a_file_names_it(world: World) {
    if !world.is_durable() {
        return;
    }
    std::fs::write(world.path(), "hello").unwrap();
    let missing = world.path().join("no/such/folder");
    for path in [world.path(), missing] {
        let error = world.builder().open::<Line>(&path, world.durability).unwrap_err();
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(&error) {
            text += &source.to_string();
        }
        assert!(text.contains(&path.display().to_string()), "{text}");
    }
}

async fn a_link_to_a_file_stays_a_link(world: World) {
    if !world.is_durable() {
        return;
    }
    let (link, target) = (world.path(), world.path().with_extension("target"));
    std::os::unix::fs::symlink("events.target", &link).unwrap();
    publish(&world.open(), 1..3).await;
    assert!(link.is_symlink() && target.is_file());
    assert_eq!(retained(&world.open()).await, [1, 2]);
}

async fn a_file_of_something_else_is_refused_and_left_alone(world: World) {
    if !world.is_durable() {
        return;
    }
    for content in [b"hello".to_vec(), vec![b'x'; 100_000], b"orpc events v2\r\n".repeat(1000)] {
        std::fs::write(world.path(), &content).unwrap();
        let refused = world.builder().open::<Line>(world.path(), Durability::Commit);
        assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Damaged);
        assert_eq!(std::fs::read(world.path()).unwrap(), content);
    }
    let missing = world.path().join("no/such/folder");
    let refused = world.builder().open::<Line>(&missing, Durability::Commit).unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Unavailable);
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.starts_with(&*missing.display().to_string()), "{source}");
}

/// An older copy of the file stands for a disk that loses acknowledged writes.
async fn a_file_that_lost_its_end_tells_its_readers(world: World) {
    if !world.is_durable() {
        return;
    }
    let lines = world.open();
    let early = publish(&lines, 1..10).await;
    lines.close().await;
    let before = std::fs::read(world.path()).unwrap();
    let lines = world.open();
    let late = publish(&lines, 10..20).await;
    lines.close().await;
    let after = std::fs::read(world.path()).unwrap();

    // A restored file cannot detect it: its reader is ahead.
    std::fs::write(world.path(), &before).unwrap();
    let lines = world.open();
    let mut reader = lines.subscribe("room", late[9]).unwrap();
    assert_eq!(gap(&mut reader).await.reason(), GapReason::Ahead);
    lines.close().await;

    // The same after it has other events with those numbers.
    std::fs::write(world.path(), &before).unwrap();
    let lines = world.open();
    let next = publish(&lines, 100..120).await;
    assert_eq!((next[0].sequence(), next[0].epoch() == early[0].epoch()), (10, false));
    for lost in &late {
        let mut reader = lines.subscribe("room", *lost).unwrap();
        let told = gap(&mut reader).await;
        assert_eq!((told.reason(), told.resume()), (GapReason::Epoch, early[8]));
        assert_eq!(ready(&mut reader).await, (100..120).collect::<Vec<_>>());
    }
    // A reader at an event that exists misses nothing.
    let mut reader = lines.subscribe("room", early[3]).unwrap();
    assert_eq!(ready(&mut reader).await, (5..10).chain(100..120).collect::<Vec<_>>());
    lines.close().await;
    // Delivered events stay lost when the file is restored again.
    std::fs::write(world.path(), &after).unwrap();
    let lines = world.open();
    let mut reader = lines.subscribe("room", next[5]).unwrap();
    assert_eq!(gap(&mut reader).await.reason(), GapReason::Epoch);
    drop(lines);
    let lines = world.open();
    assert_eq!(retained(&lines).await, (1..20).collect::<Vec<_>>());
}

/// With the mark beside the file missing or torn, no event is lost.
async fn a_damaged_mark_begins_an_epoch_and_takes_nothing(world: World) {
    if !world.is_durable() {
        return;
    }
    let mut mark = world.path().into_os_string();
    mark.push(".mark");
    let lines = world.open();
    let mut ids = publish(&lines, 1..4).await;
    drop(lines);
    for (round, damage) in
        [None, Some(vec![]), Some(vec![0; 85]), Some(vec![b'x'; 40])].into_iter().enumerate()
    {
        match damage {
            None => std::fs::remove_file(&mark).unwrap(),
            Some(bytes) => std::fs::write(&mark, bytes).unwrap(),
        }
        let lines = world.open();
        for (index, id) in ids.iter().enumerate() {
            let mut reader = lines.subscribe("room", *id).unwrap();
            let expected: Vec<_> = (index as u64 + 2..4 + round as u64).collect();
            assert_eq!(ready(&mut reader).await, expected);
        }
        let next = 4 + round as u64;
        let id = publish(&lines, next..next + 1).await[0];
        assert!(ids.iter().all(|before| before.epoch() != id.epoch()), "an epoch goes on");
        assert_eq!(id.sequence(), next);
        ids.push(id);
        // The next start follows a clean shutdown: it continues in the same epoch.
        drop(lines);
        drop(world.open());
    }
}

/// The times of the files show that they are older ones, though they have not been closed for
/// long.
async fn files_put_back_together_with_their_mark_begin_an_epoch(world: World) {
    if !world.is_durable() {
        return;
    }
    let mut mark = world.path().into_os_string();
    mark.push(".mark");
    let lines = world.open();
    let early = publish(&lines, 1..4).await;
    lines.close().await;
    let before = [std::fs::read(world.path()).unwrap(), std::fs::read(&mark).unwrap()];
    let lines = world.open();
    let lost = publish(&lines, 4..6).await;
    assert_eq!(lost[0].epoch(), early[0].epoch());
    lines.close().await;
    std::fs::write(world.path(), &before[0]).unwrap();
    std::fs::write(&mark, &before[1]).unwrap();
    let lines = world.open();
    let next = publish(&lines, 14..16).await;
    assert!(next.iter().all(|id| !lost.contains(id)), "an id is given to two events");
    let mut reader = lines.subscribe("room", lost[0]).unwrap();
    assert_eq!(gap(&mut reader).await.resume(), early[2]);
}

/// A copy of the file continues in an epoch of its own, and so does the original.
async fn a_copy_that_goes_on_shares_no_id_with_what_it_was_copied_from(world: World) {
    if !world.is_durable() {
        return;
    }
    let lines = world.open();
    let shared = publish(&lines, 1..4).await;
    let copy = World::new(Durability::Commit);
    std::fs::copy(world.path(), copy.path()).unwrap();
    let here = publish(&lines, 4..8).await;
    let copied = copy.open();
    let there = publish(&copied, 104..108).await;
    assert!(here.iter().all(|id| !there.contains(id)), "an id is given to two events");
    for (lines, id) in [(&lines, there[1]), (&copied, here[1])] {
        let mut reader = lines.subscribe("room", id).unwrap();
        let told = gap(&mut reader).await;
        assert_eq!(told.reason(), GapReason::Epoch);
    }
    let mut reader = copied.subscribe("room", shared[0]).unwrap();
    assert_eq!(ready(&mut reader).await, [2, 3, 104, 105, 106, 107]);
    // It replaces the original, together with the mark beside it.
    drop((lines, copied));
    std::fs::copy(copy.path(), world.path()).unwrap();
    let lines = world.open();
    let next = publish(&lines, 8..9).await[0];
    assert!(!there.contains(&next) && next.epoch() != there[0].epoch());
    let mut reader = lines.subscribe("room", here[3]).unwrap();
    assert_eq!(gap(&mut reader).await.resume(), shared[2]);
}

/// A file of the previous format causes an error with instructions, and stays unchanged.
async fn a_file_of_an_earlier_format_is_refused(world: World) {
    if !world.is_durable() {
        return;
    }
    let mut file = b"orpc events v1\r\n".to_vec();
    file.resize(8192, 1);
    std::fs::write(world.path(), &file).unwrap();
    let refused = world.builder().open::<Line>(world.path(), Durability::Commit);
    let error = refused.expect_err("it is read");
    assert_eq!(error.kind(), StoreErrorKind::Incompatible, "{error:?}");
    let words = ["format 1", "reads format 3", "move it away", &world.path().display().to_string()];
    assert!(words.iter().all(|word| error.to_string().contains(word)), "{error}");
    assert_eq!(std::fs::read(world.path()).unwrap(), file);
}
