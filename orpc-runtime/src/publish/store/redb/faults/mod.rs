//! Failing disks, and the acknowledged events that survive. `FAULTS` sets the number of
//! runs.

mod creation;
mod platter;
mod reopened;
mod rows;
mod sweeps;
mod windows;

use std::collections::BTreeSet;
use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt as _, StreamExt as _};

pub(crate) use self::platter::{Fault, Platter};
use super::beside::Beside;
use super::database::Current;
use super::file::Layout;
use super::place::find_or_make;
use super::writer::Writer;
use crate::publish::clock::{SystemClock, Timeline};
use crate::publish::gap::GapReason;
use crate::publish::log::Limits;
use crate::publish::store::channels::Channels;
use crate::publish::{
    EventId, PublishError, Publisher, PublisherBuilder, ReadError, Start, StoreError,
    StoreErrorKind,
};

fn open(platter: &Platter) -> Result<Publisher<u32>, StoreError> {
    builder().open_disk(platter.mount(), true)
}

/// Opens a publisher without syncs.
fn open_unsynced(platter: &Platter) -> Publisher<u32> {
    builder().open_disk(platter.mount(), false).unwrap()
}

fn builder() -> PublisherBuilder {
    Publisher::builder().max_events(200).retention(std::time::Duration::from_secs(3600))
}

/// Returns the number of runs of each kind.
fn seeds() -> u32 {
    std::env::var("FAULTS").map_or(20, |text| text.parse().unwrap())
}

/// Outcomes of the published events.
#[derive(Default)]
struct Outcomes {
    kept: Vec<(EventId, u32)>,
    unknown: BTreeSet<u32>,
    failed: BTreeSet<u32>,
    errors: Vec<StoreError>,
}

impl Outcomes {
    async fn publish(&mut self, numbers: &Publisher<u32>, n: u32) {
        match numbers.publish("room", &n).await {
            Ok(id) => self.kept.push((id, n)),
            Err(PublishError::OutcomeUnknown(error)) => {
                self.unknown.insert(n);
                self.errors.extend(error);
            }
            Err(PublishError::Failed(error)) => {
                self.failed.insert(n);
                self.errors.push(error);
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Checks that the store has the acknowledged events, in order, and at most those
    /// with an unknown outcome besides.
    async fn check(&self, numbers: &Publisher<u32>) {
        let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
        let mut found = Vec::new();
        while let Some(next) = reader.next_ready().await {
            let event = next.unwrap();
            found.push((event.id().unwrap(), event.value().unwrap()));
        }
        let first = found.first().map_or(1, |(id, _)| id.sequence());
        for ((id, _), expected) in found.iter().zip(first..) {
            assert_eq!(id.sequence(), expected, "a hole");
        }
        for kept in &self.kept {
            let is_trimmed = kept.0.sequence() < first;
            assert!(is_trimmed || found.contains(kept), "{kept:?} is lost");
        }
        for (_, n) in &found {
            assert!(!self.failed.contains(n), "{n} was not published and is there");
            assert!(
                self.unknown.contains(n) || self.kept.iter().any(|(_, kept)| kept == n),
                "{n} comes from nowhere"
            );
        }
    }
}

/// Pseudo-random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(sides)) as u32
    }
}

/// Publishes around a fault, then checks the store, after a loss of power as well.
async fn survive(seed: u32, fault: impl Fn(&mut Dice) -> Fault) -> Outcomes {
    let mut dice = Dice(u64::from(seed));
    let platter = Platter::default();
    let numbers = open(&platter).unwrap();
    let mut outcomes = Outcomes::default();
    let mut n = 0;
    for _ in 0..3 {
        for _ in 0..dice.roll(20) {
            n += 1;
            outcomes.publish(&numbers, n).await;
        }
        platter.fail(fault(&mut dice));
        for _ in 0..1 + dice.roll(10) {
            n += 1;
            outcomes.publish(&numbers, n).await;
        }
        let after = platter.after_power_loss(|| dice.roll(2) == 0);
        outcomes.check(&open(&after).unwrap()).await;
        platter.fail(Fault::None);
    }
    // The publisher continues as before.
    for _ in 0..3 {
        n += 1;
        outcomes.publish(&numbers, n).await;
        assert_eq!(outcomes.kept.last().map(|(_, kept)| *kept), Some(n), "it does not go on");
    }
    outcomes.check(&numbers).await;
    let epochs: BTreeSet<_> = outcomes.kept.iter().map(|(id, _)| id.epoch()).collect();
    assert_eq!(epochs.len(), 1, "nothing was lost that would make it begin anew");
    drop(numbers);
    outcomes.check(&open(&platter).unwrap()).await;
    outcomes.check(&open(&platter.after_power_loss(|| dice.roll(2) == 0)).unwrap()).await;
    outcomes
}

#[tokio::test]
async fn acknowledged_events_survive_a_loss_of_power_at_any_time() {
    for seed in 0..seeds() {
        let outcomes = survive(seed, |_| Fault::None).await;
        assert!(outcomes.errors.is_empty());
    }
}

#[tokio::test]
async fn a_sync_that_fails_is_not_tried_again_on_its_descriptor_and_loses_nothing() {
    for seed in 0..seeds() {
        let outcomes = survive(seed, |dice| Fault::Sync { after: dice.roll(6) }).await;
        // It was written through a new descriptor after all.
        assert!(outcomes.failed.is_empty() && outcomes.unknown.is_empty());
    }
}

#[tokio::test]
async fn while_all_syncs_fail_nothing_is_acknowledged() {
    for seed in 0..30 {
        let platter = Platter::default();
        let numbers = open(&platter).unwrap();
        let mut outcomes = Outcomes::default();
        for n in 0..seed {
            outcomes.publish(&numbers, n).await;
        }
        platter.fail(Fault::Syncs);
        let kept = outcomes.kept.len();
        for n in seed..seed + 5 {
            outcomes.publish(&numbers, n).await;
        }
        assert_eq!(outcomes.kept.len(), kept);
        // The first may be in the file; the store was closed before the others.
        assert_eq!(outcomes.unknown, BTreeSet::from([seed]));
        assert_eq!(outcomes.failed, (seed + 1..seed + 5).collect());
        let after = platter.after_power_loss(|| true);
        outcomes.check(&open(&after).unwrap()).await;
        platter.fail(Fault::None);
        outcomes.publish(&numbers, 1000).await;
        assert_eq!(outcomes.kept.len(), kept + 1);
        outcomes.check(&numbers).await;
    }
}

#[tokio::test]
async fn a_full_disk_fails_to_publish_and_keeps_its_history() {
    let mut full = 0;
    for seed in 0..seeds() {
        let outcomes = survive(seed, |dice| Fault::Full { pages: dice.roll(8) }).await;
        for error in &outcomes.errors {
            assert_eq!(error.kind(), StoreErrorKind::Full, "{error:?}");
        }
        full += outcomes.errors.len();
    }
    assert!(full > 0, "the disk was never full");
}

#[tokio::test]
async fn a_write_that_writes_a_part_fails_to_publish_or_loses_nothing() {
    let mut failed = 0;
    for seed in 0..2 * seeds() {
        let outcomes = survive(seed, |dice| Fault::Short { after: dice.roll(40) }).await;
        // The file is read again, which tells the outcome.
        assert!(outcomes.unknown.is_empty());
        failed += outcomes.failed.len();
    }
    assert!(failed > 0, "no write was ever short");
}

#[test]
fn a_file_that_cannot_be_written_is_tried_again_after_pauses_that_double() {
    let platter = Platter::default();
    let timeline = Timeline::new(Arc::new(SystemClock::default()));
    let limits = Limits::in_file(Duration::from_secs(3600), 100, 1 << 20);
    let channels = Channels::new(timeline, limits, 10);
    let disk = platter.mount();
    let file = find_or_make(&*disk, Duration::ZERO, &Layout::EVENTS).unwrap();
    let beside = Beside::open(&*disk, Arc::clone(&file));
    let current = Current::open(disk, true, file, &Layout::EVENTS).unwrap();
    let mut writer = Writer::open(channels, current, beside).unwrap();
    for _ in 0..2 {
        platter.fail(Fault::Syncs);
        let mut pauses = vec![writer.pause().as_millis()];
        for _ in 0..8 {
            writer.recover().unwrap_err();
            pauses.push(writer.pause().as_millis());
        }
        assert_eq!(pauses, [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        // It begins anew once it could be written.
        platter.fail(Fault::None);
        writer.recover().unwrap();
    }
}

#[tokio::test]
async fn a_reader_goes_on_over_a_failure() {
    let platter = Platter::default();
    let numbers = open(&platter).unwrap();
    let mut reader = numbers.subscribe("room", Start::Latest).unwrap();
    let mut outcomes = Outcomes::default();
    for n in 0..100 {
        if n % 10 == 5 {
            platter.fail(Fault::Sync { after: n % 3 });
        }
        outcomes.publish(&numbers, n).await;
    }
    for (id, n) in outcomes.kept {
        let event = reader.next().await.unwrap().unwrap();
        assert_eq!((event.id(), event.value().unwrap()), (Some(id), n));
    }
    assert!(reader.next_ready().await.is_none());
}

/// A read that fails once does not affect a reader, and once the disk can be read again
/// no event has to be published first.
#[tokio::test]
async fn a_disk_that_cannot_be_read_for_a_while_is_read_again_by_readers() {
    let platter = Platter::default();
    let opened = builder().max_events(300).open_disk(platter.mount(), true);
    let texts: Publisher<String> = opened.unwrap();
    // More than redb's cache.
    let text = "x".repeat(10_000);
    let all = (0..300).map(|_| texts.publish("room", &text).into_future());
    futures::future::try_join_all(all).await.unwrap();
    let read = async || {
        let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
        let mut count = 0;
        while let Some(next) = reader.next_ready().await {
            next?;
            count += 1;
        }
        Ok::<_, ReadError>(count)
    };
    for after in [0, 7, 50] {
        platter.fail(Fault::Read { after });
        assert_eq!(read().await.unwrap(), 300);
    }
    platter.fail(Fault::Reads);
    assert!(matches!(
        read().await,
        Err(ReadError::Store(error)) if error.kind() == StoreErrorKind::Unavailable
    ));
    platter.fail(Fault::None);
    // A file that has just failed is not retried for a moment.
    while read().await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(read().await.unwrap(), 300);
    texts.publish("room", &text).await.unwrap();
}

/// After a failed write and a failed recovery the file is written again as soon as
/// possible, even if no event is published.
#[tokio::test]
async fn a_file_that_could_not_be_written_is_tried_again_by_time() {
    let platter = Platter::default();
    let numbers = open(&platter).unwrap();
    let mut outcomes = Outcomes::default();
    outcomes.publish(&numbers, 0).await;
    let mut reader = numbers.subscribe("room", Start::Latest).unwrap();
    platter.fail(Fault::Syncs);
    outcomes.publish(&numbers, 1).await;
    assert!(outcomes.unknown.contains(&1));
    outcomes.check(&numbers).await;
    platter.fail(Fault::None);
    // Unsynced writes are not lost, and become visible once they are synced.
    let event = reader.next().await.unwrap().unwrap();
    assert_eq!(event.value().unwrap(), 1);
}

/// Publishes the numbers, and returns the last id.
async fn publish_all(numbers: &Publisher<u32>, all: std::ops::Range<u32>) -> EventId {
    let mut last = None;
    for n in all {
        last = Some(numbers.publish("room", &n).await.unwrap());
    }
    last.unwrap()
}

#[tokio::test]
async fn without_syncs_a_loss_of_power_is_told_also_when_the_ids_are_there_again() {
    let platter = Platter::default();
    let numbers = open_unsynced(&platter);
    publish_all(&numbers, 0..5).await;
    platter.write_back();
    let last = publish_all(&numbers, 5..10).await;
    let after = platter.after_power_loss(|| false);
    let numbers = open_unsynced(&after);
    publish_all(&numbers, 100..120).await;
    let mut reader = numbers.subscribe("room", last).unwrap();
    match reader.next().await.unwrap() {
        Err(ReadError::Gap(gap)) => assert_eq!(gap.reason(), GapReason::Epoch),
        other => panic!("{other:?}"),
    }
    // Again, with a machine that fails before anything was written back.
    let again = after.after_power_loss(|| false);
    let numbers = open_unsynced(&again);
    let mut reader = numbers.subscribe("room", last).unwrap();
    assert!(matches!(reader.next().await.unwrap(), Err(ReadError::Gap(_))));
}

#[tokio::test]
async fn without_syncs_a_file_that_was_closed_survives_a_loss_of_power() {
    let platter = Platter::default();
    for syncs in [false, true, false] {
        let numbers: Publisher<u32> = builder().open_disk(platter.mount(), syncs).unwrap();
        publish_all(&numbers, 0..5).await;
        drop(numbers);
    }
    let numbers = open_unsynced(&platter.after_power_loss(|| false));
    let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
    for n in (0..5).chain(0..5).chain(0..5) {
        assert_eq!(reader.next().await.unwrap().unwrap().value().unwrap(), n);
    }
    assert!(reader.next_ready().await.is_none());
}

#[tokio::test]
async fn a_synced_file_that_was_one_without_syncs_survives_a_loss_of_power() {
    let platter = Platter::default();
    let numbers = open_unsynced(&platter);
    publish_all(&numbers, 0..5).await;
    // The process ends at once, and the machine continues.
    platter.end_process();
    std::mem::forget(numbers);
    let numbers = open(&platter).unwrap();
    publish_all(&numbers, 5..10).await;
    let numbers = open_unsynced(&platter.after_power_loss(|| false));
    let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
    for n in 0..10 {
        assert_eq!(reader.next().await.unwrap().unwrap().value().unwrap(), n);
    }
}

#[tokio::test]
async fn events_that_recovery_does_not_find_are_not_acknowledged() {
    // Before and in the commit, after which they could be in the file.
    for fault in [Fault::Short { after: 0 }, Fault::Sync { after: 0 }] {
        let platter = Platter::default();
        let numbers = open(&platter).unwrap();
        let mut outcomes = Outcomes::default();
        outcomes.publish(&numbers, 0).await;
        // The next transaction fails, and the file is another one when it is reopened.
        {
            let mut content = platter.content();
            content.fault = fault;
            content.forgets = true;
        }
        outcomes.publish(&numbers, 1).await;
        let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
        assert!(reader.next_ready().await.is_none());
        assert!(outcomes.failed.contains(&1), "what is nowhere was acknowledged");
    }
}

/// A key that is known has its event, and no transaction that its event could fail with.
#[tokio::test]
async fn a_key_that_is_known_is_answered_while_the_events_beside_it_fail() {
    let platter = Platter::default();
    let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
    let known = texts.publish("room", &String::new()).idempotency_key("key").await.unwrap();
    let large = "x".repeat(1 << 18);
    for _ in 0..10 {
        platter.fail(Fault::Full { pages: 0 });
        // The writer waits for the disk with the first of them, while the others queue up.
        let publish = |key: &str| {
            let publish = texts.publish("room", &large);
            if key.is_empty() { publish } else { publish.idempotency_key(key) }.into_future()
        };
        let mut all = ["", "", "key"].map(publish);
        {
            let _disk = platter.content();
            for publish in &mut all {
                assert!(publish.now_or_never().is_none());
            }
        }
        let [first, second, again] = all;
        let outcomes = futures::future::join3(first, second, again).await;
        for failed in [outcomes.0, outcomes.1].map(Result::unwrap_err) {
            assert!(matches!(failed, PublishError::Failed(_)), "{failed:?}");
        }
        assert_eq!(outcomes.2.unwrap(), known);
    }
}

/// The system treats pages as written that a failed sync has not written, also for the next
/// process. The file notes the failure, and that process writes them again.
#[tokio::test]
async fn what_a_failed_sync_has_not_written_is_written_by_the_next_process() {
    for length in [10, 100_000] {
        let platter = Platter::default();
        let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
        let text = "x".repeat(length);
        for _ in 0..15 {
            texts.publish("room", &text).await.unwrap();
        }
        platter.fail(Fault::Syncs);
        assert!(texts.publish("room", &text).await.is_err());
        platter.end_process();
        drop(texts);
        let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
        let last = texts.publish("room", &text).await.unwrap();
        let after = platter.after_power_loss(|| false);
        // A second start finds nothing to write again.
        for platter in [&after, &after.after_power_loss(|| false)] {
            let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
            let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
            let mut found = 0;
            while let Some(event) = reader.next_ready().await {
                found = event.unwrap().id().unwrap().sequence();
            }
            assert_eq!(found, last.sequence());
        }
    }
}

/// A failed sync that is not noted would be forgotten by a start without syncs.
#[tokio::test]
async fn a_start_without_syncs_leaves_the_note_of_a_failed_sync_to_the_next() {
    let platter = Platter::default();
    let numbers = open(&platter).unwrap();
    publish_all(&numbers, 0..5).await;
    platter.fail(Fault::Syncs);
    assert!(numbers.publish("room", &5).await.is_err());
    platter.end_process();
    drop(numbers);
    drop(open_unsynced(&platter));
    let numbers = open(&platter).unwrap();
    let last = numbers.publish("room", &6).await.unwrap();
    let numbers = open(&platter.after_power_loss(|| false)).unwrap();
    let mut reader = numbers.subscribe("room", Start::Earliest).unwrap();
    let mut found = None;
    while let Some(event) = reader.next_ready().await {
        found = event.unwrap().id();
    }
    assert_eq!(found, Some(last));
}

#[tokio::test]
async fn a_folder_that_cannot_be_synced_is_no_hindrance_without_syncs() {
    for syncs in [true, false] {
        let platter = Platter::default();
        drop(open(&platter).unwrap());
        platter.fail(Fault::FolderSyncs);
        let opened: Result<Publisher<u32>, _> = builder().open_disk(platter.mount(), syncs);
        let published = opened.unwrap().publish("room", &1).await;
        assert_eq!(published.is_ok(), !syncs, "{published:?}");
    }
}
