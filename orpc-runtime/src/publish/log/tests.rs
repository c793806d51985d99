//! Retention, and the events in memory.

use std::time::Duration;

#[cfg(any(feature = "nats", feature = "redis"))]
use super::Extent;
use super::continuity::SLACK;
use super::segments::Segments;
use super::{
    Chunk, Cursor, Found, Limits, Log, Origin, Place, Read, Witness, is_continued, starting,
};
use crate::publish::gap::GapReason;
use crate::publish::id::{Epoch, EventId};

const SOON: Duration = Duration::from_secs(1600);

fn log(epoch: u128, events: usize) -> Log<()> {
    let mut log = Log::behind(EventId::new(Epoch::of(epoch), 0));
    for _ in 0..events {
        append(&mut log, 10, &Limits::in_memory(SOON, 1000, 1 << 20));
    }
    log
}

fn append(log: &mut Log<()>, bytes: u64, limits: &Limits) {
    log.append((), bytes, 0);
    log.commit(1, limits);
}

/// Adds events of that length, and trims after each.
fn retain(limits: &Limits, events: u64, bytes: u64) -> Segments {
    let mut segments = Segments::starting_at(1);
    for _ in 0..events {
        segments.push(bytes, 0, limits);
        segments.trim_by_size(limits);
    }
    segments
}

#[cfg(feature = "redis")]
#[test]
fn an_extent_has_epochs_in_ascending_order_and_numbers_of_a_log() {
    let extent = |earliest, head, first: &[u64]| {
        let terms = first.iter().zip(1..).map(|(first, epoch)| (*first, Epoch::of(epoch)));
        Extent::new(earliest, head, terms, Epoch::of(9)).is_some()
    };
    assert!(extent(1, 0, &[0]) && extent(1, 9, &[0, 1, 5]) && extent(10, 9, &[9]));
    for first in [&[][..], &[5, 5], &[0, 5, 5, 7], &[5, 4]] {
        assert!(!extent(1, 9, first), "{first:?}");
    }
    for (earliest, head) in [(0, 9), (11, 9), (1, u64::MAX)] {
        assert!(!extent(earliest, head, &[0]), "{earliest} to {head}");
    }
}

#[test]
fn a_sixteenth_of_the_number_of_events_is_trimmed_at_once() {
    let limits = Limits::in_memory(SOON, 32, 1 << 20);
    for (events, earliest) in [(32, 1), (33, 3), (34, 3), (35, 5)] {
        let segments = retain(&limits, events, 10);
        assert_eq!(segments.earliest(), earliest, "{events}");
        assert_eq!(segments.bytes(), (events + 1 - earliest) * 10);
    }
}

#[test]
fn a_sixteenth_of_the_bytes_is_trimmed_at_once() {
    let limits = Limits::in_memory(SOON, 1 << 20, 1600);
    for (events, bytes, earliest) in [(32, 50, 1), (33, 50, 3), (40, 40, 1), (41, 40, 3)] {
        let segments = retain(&limits, events, bytes);
        assert_eq!(segments.earliest(), earliest, "{events} of {bytes} bytes");
        assert_eq!(segments.bytes(), (events + 1 - earliest) * bytes);
    }
    // Parts are less than two events.
    assert_eq!(retain(&limits, 33, 51).earliest(), 3);
    assert_eq!(retain(&limits, 1, 2000).earliest(), 1, "the newest event is never trimmed");
    assert_eq!(retain(&limits, 2, 2000).earliest(), 2);
}

#[test]
fn events_are_trimmed_by_age_within_a_sixteenth_of_it() {
    let limits = Limits::in_memory(Duration::from_millis(1600), 1 << 20, 1 << 20);
    let mut segments = Segments::starting_at(1);
    for at in [0, 99, 100, 150] {
        segments.push(10, at, &limits);
    }
    segments.trim_by_age(1699, &limits);
    assert_eq!((segments.earliest(), segments.oldest_age()), (1, Some(0)));
    segments.trim_by_age(1700, &limits);
    assert_eq!((segments.earliest(), segments.oldest_age()), (3, Some(100)));
    segments.trim_by_age(1750, &limits);
    assert_eq!(segments.bytes(), 20);
    segments.trim_by_age(1751, &limits);
    assert_eq!((segments.earliest(), segments.bytes(), segments.oldest_age()), (5, 0, None));
    assert!(segments.is_empty());
}

#[test]
fn the_newest_events_are_held_within_both_limits() {
    let limits = Limits { held_events: 3, held_bytes: 100, ..Limits::in_file(SOON, 1000, 1 << 20) };
    let mut log = log(1, 0);
    for (bytes, held) in [(10, 10), (10, 20), (10, 30), (10, 30), (80, 100), (10, 100), (11, 101)] {
        append(&mut log, bytes, &limits);
        let held = if held > 100 { 21 } else { held };
        assert_eq!(log.held_bytes(), held, "behind an event of {bytes} bytes");
    }
    assert_eq!(log.retained_bytes(), 141);
}

#[test]
fn events_are_released_until_few_bytes_are_left() {
    let mut log = log(1, 5);
    for (bytes, left) in [(50, 50), (49, 40), (21, 20), (20, 20), (0, 0)] {
        log.release(bytes);
        assert_eq!(log.held_bytes(), left, "released to {bytes}");
    }
    assert_eq!((log.retained_bytes(), log.earliest()), (50, 1));
}

#[test]
fn a_log_continues_one_whose_events_it_has() {
    let before = log(1, 2);
    assert!(log(1, 2).continues(&before));
    assert!(log(1, 3).continues(&before));
    assert!(!log(1, 1).continues(&before), "an event is lost");
    assert!(!log(2, 3).continues(&before), "another event has the number");
}

#[test]
fn a_log_with_an_event_that_is_not_visible_yet_is_not_empty() {
    let limits = Limits::in_memory(SOON, 1000, 1 << 20);
    let mut log = log(1, 0);
    assert!(log.is_empty() && log.is_unused());
    log.append((), 10, 0);
    assert!(!log.is_empty() && !log.is_unused());
    log.commit(1, &limits);
    assert!(!log.is_empty() && !log.is_unused());
    log.trim_oldest();
    assert!(log.is_empty() && !log.is_unused());
}

fn id(epoch: u128, sequence: u64) -> EventId {
    EventId::new(Epoch::of(epoch), sequence)
}

fn chunk(events: usize, bytes: u64) -> Chunk {
    Chunk { events, bytes }
}

#[test]
fn a_reader_reads_from_the_store_what_is_not_in_memory_and_then_the_rest() {
    let mut log = log(1, 10);
    log.release(40);
    let mut cursor = Cursor::new(id(1, 0));
    for (events, last) in [(0, 1), (1, 1), (2, 2), (6, 6), (7, 6), (usize::MAX, 6)] {
        let expected = Read::ColdStore { first: 1, last };
        assert_eq!(cursor.read(&log, chunk(events, 0)), expected, "{events}");
        assert_eq!(cursor.position(), id(1, 0));
    }
    cursor.advance(id(1, 6));
    let read = |cursor: &mut Cursor, chunk| match cursor.read(&log, chunk) {
        Read::Events(events) => events.iter().map(|(id, ())| id.sequence()).collect(),
        Read::Nothing => Vec::new(),
        other => panic!("{other:?}"),
    };
    // At least one event, otherwise no more than the chunk.
    for (chunk, last) in [
        (chunk(1, 100), 7),
        (chunk(2, 100), 8),
        (chunk(0, 100), 7),
        (chunk(9, 0), 7),
        (chunk(9, 19), 7),
        (chunk(9, 20), 8),
        (chunk(9, 29), 8),
        (chunk(9, 40), 10),
        (chunk(3, 30), 9),
    ] {
        let mut cursor = cursor.clone();
        assert_eq!(read(&mut cursor, chunk), (7..=last).collect::<Vec<_>>(), "{chunk:?}");
        assert_eq!(cursor.position(), id(1, last));
    }
    cursor.advance(id(1, 10));
    assert_eq!(read(&mut cursor, chunk(9, 40)), [0; 0]);
}

#[test]
fn one_event_is_read_alone_as_it_is_with_others_if_it_is_in_memory() {
    let mut log = log(1, 10);
    log.release(40);
    log.begin(Epoch::of(2));
    let limits = Limits::in_memory(SOON, 1000, 1 << 20);
    append(&mut log, 10, &limits);
    let positions =
        (0..13).map(|sequence| id(1, sequence)).chain([id(2, 10), id(2, 11), id(3, 11)]);
    for position in positions {
        let (mut alone, mut among) = (Cursor::new(position), Cursor::new(position));
        let (event, read) = (alone.read_one(&log), among.read(&log, chunk(1, 0)));
        match event {
            Some(event) => assert_eq!((read, &alone), (Read::Events(vec![event]), &among)),
            None => {
                assert!(!matches!(read, Read::Events(_)), "{position}: {read:?}");
                assert_eq!(alone, Cursor::new(position));
            }
        }
    }
}

#[test]
fn a_reader_continues_behind_the_last_event_that_it_has_in_common_with_the_log() {
    let limits = Limits::in_memory(SOON, 1000, 1 << 20);
    let mut log = log(1, 5);
    log.begin(Epoch::of(2));
    append(&mut log, 10, &limits);
    append(&mut log, 10, &limits);
    let gap = |log: &Log<()>, last: EventId| match Cursor::new(last).read(log, chunk(9, 100)) {
        Read::Gap(gap) => Some((gap.reason(), gap.resume())),
        _ => None,
    };
    for (last, expected) in [
        (id(1, 4), None),
        (id(1, 5), None),
        (id(2, 6), None),
        (id(2, 7), None),
        (id(1, 6), Some((GapReason::Epoch, id(1, 5)))),
        (id(1, 7), Some((GapReason::Epoch, id(1, 5)))),
        (id(1, 9), Some((GapReason::Epoch, id(1, 5)))),
        (id(2, 8), Some((GapReason::Ahead, id(2, 7)))),
        (id(2, 5), Some((GapReason::Epoch, id(1, 0)))),
        (id(3, 6), Some((GapReason::Epoch, id(1, 0)))),
    ] {
        assert_eq!(gap(&log, last), expected, "{last}");
    }
    // Once the last common event is trimmed it is unknown.
    let mut log = Log::behind(id(1, 5));
    log.begin(Epoch::of(2));
    for _ in 0..3 {
        log.append((), 10, 0);
        log.commit(1, &limits);
    }
    assert_eq!(gap(&log, id(1, 6)), Some((GapReason::Epoch, id(1, 5))));
    log.trim_oldest();
    assert_eq!(log.earliest(), 9, "one part has all events");
    assert_eq!(gap(&log, id(1, 6)), Some((GapReason::Epoch, id(2, 8))));
    assert_eq!(gap(&log, id(2, 8)), None);
    assert_eq!(gap(&log, id(2, 7)), Some((GapReason::Trimmed, id(2, 8))));
}

#[test]
fn events_before_a_lost_one_are_a_gap_and_its_number_is_not_given_again() {
    let mut log = log(1, 3);
    log.lose(id(4, 8));
    assert_eq!((log.head(), log.start(), log.earliest()), (id(4, 8), id(4, 8), 9));
    assert!(!log.is_unused() && log.is_empty() && !log.has_entry(id(1, 3)));
    assert_eq!(log.next(), Some(id(4, 9)));
}

#[test]
fn events_that_were_not_stored_leave_their_numbers_to_others() {
    let mut log = log(1, 0);
    log.append((), 10, 0);
    log.append((), 10, 0);
    assert_eq!(log.next(), Some(id(1, 3)));
    log.abort();
    assert!(log.is_empty() && log.is_unused());
    assert_eq!(log.next(), Some(id(1, 1)));
}

#[test]
fn the_last_number_is_not_used() {
    let next = |head| Log::<()>::behind(id(1, head)).next();
    assert_eq!(next(u64::MAX - 3), Some(id(1, u64::MAX - 2)));
    assert_eq!(next(u64::MAX - 2), Some(id(1, u64::MAX - 1)));
    assert_eq!(next(u64::MAX - 1), None);
    assert_eq!(next(u64::MAX), None);
}

#[test]
fn a_channel_that_is_evicted_continues_behind_the_highest_of_all_numbers() {
    let mut origin = Origin::new(Epoch::of(7));
    let first: Log<()> = origin.log("a");
    assert_eq!(first.next().map(|id| id.sequence()), Some(1));
    origin.forget(&first);
    assert_eq!(origin.highest_evicted, 0, "it never had an event");
    origin.forget(&log(1, 5));
    origin.forget(&log(1, 3));
    let later: Log<()> = origin.log("a");
    assert_eq!(later.next(), Some(EventId::new(first.epoch(), 6)));
    assert!(later.is_unused());
    assert_ne!(origin.log::<()>("b").epoch(), first.epoch());
}

#[test]
fn a_file_has_few_events_in_memory_as_well() {
    let limits = Limits::in_file(SOON, 1000, 1 << 20);
    assert_eq!((limits.held_events, limits.held_bytes), (256, 256 * 1024));
    assert_eq!((limits.total, limits.total_held), (u64::MAX, 64 * 1024 * 1024));
    let limits = limits.with_total(1000);
    assert_eq!((limits.total, limits.bytes), (1000, 1000));
    assert_eq!(limits.with_total(2000).bytes, 1000);
}

/// Metadata of a file that was closed.
const PLACE: Place = Place { boot: Some(1), file: Some((2, 3)), changed: 1000 };

#[test]
fn only_the_file_that_was_left_is_continued() {
    let (epoch, commit) = (Epoch::of(1), 7);
    let left = Found { epoch, commit, place: PLACE };
    let changed = |changed| Found { place: Place { changed, ..PLACE }, ..left };
    let boot = |boot| Found { place: Place { boot, ..PLACE }, ..left };
    let file = |file| Found { place: Place { file, ..PLACE }, ..left };
    assert!(!is_continued(&left, None), "there is no witness");
    for (found, after_close, after_kill) in [
        (left, true, true),
        (Found { epoch: Epoch::of(2), ..left }, false, false),
        // One transaction may have been committed and not noted.
        (Found { commit: 8, ..left }, true, true),
        (Found { commit: 9, ..left }, false, false),
        (Found { commit: 6, ..left }, false, false),
        (boot(Some(2)), false, false),
        (file(Some((2, 4))), false, false),
        (changed(999), false, true),
        (changed(1001), false, true),
        (changed(1000 + SLACK), false, true),
        (changed(1001 + SLACK), false, false),
    ] {
        for (is_closed, expected) in [(true, after_close), (false, after_kill)] {
            let witness = Witness { found: left, is_closed };
            assert_eq!(is_continued(&found, Some(&witness)), expected, "{found:?} {is_closed}");
        }
    }
    // An unknown epoch proves nothing.
    for unknown in [boot(None), file(None)] {
        let witness = Witness { found: unknown, is_closed: true };
        assert!(!is_continued(&unknown, Some(&witness)), "{unknown:?}");
    }
}

#[test]
fn a_start_is_noted_before_the_file_is_changed() {
    let found = Found { epoch: Epoch::of(1), commit: 7, place: PLACE };
    let closed = Witness { found, is_closed: true };
    let noted = starting(PLACE, 5000, &closed).unwrap();
    let place = Place { changed: 5000, ..PLACE };
    assert_eq!(noted, Witness { found: Found { place, ..found }, is_closed: false });
    assert_eq!(starting(Place { changed: 1001, ..PLACE }, 5000, &closed), None);
    let running = Witness { is_closed: false, ..closed };
    assert!(starting(Place { changed: 1001, ..PLACE }, 5000, &running).is_some());
}

#[cfg(any(feature = "nats", feature = "redis"))]
#[test]
fn a_copy_is_trimmed_up_to_its_end_and_takes_nothing_back() {
    let extent = Extent::new(3, 6, [(0, Epoch::of(1))], Epoch::of(1)).unwrap();
    for (earliest, expected) in [(1, 3), (2, 3), (3, 3), (4, 4), (7, 7), (8, 3), (u64::MAX, 3)] {
        let mut copy = log(1, 0);
        copy.follow(&extent);
        copy.trim_before(earliest);
        assert_eq!(copy.earliest(), expected, "before {earliest}");
        assert_eq!(copy.head(), EventId::new(Epoch::of(1), 6));
    }
}

#[test]
fn epochs_behind_which_no_reader_resumes_are_forgotten() {
    let limits = Limits::in_memory(SOON, 4, 1 << 20);
    let mut log = log(0, 0);
    for number in 1..100 {
        log.begin(Epoch::of(number));
        append(&mut log, 10, &limits);
    }
    let known = (0..100).filter(|number| log.terms.last_of(Epoch::of(*number), 99).is_some());
    // That of the event before the oldest, and those of the others.
    let known: Vec<_> = known.collect();
    assert_eq!(known, (u128::from(log.earliest()) - 1..100).collect::<Vec<_>>());
    assert!(known.len() <= 6, "{known:?}");
}
