//! Channels in the order of their next expiry, so that sweeps visit only channels with
//! something that expires.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::channel::Channel;

/// Queue of the channels of a store by expiry. Each has one entry at most.
#[derive(Default)]
pub(super) struct Due(Mutex<Queues>);

#[derive(Default)]
struct Queues {
    /// Channels with events, by the store's age at their oldest event.
    events: BTreeMap<Place, Arc<Channel>>,
    /// Channels without events, by the age at which their keys or the channel itself
    /// expire.
    ends: BTreeMap<Place, Arc<Channel>>,
}

/// An age of the store and the number of the channel.
type Place = (u64, u64);

/// An entry of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    /// The oldest event has that age of the store, or a later one.
    Event(u64),
    /// Its keys or the channel itself expire at that age.
    End(u64),
}

impl Due {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the entry of a channel, if it had one.
    pub(super) fn insert(&self, channel: &Arc<Channel>, entry: Entry, before: Option<Entry>) {
        let mut queues = self.queues();
        queues.remove(channel.number, before);
        let (queue, age) = match entry {
            Entry::Event(age) => (&mut queues.events, age),
            Entry::End(age) => (&mut queues.ends, age),
        };
        queue.insert((age, channel.number), Arc::clone(channel));
    }

    /// Removes the entry of a channel.
    pub(super) fn remove(&self, channel: &Channel, entry: Option<Entry>) {
        self.queues().remove(channel.number, entry);
    }

    /// Takes a channel of which something has expired: its oldest event is older than
    /// `events`, or its entry is due by `now`.
    pub(super) fn take(&self, events: u64, now: u64) -> Option<Taken> {
        let mut queues = self.queues();
        let Queues { events: with_events, ends } = &mut *queues;
        take_before(with_events, events).or_else(|| take_before(ends, now.saturating_add(1)))
    }

    /// Takes the channel with the oldest event, unless it is the only one with events.
    pub(super) fn take_oldest(&self) -> Option<Taken> {
        let mut queues = self.queues();
        if queues.events.len() < 2 {
            return None;
        }
        take_before(&mut queues.events, u64::MAX)
    }
}

/// A channel that was taken, and the age in its entry.
type Taken = (Arc<Channel>, u64);

fn take_before(queue: &mut BTreeMap<Place, Arc<Channel>>, age: u64) -> Option<Taken> {
    let first = queue.first_entry().filter(|first| first.key().0 < age)?;
    let ((age, _), channel) = first.remove_entry();
    Some((channel, age))
}

impl Queues {
    fn remove(&mut self, number: u64, entry: Option<Entry>) {
        match entry {
            Some(Entry::Event(age)) => drop(self.events.remove(&(age, number))),
            Some(Entry::End(age)) => drop(self.ends.remove(&(age, number))),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use super::super::channel::{Place, State};
    use super::super::channels::Channels;
    use super::super::keys::Keys;
    use super::super::{NewEvent, OpenError, Record, Start};
    use super::Entry;
    use crate::publish::clock::{Clock, SystemClock, Timeline};
    use crate::publish::id::{Epoch, EventId};
    #[cfg(feature = "redb")]
    use crate::publish::log::Origin;
    use crate::publish::log::{Limits, Log};

    /// A clock that is set by hand.
    struct Hands(Arc<std::sync::Mutex<Duration>>);

    impl Clock for Hands {
        fn monotonic(&self) -> Duration {
            *self.0.lock().unwrap()
        }

        fn wall(&self) -> std::time::SystemTime {
            SystemClock::default().wall()
        }
    }

    const RETENTION: Duration = Duration::from_secs(160);

    /// Creates room for channels, and their clock.
    fn empty(count: usize, limits: Limits) -> (Arc<Channels>, Arc<std::sync::Mutex<Duration>>) {
        let time = Arc::default();
        let timeline = Timeline::new(Arc::new(Hands(Arc::clone(&time))));
        (Channels::new(timeline, limits, count), time)
    }

    /// Creates channels of one event each, and their clock.
    fn full(count: usize) -> (Arc<Channels>, Arc<std::sync::Mutex<Duration>>) {
        let (channels, time) = empty(count, Limits::in_memory(RETENTION, 100, 1 << 20));
        for number in 0..count {
            publish(&channels, &format!("room-{number}")).unwrap();
        }
        (channels, time)
    }

    fn publish(channels: &Channels, name: &str) -> Result<(), OpenError> {
        channels.with(name, |_, state| {
            let now = channels.timeline.now();
            let envelope = bytes::Bytes::from_static(b"{}");
            let event = NewEvent { channel: name.into(), envelope, audience: None, key: None };
            state.log.append(Record::of(&event), 64, now);
            state.log.commit(1, &channels.limits);
            state.last = now;
        })
    }

    impl Channels {
        fn visits(&self) -> u64 {
            self.visits.swap(0, Ordering::Relaxed)
        }
    }

    #[test]
    fn a_name_that_is_refused_looks_at_no_channel() {
        for count in [10, 10_000] {
            let (channels, _) = full(count);
            channels.visits();
            for number in 0..1000 {
                drop(channels.sweep(64));
                let name = format!("new-{number}");
                assert!(matches!(publish(&channels, &name), Err(OpenError::TooMany)));
                assert!(matches!(channels.register(&name, Start::Latest), Err(OpenError::TooMany)));
            }
            assert_eq!(channels.visits(), 0, "of {count}");
        }
    }

    #[test]
    fn clearing_away_looks_at_what_has_ended_and_at_nothing_twice() {
        let (channels, time) = full(1000);
        *time.lock().unwrap() += RETENTION / 2;
        for number in 0..10 {
            publish(&channels, &format!("room-{number}")).unwrap();
        }
        drop(channels.sweep(usize::MAX));
        assert_eq!(channels.visits(), 0);
        // First all first events are too old, then the second ones, then the channels
        // expire.
        *time.lock().unwrap() += RETENTION / 2 + RETENTION / 8;
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.visits(), channels.len()), (1000, 1000));
        *time.lock().unwrap() += RETENTION / 2;
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.visits(), channels.len()), (10, 1000));
        *time.lock().unwrap() += RETENTION / 2 + RETENTION / 8;
        drop(channels.sweep(100));
        assert_eq!((channels.visits(), channels.len()), (100, 900), "no more than asked for");
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.visits(), channels.len()), (890, 10));
        *time.lock().unwrap() += RETENTION / 2;
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.visits(), channels.len()), (10, 0));
    }

    #[cfg(feature = "redb")]
    #[test]
    fn numbers_of_evicted_channels_do_not_go_back() {
        let (channels, _) = full(1);
        for (highest_evicted, expected) in [(5, 5), (3, 5), (9, 9)] {
            channels.set_origin(Origin { epoch: Epoch::of(7), highest_evicted });
            assert_eq!(channels.origin().unwrap().highest_evicted, expected);
        }
    }

    #[test]
    fn a_reader_that_leaves_looks_at_its_own_channel_alone() {
        let (channels, time) = full(1000);
        *time.lock().unwrap() += RETENTION * 2;
        drop(channels.sweep(usize::MAX));
        channels.visits();
        let reader = channels.register("room-7", Start::Latest).unwrap();
        *time.lock().unwrap() += RETENTION * 2;
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.visits(), channels.len()), (1000, 1));
        // Nothing is due for a channel that only has readers.
        drop(channels.sweep(usize::MAX));
        assert_eq!(channels.visits(), 0);
        drop(reader);
        assert_eq!((channels.visits(), channels.len()), (0, 0));
        // A channel without readers and events leaves no entry.
        for number in 0..1000 {
            drop(channels.register(&format!("new-{number}"), Start::Latest).unwrap());
        }
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.visits(), channels.len()), (0, 0));
        assert!(channels.due.take(u64::MAX, u64::MAX - 1).is_none());
    }

    #[test]
    fn events_leave_the_memory_once_all_channels_together_hold_too_many() {
        let limits = Limits { total_held: 8 * 64, ..Limits::in_memory(RETENTION, 100, 1 << 20) };
        let (channels, time) = empty(3, limits);
        let held = || {
            let mut all = channels.all();
            all.sort_by_key(|channel| Arc::clone(&channel.name));
            all.iter().map(|channel| channel.state().log.held_bytes() / 64).collect::<Vec<_>>()
        };
        for _ in 0..5 {
            publish(&channels, "a").unwrap();
        }
        for _ in 0..3 {
            publish(&channels, "b").unwrap();
        }
        assert_eq!(held(), [5, 3], "the bound is reached");
        publish(&channels, "b").unwrap();
        assert_eq!(held(), [5, 4], "the share of one of two channels");
        publish(&channels, "c").unwrap();
        publish(&channels, "b").unwrap();
        assert_eq!(held(), [5, 2, 1], "the share of one of three channels");
        publish(&channels, "c").unwrap();
        publish(&channels, "c").unwrap();
        assert_eq!(held(), [5, 2, 2]);
        assert_eq!(channels.totals(), [3, 13 * 64, 9 * 64, 0]);
        let key = |state: &mut State| {
            state.keys.insert("key".into(), state.log.head(), channels.timeline.now());
        };
        channels.with("a", |_, state| key(state)).unwrap();
        let keys = channels.with("b", |_, state| {
            key(state);
            state.keys.bytes()
        });
        assert_eq!(channels.totals()[3], 2 * keys.ok().unwrap());
        *time.lock().unwrap() += RETENTION * 4;
        drop(channels.sweep(usize::MAX));
        drop(channels.sweep(usize::MAX));
        assert_eq!((channels.totals(), channels.len()), ([0; 4], 0));
    }

    #[test]
    fn up_to_their_bound_all_events_are_held_whatever_the_shares_are() {
        let limits = Limits::in_memory(RETENTION, 100, 1 << 20);
        let (channels, _) = empty(10, Limits { total_held: 3 * 64, ..limits });
        for (name, held) in [("a", 1), ("b", 2), ("b", 3), ("b", 2)] {
            publish(&channels, name).unwrap();
            assert_eq!(channels.totals()[2], held * 64);
        }
    }

    #[test]
    fn the_oldest_channel_is_taken_unless_it_is_the_only_one_with_events() {
        let (channels, _) = full(3);
        let take = || channels.due.take_oldest().map(|(channel, _)| channel.name.to_string());
        assert_eq!(take().as_deref(), Some("room-0"));
        assert_eq!(take().as_deref(), Some("room-1"));
        assert_eq!(take(), None);
        // So is one whose events had all expired, and that has another one since.
        let (channels, time) = full(2);
        *time.lock().unwrap() += RETENTION + RETENTION / 8;
        drop(channels.sweep(usize::MAX));
        publish(&channels, "room-1").unwrap();
        *time.lock().unwrap() += RETENTION / 8;
        publish(&channels, "room-0").unwrap();
        let oldest = channels.due.take_oldest().map(|(channel, _)| channel.name.to_string());
        assert_eq!(oldest.as_deref(), Some("room-1"));
    }

    #[test]
    fn the_oldest_events_of_all_are_trimmed_also_if_an_entry_is_too_early() {
        let limits = Limits::in_memory(RETENTION, 16, 1 << 20).with_total(3 * 64);
        let (channels, time) = empty(2, limits);
        let later = |time: &std::sync::Mutex<Duration>| *time.lock().unwrap() += RETENTION / 2;
        for name in ["a", "b", "a"] {
            publish(&channels, name).unwrap();
            later(&time);
        }
        // The first event expires, and the entry of its channel stays.
        drop(channels.register("a", Start::Latest).unwrap());
        assert_eq!(channels.totals()[1], 2 * 64);
        for _ in 0..2 {
            publish(&channels, "a").unwrap();
        }
        drop(channels.sweep(usize::MAX));
        let mut left: Vec<_> = channels.all();
        left.sort_by_key(|channel| Arc::clone(&channel.name));
        let left = left.iter().map(|channel| channel.state().log.earliest());
        assert_eq!(left.collect::<Vec<_>>(), [2, 2], "the event of `b` is the oldest");
    }

    #[test]
    fn a_channel_that_is_cleared_early_has_one_entry() {
        let (channels, time) = full(2);
        let now = || channels.timeline.now();
        let room = channels.due.take_oldest().unwrap().0;
        channels.due.insert(&room, Entry::Event(0), None);
        // The entry moves with the channel's oldest event, and ends with the channel.
        *time.lock().unwrap() += RETENTION / 2;
        channels.due.insert(&room, Entry::Event(now()), Some(Entry::Event(0)));
        channels.due.remove(&room, Some(Entry::Event(0)));
        let mut found = Vec::new();
        while let Some((channel, age)) = channels.due.take(u64::MAX, u64::MAX - 1) {
            found.push((channel.name.to_string(), age));
        }
        assert_eq!(found, [("room-1".to_owned(), 0), ("room-0".to_owned(), now())]);
        channels.due.insert(&room, Entry::End(5), None);
        channels.due.remove(&room, Some(Entry::End(5)));
        assert!(channels.due.take(u64::MAX, u64::MAX - 1).is_none());
    }

    #[test]
    fn a_channel_is_kept_while_anything_of_it_is_left() {
        let limits = Limits::in_memory(RETENTION, 100, 1 << 20);
        let log = || Log::<Record>::behind(EventId::new(Epoch::of(1), 0));
        let state = || State::new(log());
        assert!(state().is_idle() && state().is_forgettable(0, &limits));
        let mut read = state();
        read.readers = 1;
        assert!(!read.is_idle() && !read.is_forgettable(u64::MAX, &limits));
        // A channel that had events outlasts them by one retention.
        let mut used = state();
        used.log.set_used();
        used.last = 1000;
        let end = 1000 + 2 * limits.age;
        assert!(!used.is_idle() && !used.is_forgettable(end, &limits));
        assert!(used.is_forgettable(end + 1, &limits));
        used.readers = 1;
        assert!(!used.is_idle() && !used.is_forgettable(end + 1, &limits));
        used.readers = 0;
        used.keys.insert("key".into(), EventId::new(Epoch::of(1), 1), 0);
        assert!(!used.is_forgettable(end + 1, &limits), "it has a key");
        used.keys = Keys::default();
        let event = NewEvent {
            channel: "room".into(),
            envelope: bytes::Bytes::new(),
            audience: None,
            key: None,
        };
        used.log.append(Record::of(&event), 64, 0);
        assert!(!used.is_forgettable(end + 1, &limits), "it has an event");
    }

    #[test]
    fn a_file_has_trimmed_events_until_their_rows_are_removed() {
        let id = |sequence| EventId::new(Epoch::of(1), sequence);
        let mut state = State::new(Log::<Record>::behind(id(4)));
        assert!(!state.is_trimmed(), "it is in no file");
        for (earliest, keys, is_trimmed) in
            [(5, 0, false), (4, 0, true), (6, 0, false), (5, 1, false)]
        {
            state.place = Some(Place { number: 0, earliest, keys });
            assert_eq!(state.is_trimmed(), is_trimmed, "from {earliest}, keys from {keys}");
        }
        state.keys.insert("key".into(), id(2), 0);
        state.keys.forget_before(1);
        for (keys, is_trimmed) in [(2, true), (3, false), (4, false)] {
            state.place = Some(Place { number: 0, earliest: 5, keys });
            assert_eq!(state.is_trimmed(), is_trimmed, "keys from {keys}");
        }
    }

    #[test]
    fn a_channel_that_begins_anew_knows_nothing_of_before() {
        let id = |sequence| EventId::new(Epoch::of(1), sequence);
        let mut state = State::new(Log::<Record>::behind(id(4)));
        state.keys.insert("a".into(), id(1), 10);
        state.keys.insert("b".into(), id(2), 20);
        state.keys.forget_before(11);
        state.place = Some(Place { number: 7, earliest: 1, keys: 1 });
        state.begin_anew(Log::behind(id(9)));
        let keys = &state.keys;
        assert_eq!((keys.get("b"), keys.bytes(), keys.oldest(), keys.from()), (None, 0, None, 0));
        assert_eq!((state.place, state.log.head()), (None, id(9)));
    }

    #[test]
    fn a_channel_whose_last_reader_leaves_is_kept_for_those_that_come_back() {
        let (channels, time) = full(1);
        *time.lock().unwrap() += RETENTION + RETENTION / 8;
        drop(channels.sweep(usize::MAX));
        let position = || {
            let reader = channels.register("room-0", Start::Latest).unwrap();
            reader.cursor.position().sequence()
        };
        assert_eq!((position(), channels.len()), (1, 1));
        // One in a file is evicted by the writer.
        let place = Place { number: 0, earliest: 2, keys: 0 };
        channels.with("room-0", |_, state| state.place = Some(place)).unwrap();
        *time.lock().unwrap() += RETENTION * 2;
        assert_eq!((position(), channels.len()), (1, 1));
        let forgotten = channels.sweep(usize::MAX).forgotten;
        assert_eq!((forgotten.len(), channels.len()), (1, 0));
        // It continues behind its numbers.
        assert_eq!(position(), 1);
    }

    #[test]
    fn keys_have_room_up_to_the_bound_of_all_channels() {
        for (total, has_room) in [(0, false), (1, true)] {
            let timeline = Timeline::new(Arc::new(SystemClock::default()));
            let limits = Limits::in_memory(RETENTION, 100, 1 << 20).with_total(total);
            let channels = Channels::new(timeline, limits, 1);
            let found = channels.with("room", |_, state| channels.has_room_for_key(state));
            assert!(matches!(found, Ok(found) if found == has_room), "{total}");
        }
    }
}
