//! Files whose pages are valid and whose rows are missing, damaged or contradict each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use futures::StreamExt as _;
use redb::{ReadableTable as _, Table, WriteTransaction};

use super::super::database::{Current, failure};
use super::super::disk::Name;
use super::super::record::{CHANNELS, ChannelRow, EVENTS, KEYS, STATE};
use super::platter::{Fault, Platter};
use super::{builder, open, publish_all};
use crate::publish::gap::GapReason;
use crate::publish::{EventId, IntoStart, Publisher, ReadError, Start};

/// Changes rows of a closed file, without any sign of it beside the file.
fn edit(platter: &Platter, change: impl FnOnce(&WriteTransaction)) {
    platter.decay(|| {
        let disk = platter.mount();
        let file = disk.open(Name::Events, false).unwrap().unwrap();
        assert!(file.try_lock().unwrap());
        let current = Current::open(disk, true, file).unwrap();
        current.release().unwrap();
        let (_, changed) = current.try_with(|opened| {
            let writing = opened.database.begin_write().map_err(failure)?;
            change(&writing);
            writing.commit().map_err(failure)
        });
        changed.unwrap();
        current.close();
    });
}

/// Damage of one row.
#[derive(Debug, Clone, Copy)]
enum Damage {
    Missing,
    Flipped,
}

const DAMAGES: [Damage; 2] = [Damage::Missing, Damage::Flipped];

impl Damage {
    fn apply<'k, K: redb::Key + 'static>(
        self,
        table: &mut Table<'_, K, &'static [u8]>,
        key: K::SelfType<'k>,
    ) where
        K::SelfType<'k>: Clone,
    {
        let mut value = table.remove(key.clone()).unwrap().unwrap().value().to_owned();
        if let Self::Flipped = self {
            value[3] ^= 1;
            table.insert(key, &*value).unwrap();
        }
    }
}

/// Returns the row of a channel.
fn row(writing: &WriteTransaction, name: &str) -> ChannelRow {
    let rows = writing.open_table(CHANNELS).unwrap();
    let row = rows.get(name).unwrap().unwrap();
    ChannelRow::read(name, row.value()).unwrap()
}

/// Replaces the row of a channel.
fn put(writing: &WriteTransaction, name: &str, row: ChannelRow) {
    let mut rows = writing.open_table(CHANNELS).unwrap();
    rows.insert(name, &*row.write(name)).unwrap();
}

const ROOMS: [&str; 4] = ["a", "b", "c", "d"];

/// Publishes five events to each room, and closes the file. Events are numbered through.
async fn fill(platter: &Platter) -> Vec<Vec<EventId>> {
    let numbers = open(platter).unwrap();
    let mut ids = vec![Vec::new(); ROOMS.len()];
    for n in 0..5 {
        for (room, ids) in ROOMS.iter().zip(&mut ids) {
            let key = format!("{room}{n}");
            ids.push(numbers.publish(room, &n).idempotency_key(&key).await.unwrap());
        }
    }
    ids
}

/// Reads a room to its end: the numbers of the events, and the gap in front of them.
async fn read(
    numbers: &Publisher<u32>,
    room: &str,
    start: impl IntoStart,
) -> (Option<GapReason>, Vec<u64>) {
    let mut reader = numbers.subscribe(room, start).unwrap();
    let (mut gap, mut found) = (None, Vec::new());
    while let Some(next) = reader.next_ready().await {
        match next {
            Ok(event) => found.push(event.id().unwrap().sequence()),
            Err(ReadError::Gap(told)) if found.is_empty() => gap = Some(told.reason()),
            Err(other) => panic!("{other:?} behind {found:?}"),
        }
    }
    (gap, found)
}

/// Publishes once, and returns the id.
async fn publish(numbers: &Publisher<u32>, room: &str) -> EventId {
    numbers.publish(room, &100).await.unwrap()
}

/// Checks that a room has all its events, and that its readers miss none.
async fn check_whole(numbers: &Publisher<u32>, room: &str, ids: &[EventId]) {
    let all: Vec<_> = ids.iter().map(|id| id.sequence()).collect();
    assert_eq!(read(numbers, room, Start::Earliest).await, (None, all.clone()), "{room}");
    for (read_last, id) in ids.iter().enumerate() {
        let rest = all[read_last + 1..].to_vec();
        assert_eq!(read(numbers, room, *id).await, (None, rest), "{room} behind {id}");
    }
}

#[tokio::test]
async fn readers_in_front_of_a_lost_event_get_a_gap_and_those_behind_it_go_on() {
    for damage in DAMAGES {
        for lost in 1..=5 {
            let platter = Platter::default();
            let ids = fill(&platter).await;
            edit(&platter, |writing| {
                let number = row(writing, "a").number;
                damage.apply(&mut writing.open_table(EVENTS).unwrap(), (number, lost));
            });
            let numbers = open(&platter).unwrap();
            let rest: Vec<_> = (lost + 1..=5).collect();
            assert_eq!(read(&numbers, "a", Start::Earliest).await, (None, rest));
            for id in &ids[0] {
                let (gap, found) = read(&numbers, "a", *id).await;
                let from = lost.max(id.sequence());
                assert_eq!(gap.is_some(), id.sequence() < lost, "{damage:?} {lost}: {id}");
                assert_eq!(found, (from + 1..=5).collect::<Vec<_>>(), "{damage:?} {lost}: {id}");
            }
            for (room, ids) in ROOMS.iter().zip(&ids).skip(1) {
                check_whole(&numbers, room, ids).await;
            }
            // Numbers are not given again, and later events are of another epoch.
            let next = publish(&numbers, "a").await;
            assert_eq!(next.sequence(), 6);
            assert_ne!(next.epoch(), ids[0][4].epoch());
            drop(numbers);
            // The damage is told once: the file is whole again.
            let numbers = open(&platter).unwrap();
            let rest: Vec<_> = (lost + 1..=6).collect();
            assert_eq!(read(&numbers, "a", Start::Earliest).await, (None, rest));
            let later = publish(&numbers, "a").await;
            assert_eq!((later.epoch(), later.sequence()), (next.epoch(), 7));
        }
    }
}

#[tokio::test]
async fn an_epoch_that_began_behind_a_lost_event_is_not_taken_for_that_of_the_lost_one() {
    let platter = Platter::default();
    let ids = fill(&platter).await;
    // A copy of the file, which begins another epoch.
    let copy = Platter::with_file(platter.events());
    publish(&open(&copy).unwrap(), "a").await;
    edit(&copy, |writing| {
        let number = row(writing, "a").number;
        Damage::Missing.apply(&mut writing.open_table(EVENTS).unwrap(), (number, 5));
    });
    let numbers = open(&copy).unwrap();
    let gap = Some(GapReason::Epoch);
    assert_eq!(read(&numbers, "a", ids[0][4]).await, (gap, vec![6]));
    assert_eq!(read(&numbers, "a", Start::Earliest).await, (None, vec![6]));
}

#[tokio::test]
async fn events_outside_of_the_range_of_their_channel_are_not_delivered() {
    for (earliest, head) in [(1, 4), (3, 5)] {
        let platter = Platter::default();
        let ids = fill(&platter).await;
        edit(&platter, |writing| {
            let before = row(writing, "a");
            put(writing, "a", ChannelRow { earliest, head, ..before });
        });
        let numbers = open(&platter).unwrap();
        let range: Vec<_> = (earliest..=head).collect();
        assert_eq!(read(&numbers, "a", Start::Earliest).await, (None, range.clone()));
        let next = publish(&numbers, "a").await;
        assert_ne!(next.epoch(), ids[0][0].epoch());
        assert_eq!(next.sequence(), head + 1);
        // A key of an event that is no longer known is forgotten.
        let again = numbers.publish("a", &100).idempotency_key("a4").await.unwrap();
        assert_eq!(again == ids[0][4], head == 5);
        let known = numbers.publish("a", &100).idempotency_key("a3").await.unwrap();
        assert_eq!(known, ids[0][3]);
        drop(numbers);
        let numbers = open(&platter).unwrap();
        let known = numbers.publish("a", &100).idempotency_key("a3").await.unwrap();
        assert_eq!(known, ids[0][3]);
        let later = publish(&numbers, "a").await;
        assert_eq!(later.epoch(), next.epoch());
        let all = (earliest..=later.sequence()).collect();
        assert_eq!(read(&numbers, "a", Start::Earliest).await, (None, all));
    }
}

#[tokio::test]
async fn a_range_that_no_channel_has_is_damage() {
    let platter = Platter::default();
    let ids = fill(&platter).await;
    edit(&platter, |writing| {
        let before = row(writing, "a");
        put(writing, "a", ChannelRow { earliest: 0, ..before });
    });
    let numbers = open(&platter).unwrap();
    assert_ne!(publish(&numbers, "a").await.epoch(), ids[0][0].epoch());
}

#[tokio::test]
async fn a_damaged_key_is_forgotten_once_and_the_others_are_known() {
    let platter = Platter::default();
    let ids = fill(&platter).await;
    edit(&platter, |writing| {
        let number = row(writing, "a").number;
        Damage::Flipped.apply(&mut writing.open_table(KEYS).unwrap(), (number, 2));
    });
    let numbers = open(&platter).unwrap();
    check_whole(&numbers, "a", &ids[0]).await;
    let mut next = Vec::new();
    for n in 0..5 {
        next.push(numbers.publish("a", &n).idempotency_key(&format!("a{n}")).await.unwrap());
    }
    assert_eq!(next[1].sequence(), 6);
    assert_ne!(next[1].epoch(), ids[0][1].epoch());
    next[1] = ids[0][1];
    assert_eq!(next, ids[0]);
    let next = publish(&numbers, "a").await;
    drop(numbers);
    assert_eq!(publish(&open(&platter).unwrap(), "a").await.epoch(), next.epoch());
}

/// Checks a file in which those rooms are lost, and the others are whole.
async fn check_lost(platter: &Platter, ids: &[Vec<EventId>], lost: &[&str]) {
    let numbers = open(platter).unwrap();
    let mut epochs = Vec::new();
    for (room, ids) in ROOMS.iter().zip(ids) {
        if !lost.contains(room) {
            check_whole(&numbers, room, ids).await;
            continue;
        }
        assert_eq!(read(&numbers, room, Start::Earliest).await, (None, vec![]));
        for id in ids {
            assert_eq!(read(&numbers, room, *id).await, (Some(GapReason::Epoch), vec![]));
        }
        let next = publish(&numbers, room).await;
        assert_eq!(next.sequence(), 6, "{room}: a number is given again");
        epochs.push(next.epoch());
    }
    // A channel that is new takes no rows of others.
    publish(&numbers, "new").await;
    drop(numbers);
    let numbers = open(platter).unwrap();
    for (room, ids) in ROOMS.iter().zip(ids).filter(|(room, _)| !lost.contains(room)) {
        check_whole(&numbers, room, ids).await;
    }
    for (room, epoch) in lost.iter().zip(epochs) {
        assert_eq!(read(&numbers, room, Start::Earliest).await, (None, vec![6]));
        assert_eq!(publish(&numbers, room).await.epoch(), epoch, "{room} begins anew again");
    }
}

#[tokio::test]
async fn a_channel_whose_row_is_lost_begins_anew_behind_its_numbers() {
    for damage in DAMAGES {
        for room in ["a", "d"] {
            let platter = Platter::default();
            let ids = fill(&platter).await;
            edit(&platter, |writing| {
                damage.apply(&mut writing.open_table(CHANNELS).unwrap(), room);
            });
            check_lost(&platter, &ids, &[room]).await;
        }
    }
}

#[tokio::test]
async fn keys_alone_are_no_channel() {
    let platter = Platter::default();
    let ids = fill(&platter).await;
    edit(&platter, |writing| {
        let number = row(writing, "d").number;
        Damage::Missing.apply(&mut writing.open_table(CHANNELS).unwrap(), "d");
        let mut events = writing.open_table(EVENTS).unwrap();
        events.retain_in((number, 0)..=(number, u64::MAX), |_, _| false).unwrap();
    });
    let numbers = open(&platter).unwrap();
    let next = publish(&numbers, "d").await;
    assert_ne!(next.epoch(), ids[3][0].epoch());
    drop(numbers);
    assert_eq!(publish(&open(&platter).unwrap(), "d").await.epoch(), next.epoch());
}

#[tokio::test]
async fn channels_of_one_number_begin_anew_together() {
    for lost in [&["a", "b"][..], &["a", "b", "c"], &["b", "d"]] {
        let platter = Platter::default();
        let ids = fill(&platter).await;
        edit(&platter, |writing| {
            let number = row(writing, lost[0]).number;
            for room in &lost[1..] {
                let before = row(writing, room);
                put(writing, room, ChannelRow { number, ..before });
            }
        });
        check_lost(&platter, &ids, lost).await;
    }
}

#[tokio::test]
async fn without_the_row_of_its_state_a_file_keeps_its_events_and_begins_an_epoch() {
    for damage in DAMAGES {
        let platter = Platter::default();
        let ids = fill(&platter).await;
        edit(&platter, |writing| damage.apply(&mut writing.open_table(STATE).unwrap(), ()));
        let numbers = open(&platter).unwrap();
        for (room, ids) in ROOMS.iter().zip(&ids) {
            check_whole(&numbers, room, ids).await;
        }
        let next = publish(&numbers, "a").await;
        assert_eq!(next.sequence(), 6);
        assert_ne!(next.epoch(), ids[0][0].epoch());
        drop(numbers);
        let numbers = open(&platter).unwrap();
        assert_eq!(publish(&numbers, "a").await.epoch(), next.epoch());
    }
}

/// A waker that notes its call.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// A publisher whose room `history` has more than is held in memory.
async fn open_with_history(platter: &Platter) -> Publisher<String> {
    let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
    for _ in 0..60 {
        texts.publish("history", &"x".repeat(10_000)).await.unwrap();
    }
    texts
}

/// Fails one read of the history, upon which the file is opened again.
async fn reopen(platter: &Platter, texts: &Publisher<String>) {
    platter.fail(Fault::Read { after: 0 });
    let mut reader = texts.subscribe("history", Start::Earliest).unwrap();
    for _ in 0..60 {
        reader.next_ready().await.unwrap().unwrap();
    }
    assert_eq!(platter.content().fault, Fault::None, "the file was read");
}

#[tokio::test]
async fn a_file_that_is_opened_again_unchanged_continues_in_its_epoch() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let first = texts.publish("room", &text).await.unwrap();
    let mut reader = texts.subscribe("room", first).unwrap();
    let mut idle = texts.subscribe("idle", Start::Latest).unwrap();
    reopen(&platter, &texts).await;
    let second = texts.publish("room", &text).await.unwrap();
    assert_eq!((second.epoch(), second.sequence()), (first.epoch(), 2));
    assert_eq!(reader.next_ready().await.unwrap().unwrap().id(), Some(second));
    let first = texts.publish("idle", &text).await.unwrap();
    assert_eq!(idle.next_ready().await.unwrap().unwrap().id(), Some(first));
}

#[tokio::test]
async fn readers_of_events_that_a_file_lost_while_it_was_open_get_a_gap() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let kept = texts.publish("room", &text).await.unwrap();
    let older = platter.events();
    let lost = texts.publish("room", &text).await.unwrap();
    let gone = texts.publish("gone", &text).await.unwrap();
    let mut of_kept = texts.subscribe("room", kept).unwrap();
    let mut of_lost = texts.subscribe("room", lost).unwrap();
    let mut of_gone = texts.subscribe("gone", gone).unwrap();
    let mut idle = texts.subscribe("idle", Start::Latest).unwrap();
    assert!(idle.next_ready().await.is_none());
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    assert!(of_gone.poll_next_unpin(&mut Context::from_waker(&waker)).is_pending());
    platter.overwrite_events(&older);
    reopen(&platter, &texts).await;

    let next = texts.publish("room", &text).await.unwrap();
    assert_eq!(next.sequence(), 2);
    assert_ne!(next.epoch(), lost.epoch());
    // Its reader is woken without a new event.
    assert!(woken.0.load(Ordering::Acquire));
    let Some(Err(ReadError::Gap(gap))) = of_gone.next_ready().await else { panic!("no gap") };
    assert_eq!(gap.reason(), GapReason::Epoch);
    let Some(Err(ReadError::Gap(gap))) = of_lost.next_ready().await else { panic!("no gap") };
    assert_eq!((gap.reason(), gap.resume()), (GapReason::Epoch, kept));
    assert_eq!(of_lost.next_ready().await.unwrap().unwrap().id(), Some(next));
    assert_eq!(of_kept.next_ready().await.unwrap().unwrap().id(), Some(next));
    let again = texts.publish("gone", &text).await.unwrap();
    assert_eq!(again.sequence(), 2, "a number is given again");
    assert_ne!(again.epoch(), gone.epoch());
    assert_eq!(of_gone.next_ready().await.unwrap().unwrap().id(), Some(again));
    // A channel without events has lost none.
    let first = texts.publish("idle", &text).await.unwrap();
    assert_eq!(idle.next_ready().await.unwrap().unwrap().id(), Some(first));
    drop((texts, of_kept, of_lost, of_gone, idle));

    // The same later: an id that was given before is not in the file.
    let texts = open_with_history(&platter).await;
    let later = texts.publish("room", &text).await.unwrap();
    assert_eq!(later.sequence(), 3);
    let mut reader = texts.subscribe("room", next).unwrap();
    assert_eq!(reader.next_ready().await.unwrap().unwrap().id(), Some(later));
    for (room, id) in [("room", lost), ("gone", gone)] {
        let mut reader = texts.subscribe(room, id).unwrap();
        assert!(matches!(reader.next_ready().await, Some(Err(ReadError::Gap(_)))), "{room}");
    }
}

/// A snapshot of the disk is continued elsewhere, and put back while the publisher runs.
#[tokio::test]
async fn ids_that_a_longer_file_of_another_history_lacks_are_not_given_again() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let kept = texts.publish("room", &text).await.unwrap();
    let copy = platter.snapshot();
    {
        let texts: Publisher<String> = builder().open_disk(copy.mount(), true).unwrap();
        for _ in 0..5 {
            texts.publish("other", &text).await.unwrap();
        }
    }
    let lost = texts.publish("room", &text).await.unwrap();
    platter.overwrite_events(&copy.events());
    reopen(&platter, &texts).await;
    let next = texts.publish("room", &text).await.unwrap();
    assert_eq!((lost.epoch(), next.sequence()), (kept.epoch(), lost.sequence()));
    assert_ne!(next, lost);
}

#[tokio::test]
async fn channels_that_appear_in_the_file_are_those_of_the_publisher() {
    let platter = Platter::default();
    let texts = open_with_history(&platter).await;
    let text = "text".to_owned();
    let copy = Platter::with_file(platter.events());
    let found = {
        let texts: Publisher<String> = builder().open_disk(copy.mount(), true).unwrap();
        texts.publish("found", &text).await.unwrap()
    };
    platter.overwrite_events(&copy.events());
    reopen(&platter, &texts).await;
    texts.publish("room", &text).await.unwrap();
    let mut reader = texts.subscribe("found", Start::Earliest).unwrap();
    assert_eq!(reader.next_ready().await.unwrap().unwrap().id(), Some(found));
    let next = texts.publish("found", &text).await.unwrap();
    assert_eq!((next.epoch(), next.sequence()), (found.epoch(), 2));
}

/// Of a file that cannot be written its events are delivered; those that are published later
/// continue it.
#[tokio::test]
async fn a_file_that_was_opened_on_a_full_disk_is_continued_once_there_is_room() {
    for is_known in [true, false] {
        let platter = Platter::default();
        let last = publish_all(&open(&platter).unwrap(), 0..5).await;
        // A copy of it is not known to be whole.
        let platter = if is_known { platter } else { Platter::with_file(platter.events()) };
        let operations = platter.content().operations;
        platter.fail(Fault::FullAt { at: operations });
        let numbers = open(&platter).unwrap();
        assert_eq!(read(&numbers, "room", Start::Earliest).await, (None, vec![1, 2, 3, 4, 5]));
        let mut waiting = numbers.subscribe("room", Start::Latest).unwrap();
        let mut idle = numbers.subscribe("idle", Start::Latest).unwrap();
        assert!(waiting.next_ready().await.is_none() && idle.next_ready().await.is_none());
        assert!(numbers.publish("room", &5).await.is_err());
        platter.fail(Fault::None);
        let next = publish(&numbers, "room").await;
        assert_eq!(next.sequence(), 6);
        assert_eq!(next.epoch() == last.epoch(), is_known);
        assert_eq!(waiting.next_ready().await.unwrap().unwrap().id(), Some(next));
        let first = publish(&numbers, "idle").await;
        assert_eq!(idle.next_ready().await.unwrap().unwrap().id(), Some(first));
        drop((numbers, waiting, idle));
        let numbers = open(&platter).unwrap();
        let later = publish(&numbers, "room").await;
        // Without a mark, for which there was no room, nothing proves that it is whole.
        assert_eq!(later.epoch() == next.epoch(), is_known);
        assert_eq!(later.sequence(), 7);
    }
}
