//! Files whose pages are valid and whose rows are missing, damaged or contradict each other.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use redb::{ReadableTable as _, Table, WriteTransaction};

use super::super::super::EVENT;
use super::super::super::replays::{Fetched, Wanted};
use super::super::database::{Current, failure};
use super::super::disk::Name;
use super::super::file::Layout;
use super::super::load::read_events;
use super::super::record::{CHANNELS, ChannelRow, EVENTS, KEYS, STATE};
use super::platter::Platter;
use super::{builder, open};
use crate::publish::clock::Clock;
use crate::publish::gap::GapReason;
use crate::publish::{EventId, IntoStart, Publisher, ReadError, Start};

/// Changes rows of a closed file, without any sign of it beside the file.
fn edit(platter: &Platter, change: impl FnOnce(&WriteTransaction)) {
    platter.decay(|| {
        let disk = platter.mount();
        let file = disk.open(Name::Events, false).unwrap().unwrap();
        assert!(file.try_lock().unwrap());
        let current = Current::open(disk, true, file, &Layout::EVENTS).unwrap();
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
pub(super) async fn read(
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
pub(super) async fn publish(numbers: &Publisher<u32>, room: &str) -> EventId {
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

/// A clock that is set by hand.
#[derive(Clone, Default)]
struct Hands(Arc<Mutex<Duration>>);

impl Clock for Hands {
    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + *self.0.lock().unwrap()
    }
}

/// A sweep that evicts no channel.
#[tokio::test]
async fn old_events_are_removed_from_the_file_though_their_channel_stays() {
    let (platter, hands) = (Platter::default(), Hands::default());
    let retention = Duration::from_secs(160);
    let builder = builder().retention(retention).clock(hands.clone());
    let numbers: Publisher<u32> = builder.open_disk(platter.mount(), true).unwrap();
    let last = async |room| publish(&numbers, room).await;
    for _ in 0..3 {
        last("a").await;
    }
    *hands.0.lock().unwrap() += retention + retention / 8;
    // The first event is followed by a sweep, which has ended before the second.
    for _ in 0..2 {
        last("b").await;
    }
    drop(numbers);
    edit(&platter, |writing| {
        let (old, new) = (row(writing, "a"), row(writing, "b"));
        assert_eq!((old.earliest, old.head), (4, 3));
        let events = writing.open_table(EVENTS).unwrap();
        let of = |number| events.range((number, 0)..=(number, u64::MAX)).unwrap().count();
        assert_eq!((of(old.number), of(new.number)), (0, 2));
    });
}

#[tokio::test]
async fn as_many_events_are_read_as_there_is_room_for() {
    let platter = Platter::default();
    let texts: Publisher<String> = builder().open_disk(platter.mount(), true).unwrap();
    for length in [100, 10, 10] {
        texts.publish("room", &"x".repeat(length)).await.unwrap();
    }
    let targets = (10..30).map(|id| id.to_string());
    texts.publish("room", &"x".to_owned()).targets(targets).await.unwrap();
    drop(texts);
    let disk = platter.mount();
    let file = disk.open(Name::Events, false).unwrap().unwrap();
    assert!(file.try_lock().unwrap());
    let current = Current::open(disk, true, file, &Layout::EVENTS).unwrap();
    let read = |channel, first, last, bytes| {
        let wanted = Wanted { channel, first, last };
        current.read(|opened| read_events(&opened.database, wanted, bytes)).unwrap()
    };
    let Fetched::Records(all) = read(0, 1, 3, u64::MAX / 2) else { panic!("there is room") };
    let weights: Vec<_> = all.iter().map(super::super::super::Record::weight).collect();
    // The envelope is `{"json":"…"}`.
    assert_eq!(weights, [111, 21, 21].map(|length| EVENT as u64 + length));
    let Fetched::TooLarge(needed) = read(0, 1, 3, 0) else { panic!("there is no room") };
    // That of its row, which has more than the event.
    assert!((weights[0]..weights[0] + 100).contains(&needed), "{needed}");
    let count = |first, last, bytes| match read(0, first, last, bytes) {
        Fetched::Records(records) => records.len(),
        Fetched::TooLarge(_) => 0,
    };
    let over = needed - weights[0];
    for (bytes, expected) in [
        (needed - 1, 0),
        (needed, 1),
        (needed + weights[1] - 1, 1),
        (needed + weights[1], 2),
        (weights[0] + weights[1] + over, 2),
        (weights.iter().sum::<u64>() + over - 1, 2),
        (weights.iter().sum::<u64>() + over, 3),
    ] {
        assert_eq!(count(1, 3, bytes), expected, "{bytes} bytes");
    }
    assert_eq!((count(2, 2, 1 << 20), count(2, 9, 1 << 20), count(5, 9, 1 << 20)), (1, 3, 0));
    // One with an audience takes more room than its row.
    let Fetched::Records(found) = read(0, 4, 4, 1 << 20) else { panic!("there is room") };
    let weight = found[0].weight();
    let Fetched::TooLarge(needed) = read(0, 4, 4, weight - 1) else { panic!("there is no room") };
    assert_eq!((needed, count(4, 4, weight)), (weight, 1));
    let both = weights[2] + weight;
    assert_eq!((count(3, 4, both - 1), count(3, 4, both)), (1, 2));
    // Those of another channel.
    let Fetched::Records(none) = read(1, 1, 3, 1 << 20) else { panic!("there is room") };
    assert!(none.is_empty());
    current.close();
}
