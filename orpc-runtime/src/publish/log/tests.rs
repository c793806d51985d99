//! Retention, and the events in memory.

use std::time::Duration;

use super::segments::Segments;
use super::{Limits, Log};
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
