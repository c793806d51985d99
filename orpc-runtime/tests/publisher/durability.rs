//! What an event survives. What it survives of `kill -9` is in `crash.rs`, what of
//! failing disks beside the store.

use orpc_runtime::publish::{Durability, GapReason, Publisher, Start, StoreError};

use crate::for_each_store;
use crate::world::{Line, World, event, gap, publish, ready, retained};

for_each_store! {
    a_start_has_what_was_published_or_a_new_epoch,
    what_a_reader_has_seen_is_in_the_file,
    a_file_that_is_open_is_not_opened_twice,
    a_file_of_something_else_is_refused_and_left_alone,
    a_file_that_lost_its_end_tells_its_readers,
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

/// No reader holds an id that can un-happen.
async fn what_a_reader_has_seen_is_in_the_file(world: World) {
    if !world.is_durable() {
        return;
    }
    let lines = world.open();
    let mut reader = lines.subscribe("room", Start::Now).unwrap();
    for n in 1..30 {
        let publishing = tokio::spawn({
            let lines = lines.clone();
            async move { publish(&lines, n..n + 1).await }
        });
        let seen = event(&mut reader).await.id().unwrap();
        // As it is at this moment, without a clean end.
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
    assert!(matches!(again, Err(StoreError::InUse)), "{again:?}");
    publish(&lines, 1..2).await;
    // Closed by all its clones it can be opened at once.
    let clone = lines.clone();
    drop(lines);
    drop(clone);
    let lines = world.open();
    lines.close().await;
    let closed_and_reopened = world.open();
    assert_eq!(retained(&closed_and_reopened).await, [1]);
}

async fn a_file_of_something_else_is_refused_and_left_alone(world: World) {
    if !world.is_durable() {
        return;
    }
    for content in [b"hello".to_vec(), vec![b'x'; 100_000], b"orpc events v2\r\n".repeat(1000)] {
        std::fs::write(world.path(), &content).unwrap();
        let refused = world.builder().open::<Line>(world.path(), Durability::Commit);
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
        assert_eq!(std::fs::read(world.path()).unwrap(), content);
    }
    let missing = world.path().join("no/such/folder");
    assert!(matches!(
        world.builder().open::<Line>(missing, Durability::Commit),
        Err(StoreError::Io(_))
    ));
}

/// A file from before is what is left when a disk forgets what it has acknowledged.
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

    // A restored file cannot know: its reader is ahead of it.
    std::fs::write(world.path(), &before).unwrap();
    let lines = world.open();
    let mut reader = lines.subscribe("room", late[9]).unwrap();
    assert_eq!(gap(&mut reader).await.reason(), GapReason::Ahead);
    lines.close().await;

    // What redb keeps is as before, the mark is not.
    let mut torn = before;
    torn[..4096].copy_from_slice(&after[..4096]);
    std::fs::write(world.path(), torn).unwrap();
    let lines: Publisher<Line> = world.open();
    for id in [early[3], late[9]] {
        let mut reader = lines.subscribe("room", id).unwrap();
        assert_eq!(gap(&mut reader).await.reason(), GapReason::Epoch);
    }
    let next = publish(&lines, 1..3).await;
    assert_ne!(next[0].epoch(), early[0].epoch());
    drop(lines);
    assert_eq!(retained(&world.open()).await, [1, 2]);
}
