//! Starts that are interrupted at any moment, and the later starts. `KILLS` sets their
//! number.

use std::collections::HashSet;

use super::super::disk::Name;
use super::platter::{Fault, Platter};
use super::{Dice, Outcomes, builder, open, publish_all};
use crate::publish::{PublishError, Publisher, ReadError, Start, StoreError, StoreErrorKind};

fn kills() -> u32 {
    std::env::var("KILLS").map_or(80, |text| text.parse().unwrap())
}

fn open_with(platter: &Platter, syncs: bool) -> Result<Publisher<u32>, StoreError> {
    builder().open_disk(platter.mount(), syncs)
}

/// Starts and publishes until an operation fails.
async fn run(platter: &Platter, syncs: bool, events: u32) -> Outcomes {
    let mut outcomes = Outcomes::default();
    match open_with(platter, syncs) {
        Ok(numbers) => {
            for n in 0..events {
                outcomes.publish(&numbers, n).await;
                if !outcomes.errors.is_empty() {
                    break;
                }
            }
        }
        Err(error) => outcomes.errors.push(error),
    }
    outcomes
}

/// Checks that a later start has the acknowledged events, and continues.
async fn check(platter: &Platter, syncs: bool, outcomes: &Outcomes) {
    let numbers = open_with(platter, syncs).unwrap_or_else(|error| panic!("no start: {error}"));
    assert_eq!(platter.names(), [Name::Events]);
    outcomes.check(&numbers).await;
    publish_all(&numbers, 1000..1002).await;
}

#[tokio::test]
async fn a_start_that_is_killed_at_any_operation_is_no_hindrance_to_the_next() {
    let mut operations = [u32::MAX; 2];
    let (mut early, mut acknowledged) = (0, 0);
    for seed in 0..kills() {
        let mut dice = Dice(u64::from(seed));
        let syncs = seed.is_multiple_of(2);
        // From the first operation to the last one of a complete run, repeatedly.
        let most = &mut operations[usize::from(syncs)];
        let at = 1 + (seed / 2) % *most;
        let platter = Platter::default();
        platter.fail(Fault::Kill { at, part: dice.roll(4) });
        let outcomes = run(&platter, syncs, 4).await;
        *most = (*most).min(if platter.content().operations < at { at - 1 } else { u32::MAX });
        early += u32::from(outcomes.kept.is_empty());
        acknowledged += outcomes.kept.len();
        platter.end_process();
        let lost_power = platter.after_power_loss(|| dice.roll(2) == 0);
        check(&platter, syncs, &outcomes).await;
        if syncs {
            check(&lost_power, syncs, &outcomes).await;
        } else if let Ok(numbers) = open_with(&lost_power, syncs) {
            // Without syncs a loss is reported as a gap.
            if let Some((last, _)) = outcomes.kept.last() {
                let mut reader = numbers.subscribe("room", *last).unwrap();
                let next = reader.next_ready().await;
                assert!(matches!(next, None | Some(Err(ReadError::Gap(_)))), "{next:?}");
            }
        } else {
            assert!(!outcomes.kept.is_empty(), "a file without events does not open");
        }
    }
    println!("{early} kills before the first event, {acknowledged} events, {operations:?}");
    assert!(early > 10 && acknowledged > 10);
}

/// A process that is killed while it opens a file that was closed has lost nothing, and the next
/// one can prove it.
#[tokio::test]
async fn a_file_continues_in_its_epoch_after_a_start_that_is_killed_at_any_operation() {
    for syncs in [true, false] {
        for at in 1.. {
            let platter = Platter::default();
            let outcomes = run(&platter, syncs, 4).await;
            let at = platter.content().operations + at;
            platter.fail(Fault::Kill { at, part: at % 4 });
            drop(open_with(&platter, syncs));
            let is_whole = platter.content().operations < at;
            platter.end_process();
            let numbers = open_with(&platter, syncs).unwrap();
            outcomes.check(&numbers).await;
            let next = numbers.publish("room", &100).await.unwrap();
            let (last, _) = outcomes.kept.last().unwrap();
            assert_eq!(next.epoch(), last.epoch(), "{syncs}: killed at {at}");
            if is_whole {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_start_on_a_disk_that_gets_full_at_any_operation_is_no_hindrance_to_the_next() {
    for syncs in [true, false] {
        for at in 1.. {
            let platter = Platter::default();
            platter.fail(Fault::FullAt { at });
            let outcomes = run(&platter, syncs, 4).await;
            for error in &outcomes.errors {
                assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}");
            }
            assert!(!platter.names().contains(&Name::New), "what was begun takes up room");
            platter.fail(Fault::None);
            check(&platter, syncs, &outcomes).await;
            if outcomes.errors.is_empty() {
                break;
            }
        }
    }
}

#[tokio::test]
async fn on_a_full_disk_a_file_opens_and_its_events_are_read() {
    for syncs in [true, false] {
        let platter = Platter::default();
        let outcomes = run(&platter, syncs, 20).await;
        // Killed as well, so that redb has something to recover.
        for is_killed in [false, true] {
            if is_killed {
                let numbers = open_with(&platter, syncs).unwrap();
                platter.end_process();
                drop(numbers);
            }
            platter.fail(Fault::FullAt { at: 0 });
            let numbers = open_with(&platter, syncs).unwrap();
            outcomes.check(&numbers).await;
            let refused = numbers.publish("room", &100).await;
            let is_full = matches!(
                &refused,
                Err(PublishError::Failed(error)) if error.kind() == StoreErrorKind::Full
            );
            assert!(is_full, "{refused:?}");
            outcomes.check(&numbers).await;
            platter.fail(Fault::None);
        }
        let numbers = open_with(&platter, syncs).unwrap();
        publish_all(&numbers, 1000..1002).await;
    }
}

/// Files as left by an interrupted start of earlier versions, which created the file in
/// place.
#[tokio::test]
async fn a_file_in_which_nothing_ever_was_is_made_anew() {
    for magic in [b"orpc events v1\r\n", b"orpc events v3\r\n"] {
        made_anew(magic).await;
    }
}

async fn made_anew(magic: &[u8; 16]) {
    let first_page = |mark: u8| {
        let mut page = vec![0; 4096];
        page[..16].copy_from_slice(magic);
        page[512] = mark;
        page
    };
    let zeros = |length| vec![0; length];
    let unfinished = [
        zeros(0),
        zeros(1),
        zeros(4096),
        first_page(0)[..512].to_vec(),
        first_page(0),
        [first_page(0), zeros(3)].concat(),
        [first_page(0), zeros(1 << 20)].concat(),
        // redb's header without its magic number, which redb writes last.
        [first_page(0), zeros(9), vec![1; 300], zeros(1 << 20)].concat(),
    ];
    for file in unfinished {
        let platter = Platter::with_file(file);
        let numbers = open(&platter).unwrap();
        publish_all(&numbers, 0..3).await;
        assert_eq!(platter.names(), [Name::Events]);
    }
    let foreign = [
        vec![b'x'],
        [zeros(4096), vec![1]].concat(),
        zeros(4097),
        [first_page(1), zeros(1 << 20)].concat(),
        [first_page(0), vec![1; 9], zeros(1 << 20)].concat(),
        first_page(0)[..15].to_vec(),
    ];
    for file in foreign {
        let platter = Platter::with_file(file);
        let refused = open(&platter);
        let Err(refused) = refused else { panic!("it is taken for a file of events") };
        let is_told = matches!(
            refused.kind(),
            StoreErrorKind::Damaged | StoreErrorKind::Unavailable | StoreErrorKind::Incompatible
        );
        assert!(is_told, "{refused:?}");
        assert_eq!(platter.content().operations, 0, "it is changed");
    }
}

#[tokio::test]
async fn leftovers_of_a_killed_start_are_removed() {
    let platter = Platter::default();
    platter.fail(Fault::Kill { at: 3, part: 1 });
    assert!(open(&platter).is_err());
    assert_eq!(platter.names(), [Name::New]);
    platter.end_process();
    drop(open(&platter).unwrap());
    assert_eq!(platter.names(), [Name::Events]);
    // Also beside a complete file.
    drop(platter.mount().open(Name::New, true).unwrap());
    assert_eq!(platter.names().len(), 2);
    drop(open(&platter).unwrap());
    assert_eq!(platter.names(), [Name::Events]);
    // One that another start has locked is left to it.
    let new = platter.mount().open(Name::New, true).unwrap().unwrap();
    assert!(new.try_lock().unwrap());
    drop(open(&platter).unwrap());
    assert_eq!(platter.names().len(), 2);
    drop(new);
    drop(open(&platter).unwrap());
    assert_eq!(platter.names(), [Name::Events]);
}

/// The start that created the file did not sync the folder.
#[tokio::test]
async fn the_name_of_a_file_that_was_made_without_syncs_is_synced_by_a_later_start() {
    let platter = Platter::default();
    drop(open_with(&platter, false).unwrap());
    platter.forget_names();
    let numbers = open(&platter).unwrap();
    let last = publish_all(&numbers, 0..3).await;
    let numbers = open(&platter.after_power_loss(|| false)).unwrap();
    let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
    let mut found = HashSet::new();
    while let Some(event) = reader.next_ready().await {
        found.insert(event.unwrap().id());
    }
    assert!(found.contains(&Some(last)) && found.len() == 3);
}
