//! Disks that fail, and what is left of what was acknowledged. `FAULTS` says how
//! often.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use futures::StreamExt as _;

use super::disk::{Boot, Disk, RawFile};
use crate::publish::gap::GapReason;
use crate::publish::{
    EventId, PublishError, Publisher, PublisherBuilder, ReadError, Start, StoreError,
};

const PAGE: usize = 4096;
const SECTOR: usize = 512;

/// A disk with the cache of an operating system before it.
#[derive(Clone, Default)]
struct Platter(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    /// What is read.
    cache: Vec<u8>,
    /// What is there after a loss of power.
    durable: Vec<u8>,
    /// The pages that the next sync writes.
    dirty: BTreeSet<usize>,
    /// The pages that room was found for.
    allocated: BTreeSet<usize>,
    fault: Fault,
    descriptors: u32,
    /// The descriptors on which a sync has failed.
    failed: BTreeSet<u32>,
    is_locked: bool,
    /// The file is empty when it is opened again.
    forgets: bool,
    /// How often the machine was started before.
    boot: u8,
    /// What must never happen.
    mistakes: Vec<&'static str>,
}

/// What goes wrong next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Fault {
    #[default]
    None,
    /// One sync fails, after so many that do not. The system takes what it could
    /// not write for written.
    Sync { after: u32 },
    /// All syncs fail.
    Syncs,
    /// There is room for so many further pages.
    Full { pages: u32 },
    /// One write writes a part and fails, after so many that do not.
    Short { after: u32 },
}

struct Descriptor {
    platter: Platter,
    number: u32,
}

impl Platter {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    fn fail(&self, fault: Fault) {
        self.content().fault = fault;
    }

    /// Everything is written to the disk, as an operating system does now and then.
    fn write_back(&self) {
        let mut content = self.content();
        content.durable = content.cache.clone();
        content.dirty.clear();
    }

    /// The disk after a loss of power: of the pages that were not synced some are
    /// there and some are not.
    fn after_power_loss(&self, mut chooses: impl FnMut() -> bool) -> Self {
        let content = self.content();
        let mut durable = content.durable.clone();
        // How long a file is may be written at any time.
        durable.resize(durable.len().max(content.cache.len()), 0);
        for page in &content.dirty {
            let range = range(*page, content.cache.len().min(durable.len()));
            if chooses() {
                durable[range.clone()].copy_from_slice(&content.cache[range]);
            }
        }
        assert_eq!(content.mistakes, [""; 0]);
        let boot = content.boot + 1;
        let left = Content { cache: durable.clone(), durable, boot, ..Content::default() };
        Self(Arc::new(Mutex::new(left)))
    }
}

fn range(page: usize, length: usize) -> std::ops::Range<usize> {
    (page * PAGE).min(length)..((page + 1) * PAGE).min(length)
}

impl Disk for Platter {
    fn open(&self) -> Result<Arc<dyn RawFile>, StoreError> {
        let mut content = self.content();
        if std::mem::replace(&mut content.is_locked, true) {
            return Err(StoreError::InUse);
        }
        content.descriptors += 1;
        if std::mem::take(&mut content.forgets) {
            content.cache.clear();
            content.durable.clear();
            content.dirty.clear();
        }
        Ok(Arc::new(Descriptor { platter: self.clone(), number: content.descriptors }))
    }

    fn sync_name(&self) -> io::Result<()> {
        Ok(())
    }

    fn boot(&self) -> Option<Boot> {
        Some([self.content().boot; 16])
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        self.platter.content().is_locked = false;
    }
}

impl Descriptor {
    fn write(content: &mut Content, offset: usize, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        for page in offset / PAGE..=(offset + bytes.len() - 1) / PAGE {
            if !content.allocated.contains(&page) {
                if let Fault::Full { pages } = &mut content.fault {
                    *pages = pages.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
                }
                content.allocated.insert(page);
            }
            content.dirty.insert(page);
        }
        let end = offset + bytes.len();
        let length = content.cache.len().max(end);
        content.cache.resize(length, 0);
        content.cache[offset..end].copy_from_slice(bytes);
        Ok(())
    }
}

impl RawFile for Descriptor {
    fn len(&self) -> io::Result<u64> {
        Ok(self.platter.content().cache.len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let content = self.platter.content();
        let offset = offset as usize;
        let bytes = content.cache.get(offset..offset + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.platter.content();
        if let Fault::Short { after } = &mut content.fault {
            if *after == 0 {
                content.fault = Fault::None;
                // A disk writes whole sectors.
                let end = (offset as usize + bytes.len() / 2) / SECTOR * SECTOR;
                let part = end.saturating_sub(offset as usize);
                Self::write(&mut content, offset as usize, &bytes[..part])?;
                return Err(io::Error::other("a part was written"));
            }
            *after -= 1;
        }
        Self::write(&mut content, offset as usize, bytes)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut content = self.platter.content();
        content.cache.resize(length as usize, 0);
        let pages = length as usize / PAGE;
        content.dirty.retain(|page| *page <= pages);
        content.allocated.retain(|page| *page <= pages);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut content = self.platter.content();
        let content = &mut *content;
        if content.failed.contains(&self.number) {
            content.mistakes.push("a sync is tried again on a descriptor on which one failed");
        }
        let fails = match &mut content.fault {
            Fault::Syncs => true,
            Fault::Sync { after: 0 } => {
                content.fault = Fault::None;
                true
            }
            Fault::Sync { after } => {
                *after -= 1;
                false
            }
            _ => false,
        };
        let dirty = std::mem::take(&mut content.dirty);
        if fails {
            content.failed.insert(self.number);
            return Err(io::Error::other("the disk does not answer"));
        }
        content.durable.resize(content.cache.len(), 0);
        for page in dirty {
            let range = range(page, content.cache.len());
            content.durable[range.clone()].copy_from_slice(&content.cache[range]);
        }
        Ok(())
    }
}

fn open(platter: &Platter) -> Result<Publisher<u32>, StoreError> {
    builder().open_disk(Box::new(platter.clone()), true)
}

/// Without syncs.
fn open_unsynced(platter: &Platter) -> Publisher<u32> {
    builder().open_disk(Box::new(platter.clone()), false).unwrap()
}

fn builder() -> PublisherBuilder {
    Publisher::builder().max_events(200).retention(std::time::Duration::from_secs(3600))
}

/// How many runs there are of each kind.
fn seeds() -> u32 {
    std::env::var("FAULTS").map_or(20, |text| text.parse().unwrap())
}

/// What became of what was published.
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

    /// What is in the store is what was acknowledged, in its order, and at most
    /// that of which nobody knows.
    async fn check(&self, numbers: &Publisher<u32>) {
        let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
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

/// Numbers that look random (SplitMix64).
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
    // It goes on as if nothing had been.
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
async fn what_was_acknowledged_survives_a_loss_of_power_at_any_time() {
    for seed in 0..seeds() {
        let outcomes = survive(seed, |_| Fault::None).await;
        assert!(outcomes.errors.is_empty());
    }
}

#[tokio::test]
async fn a_sync_that_fails_is_not_tried_again_on_its_descriptor_and_loses_nothing() {
    for seed in 0..seeds() {
        let outcomes = survive(seed, |dice| Fault::Sync { after: dice.roll(6) }).await;
        // Through a new descriptor it was written after all.
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
        // The first may be in the file; the store was closed to the others.
        assert_eq!(outcomes.unknown, BTreeSet::from([seed]));
        assert_eq!(outcomes.failed, (seed + 1..seed + 5).collect());
        let after = platter.after_power_loss(|| true);
        if kept > 0 {
            outcomes.check(&open(&after).unwrap()).await;
        }
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
            assert!(matches!(error, StoreError::DiskFull(_)), "{error:?}");
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
        failed += outcomes.failed.len() + outcomes.unknown.len();
    }
    assert!(failed > 0, "no write was ever short");
}

#[tokio::test]
async fn a_reader_goes_on_over_a_failure() {
    let platter = Platter::default();
    let numbers = open(&platter).unwrap();
    let mut reader = numbers.subscribe("room", Start::Now).unwrap();
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

/// Publishes the numbers, and gives the last id.
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
    // And again, when the machine fails before anything was written back.
    let again = after.after_power_loss(|| false);
    let numbers = open_unsynced(&again);
    let mut reader = numbers.subscribe("room", last).unwrap();
    assert!(matches!(reader.next().await.unwrap(), Err(ReadError::Gap(_))));
}

#[tokio::test]
async fn without_syncs_a_file_that_was_closed_survives_a_loss_of_power() {
    let platter = Platter::default();
    for syncs in [false, true, false] {
        let numbers: Publisher<u32> =
            builder().open_disk(Box::new(platter.clone()), syncs).unwrap();
        publish_all(&numbers, 0..5).await;
        drop(numbers);
    }
    let numbers = open_unsynced(&platter.after_power_loss(|| false));
    let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
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
    // The process ends at once, and the machine does not.
    platter.content().is_locked = false;
    std::mem::forget(numbers);
    let numbers = open(&platter).unwrap();
    publish_all(&numbers, 5..10).await;
    let numbers = open_unsynced(&platter.after_power_loss(|| false));
    let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
    for n in 0..10 {
        assert_eq!(reader.next().await.unwrap().unwrap().value().unwrap(), n);
    }
}

#[tokio::test]
async fn what_recovery_did_not_find_is_not_acknowledged() {
    let platter = Platter::default();
    let numbers = open(&platter).unwrap();
    let mut outcomes = Outcomes::default();
    outcomes.publish(&numbers, 0).await;
    // The next transaction fails, and the file is another one when it is opened again.
    {
        let mut content = platter.content();
        content.fault = Fault::Short { after: 0 };
        content.forgets = true;
    }
    outcomes.publish(&numbers, 1).await;
    let mut reader = numbers.subscribe("room", Start::Oldest).unwrap();
    assert!(reader.next_ready().await.is_none());
    assert!(outcomes.failed.contains(&1), "what is nowhere was acknowledged");
}
