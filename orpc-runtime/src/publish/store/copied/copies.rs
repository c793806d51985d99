//! The channels of this process as copies of those on the server.
//!
//! A copy has the extent of the channel's log and its newest events. Events are announced in
//! order; one that does not follow the last one, and each comparison with the server that shows
//! a difference, makes the copy ask for the extent again.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;

use super::super::Record;
use super::super::channel::{Channel, Copied, State};
use super::super::channels::Channels;
use super::Announced;
use crate::clock::Instant;
use crate::publish::error::StoreError;
use crate::publish::id::EventId;
use crate::publish::log::Extent;

/// The channels that have readers.
pub(super) struct Copies {
    pub(super) channels: Arc<Channels>,
    followed: Mutex<HashMap<u64, Arc<Followed>>>,
    /// Copies that differ from the server.
    behind: Mutex<Vec<Arc<Followed>>>,
    /// Signals that there is one.
    pub(super) noticed: Notify,
}

/// A channel whose events are announced to this process.
pub(super) struct Followed {
    pub(super) channel: Arc<Channel>,
    /// Number of the connection over which they are announced; 0 before the first.
    pub(super) link: AtomicU64,
    /// Time when the copy was last compared with the server.
    seen: Mutex<Instant>,
    is_behind: AtomicBool,
}

/// Result of comparing a copy with the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Same,
    /// It has changed in the meantime.
    Again,
    /// The server has events behind the last one of the copy.
    Behind,
}

impl Copies {
    pub(super) fn new(channels: Arc<Channels>) -> Self {
        let (followed, behind) = (Mutex::default(), Mutex::default());
        Self { channels, followed, behind, noticed: Notify::new() }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<u64, Arc<Followed>>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a channel, unless it is there.
    pub(super) fn follow(&self, channel: &Arc<Channel>) -> Arc<Followed> {
        let mut followed = self.followed();
        let known = followed.entry(channel.number).or_insert_with(|| {
            Arc::new(Followed {
                channel: Arc::clone(channel),
                link: AtomicU64::new(0),
                seen: Mutex::new(Instant::now()),
                is_behind: AtomicBool::new(false),
            })
        });
        Arc::clone(known)
    }

    /// Returns the channel of that number.
    pub(super) fn get(&self, number: u64) -> Option<Arc<Followed>> {
        self.followed().get(&number).cloned()
    }

    /// Returns all channels.
    pub(super) fn all(&self) -> Vec<Arc<Followed>> {
        self.followed().values().cloned().collect()
    }

    /// Removes those channels without readers for which `is_there` returns `true`, and returns the names of those that no
    /// other reader has opened again.
    pub(super) fn remove_unread(&self, is_there: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        self.followed().retain(|_, followed| {
            let is_gone = followed.channel.state().is_gone && is_there(&followed.channel.name);
            if is_gone {
                names.push(Arc::clone(&followed.channel.name));
            }
            !is_gone
        });
        names.retain(|name| self.channels.find(name).is_none());
        names
    }

    /// Takes those copies that differ from the server for whose channels `is_there` returns `true`.
    pub(super) fn take_behind(&self, is_there: impl Fn(&str) -> bool) -> Vec<Arc<Followed>> {
        let mut behind = self.behind.lock().unwrap_or_else(PoisonError::into_inner);
        behind.retain(|followed| !followed.channel.state().is_gone);
        behind.extract_if(.., |followed| is_there(&followed.channel.name)).collect()
    }

    /// Notes that a copy differs from the server.
    pub(super) fn is_behind(&self, followed: &Arc<Followed>) {
        if !followed.is_behind.swap(true, Ordering::AcqRel) {
            self.behind.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(followed));
            self.noticed.notify_waiters();
        }
    }

    /// Notes that the events of a channel may be no longer announced.
    pub(super) fn is_silent(&self, channel: &str) {
        let channel = self.channels.find(channel);
        if let Some(followed) = channel.and_then(|channel| self.get(channel.number)) {
            followed.link.store(0, Ordering::Release);
            self.is_behind(&followed);
        }
    }

    /// Adds an event that was announced. Returns the channel if its copy differs from the
    /// server.
    pub(super) fn announce(&self, channel: &str, event: Announced) -> Option<Arc<Followed>> {
        let channel = self.channels.find(channel)?;
        let mut state = channel.state();
        state.copy.as_ref()?;
        let (log, sequence) = (&mut state.log, event.id.sequence());
        let last = log.head().sequence();
        if sequence <= last {
            let is_known = sequence < log.earliest() || log.id(sequence) == event.id;
            drop(state);
            return if is_known { None } else { self.get(channel.number) };
        }
        if sequence != last + 1 || log.epoch() != event.id.epoch() {
            drop(state);
            return self.get(channel.number);
        }
        self.extend(&mut state, event.id, event.record);
        state.log.trim_before(event.earliest);
        self.publish(state);
        None
    }

    fn extend(&self, state: &mut State, id: EventId, record: Record) {
        let bytes = record.weight();
        state.log.extend(id.epoch(), record, bytes, &self.channels.limits);
    }

    /// Shows the readers of a channel that it has changed.
    fn publish(&self, mut state: MutexGuard<'_, State>) {
        self.channels.account(&mut state);
        let waiting = state.take_waiting();
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Compares a copy that ended at `asked` with the extent that the server then had.
    pub(super) fn compare(
        &self,
        followed: &Followed,
        asked: Option<EventId>,
        extent: &Extent,
    ) -> Compared {
        let state = followed.channel.state();
        let known = state.copy.is_some().then(|| state.log.head());
        if known != asked {
            // Events were announced in the meantime.
            let is_same = asked.is_some_and(|asked| extent.has_entry(asked))
                && known.is_some_and(|known| extent.head() <= known.sequence());
            return if is_same { Compared::Same } else { Compared::Again };
        }
        if let Some(asked) = asked
            && extent.has_entry(asked)
            && asked.sequence() < extent.head()
        {
            return Compared::Behind;
        }
        let is_other = asked.is_some_and(|asked| !extent.has_entry(asked));
        if is_other {
            tracing::warn!(channel = &*followed.channel.name, "the server has other events");
        }
        self.replace(state, extent, is_other);
        Compared::Same
    }

    /// Adds the events that a copy does not have. If they are too many only their extent is
    /// taken over: they are read from the server.
    pub(super) fn catch_up(
        &self,
        followed: &Followed,
        asked: EventId,
        extent: &Extent,
        events: Vec<(EventId, Record)>,
    ) -> Compared {
        let mut state = followed.channel.state();
        if state.log.head() != asked {
            return Compared::Again;
        }
        let numbers = asked.sequence() + 1..=extent.head();
        let ids = events.iter().map(|(id, _)| *id);
        if numbers.map(|number| extent.id(number)).eq(ids) {
            for (id, record) in events {
                self.extend(&mut state, id, record);
            }
        }
        self.replace(state, extent, false);
        Compared::Same
    }

    /// Returns the numbers of the events that a copy does not have, if they fit into its memory.
    pub(super) fn missed(&self, asked: EventId, extent: &Extent) -> Option<RangeInclusive<u64>> {
        let held = u64::try_from(self.channels.limits.held_events).unwrap_or(u64::MAX);
        let (last, head) = (asked.sequence(), extent.head());
        (head - last <= held).then_some(last + 1..=head)
    }

    fn replace(&self, mut state: MutexGuard<'_, State>, extent: &Extent, is_other: bool) {
        state.log.follow(extent);
        let copy = state.copy.get_or_insert_with(Copied::default);
        copy.revision += u64::from(is_other);
        copy.failure = None;
        self.publish(state);
    }

    /// Ends the readers of channels that were not compared with the server for that time.
    pub(super) fn expire(&self, age: Duration, error: impl Fn(&str) -> StoreError) {
        for followed in self.all() {
            let left = age.checked_sub(followed.seen().elapsed());
            if left.is_none() {
                self.fail(&followed, error(&followed.channel.name));
            }
        }
    }

    /// Ends the readers of a channel once they have read everything.
    pub(super) fn fail(&self, followed: &Followed, error: StoreError) {
        let mut state = followed.channel.state();
        if let Some(copy) = &mut state.copy {
            copy.failure = Some(error);
            self.publish(state);
        }
    }
}

impl Followed {
    fn seen(&self) -> MutexGuard<'_, Instant> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that the copy was compared with the server.
    pub(super) fn was_seen(&self) {
        *self.seen() = Instant::now();
        let mut state = self.channel.state();
        if let Some(copy) = &mut state.copy {
            copy.failure = None;
        }
    }

    /// Returns the number of events, of those from `first` on, that are those of the log.
    pub(super) fn entries(&self, first: u64, events: &[(EventId, Record)]) -> usize {
        let state = self.channel.state();
        let ids = events.iter().map(|(id, _)| *id).zip(first..);
        ids.take_while(|(id, number)| *id == state.log.id(*number)).count()
    }

    /// Returns the last event of the copy, and begins to note whether it differs. `None` if
    /// nothing is known of the channel.
    pub(super) fn ask(&self) -> Option<EventId> {
        self.is_behind.store(false, Ordering::Release);
        let state = self.channel.state();
        state.copy.as_ref().map(|_| state.log.head())
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::publish::NewEvent;
    use crate::publish::clock::{SystemClock, Timeline};
    use crate::publish::error::StoreErrorKind;
    use crate::publish::id::Epoch;
    use crate::publish::log::Limits;
    use crate::publish::store::Start;
    use crate::publish::store::channel::Registration;

    /// Copies of one channel, with its reader.
    struct World {
        copies: Copies,
        followed: Arc<Followed>,
        reader: Registration,
    }

    fn world() -> World {
        let limits =
            Limits { held_events: 3, ..Limits::in_memory(Duration::from_secs(60), 100, 1 << 20) };
        let timeline = Timeline::new(Arc::new(SystemClock::default()));
        let channels = Channels::new(timeline, limits, 10);
        let reader = channels.register("room", Start::Latest).unwrap();
        let copies = Copies::new(channels);
        let followed = copies.follow(&reader.channel);
        World { copies, followed, reader }
    }

    fn id(epoch: u128, sequence: u64) -> EventId {
        EventId::new(Epoch::of(epoch), sequence)
    }

    fn record() -> Record {
        let envelope = bytes::Bytes::from_static(b"{}");
        Record::of(&NewEvent { channel: "room".into(), envelope, audience: None, key: None })
    }

    /// A log of one epoch.
    fn extent(earliest: u64, head: u64, epoch: u128) -> Extent {
        Extent::new(earliest, head, [(0, Epoch::of(epoch))], Epoch::of(epoch)).unwrap()
    }

    impl World {
        /// A copy of that log.
        fn of(earliest: u64, head: u64) -> Self {
            let world = world();
            assert_eq!(world.compare(None, &extent(earliest, head, 1)), Compared::Same);
            world
        }

        fn compare(&self, asked: Option<EventId>, extent: &Extent) -> Compared {
            self.copies.compare(&self.followed, asked, extent)
        }

        /// Announces an event; returns `true` if the copy is to be compared.
        fn announce(&self, id: EventId, earliest: u64) -> bool {
            let event = Announced { id, earliest, record: record() };
            self.copies.announce("room", event).is_some()
        }

        /// First and last number of the copy, and the number of its events in memory.
        fn log(&self) -> (u64, EventId, u64) {
            let state = self.followed.channel.state();
            let held = state.log.held_bytes() / record().weight();
            (state.log.earliest(), state.log.head(), held)
        }

        fn revision(&self) -> u64 {
            let state = self.followed.channel.state();
            state.copy.as_ref().map_or(0, |copy| copy.revision)
        }

        fn fails(&self) -> bool {
            self.followed.channel.state().failure().is_some()
        }
    }

    #[test]
    fn events_that_follow_are_added_and_others_make_the_copy_ask() {
        let world = world();
        assert!(!world.announce(id(1, 1), 1), "nothing is known of the channel");
        assert_eq!((world.log().2, world.followed.ask()), (0, None));
        let world = World::of(1, 2);
        assert_eq!((world.log(), world.followed.ask()), ((1, id(1, 2), 0), Some(id(1, 2))));
        assert!(!world.announce(id(1, 3), 1));
        assert_eq!(world.log(), (1, id(1, 3), 1));
        // Known ones, and one that has a known number and another epoch.
        assert!(!world.announce(id(1, 3), 1) && !world.announce(id(1, 2), 1));
        assert!(world.announce(id(2, 3), 1));
        // A hole, and another epoch.
        assert!(world.announce(id(1, 5), 1) && world.announce(id(2, 4), 1));
        assert_eq!(world.log(), (1, id(1, 3), 1));
        // Trims as the server has, and knows nothing of what is trimmed.
        assert!(!world.announce(id(1, 4), 3));
        assert_eq!(world.log(), (3, id(1, 4), 2));
        assert!(!world.announce(id(2, 2), 1) && world.announce(id(2, 3), 1));
        let event = Announced { id: id(1, 1), earliest: 1, record: record() };
        assert!(world.copies.announce("other", event).is_none());
        assert_eq!(world.revision(), 0);
    }

    #[test]
    fn a_copy_is_compared_with_the_log_of_the_server() {
        let world = World::of(1, 4);
        let known = Some(id(1, 4));
        assert_eq!(world.compare(known, &extent(2, 4, 1)), Compared::Same);
        assert_eq!((world.log().0, world.revision()), (2, 0));
        assert_eq!(world.compare(known, &extent(2, 6, 1)), Compared::Behind);
        assert_eq!(world.log(), (2, id(1, 4), 0));
        // Events were announced meanwhile.
        assert!(!world.announce(id(1, 5), 2));
        assert_eq!(world.compare(known, &extent(2, 5, 1)), Compared::Same);
        assert_eq!(world.compare(known, &extent(2, 4, 1)), Compared::Same);
        assert_eq!(world.compare(known, &extent(2, 6, 1)), Compared::Again);
        assert_eq!(world.compare(known, &extent(2, 5, 2)), Compared::Again);
        assert_eq!(world.compare(None, &extent(2, 5, 1)), Compared::Again);
        assert_eq!(world.log(), (2, id(1, 5), 1));
        // An older log, and another one.
        assert_eq!(world.compare(Some(id(1, 5)), &extent(1, 3, 1)), Compared::Same);
        assert_eq!((world.log(), world.revision()), ((1, id(1, 3), 0), 1));
        assert_eq!(world.compare(Some(id(1, 3)), &extent(1, 3, 2)), Compared::Same);
        assert_eq!((world.log(), world.revision()), ((1, id(2, 3), 0), 2));
    }

    #[test]
    fn missed_events_are_added_if_all_of_them_are_there() {
        let missed = |numbers: &[u64]| -> Vec<_> {
            numbers.iter().map(|number| (id(1, *number), record())).collect()
        };
        let catch_up = |world: &World, events| {
            let asked = id(1, 4);
            world.copies.catch_up(&world.followed, asked, &extent(2, 6, 1), events)
        };
        let cases: [(&[u64], u64); 5] =
            [(&[5, 6], 2), (&[], 0), (&[5], 0), (&[6], 0), (&[4, 5, 6], 0)];
        for (numbers, held) in cases {
            let world = World::of(1, 4);
            assert_eq!(catch_up(&world, missed(numbers)), Compared::Same);
            assert_eq!((world.log(), world.revision()), ((2, id(1, 6), held), 0), "{numbers:?}");
        }
        let world = World::of(1, 4);
        assert!(!world.announce(id(1, 5), 1));
        assert_eq!(catch_up(&world, missed(&[5, 6])), Compared::Again);
        assert_eq!(world.log(), (1, id(1, 5), 1));
        // Three events are in memory at most.
        assert!(!world.announce(id(1, 6), 1) && !world.announce(id(1, 7), 1));
        assert!(!world.announce(id(1, 8), 1));
        assert_eq!(world.log(), (1, id(1, 8), 3));
    }

    #[test]
    fn missed_events_are_read_at_once_if_three_of_them_fit_into_memory() {
        let world = World::of(1, 4);
        let missed = |head| world.copies.missed(id(1, 4), &extent(1, head, 1));
        assert_eq!(missed(5), Some(5..=5));
        assert_eq!(missed(7), Some(5..=7));
        assert_eq!(missed(8), None);
    }

    #[test]
    fn a_copy_that_differs_is_noted_once_until_it_is_compared() {
        let world = world();
        let take = || world.copies.take_behind(|name| name == "room").len();
        let noticed = || world.copies.noticed.notified();
        let notices = [noticed(), noticed()];
        assert_eq!(take(), 0);
        for _ in 0..2 {
            world.copies.is_behind(&world.followed);
        }
        // All who wait are told.
        assert!(notices.into_iter().all(|noticed| noticed.now_or_never().is_some()));
        assert!(world.copies.take_behind(|_| false).is_empty(), "it is elsewhere");
        assert_eq!((take(), take()), (1, 0));
        let before = noticed();
        world.copies.is_behind(&world.followed);
        assert_eq!(take(), 0, "it is being compared");
        assert!(before.now_or_never().is_none());
        world.followed.ask();
        let after = noticed();
        world.copies.is_behind(&world.followed);
        assert!(after.now_or_never().is_some());
        assert_eq!(take(), 1);
    }

    #[test]
    fn readers_end_while_a_copy_cannot_be_compared() {
        let error = |_: &str| StoreError::new(StoreErrorKind::Unavailable, "the server is gone");
        let unknown = world();
        unknown.copies.fail(&unknown.followed, error("room"));
        assert!(!unknown.fails());
        let world = World::of(1, 4);
        world.copies.expire(Duration::MAX, error);
        assert!(!world.fails());
        let before = *world.followed.seen();
        while before.elapsed().is_zero() {}
        world.copies.expire(Duration::ZERO, error);
        assert!(world.fails());
        world.followed.was_seen();
        assert!(!world.fails() && *world.followed.seen() > before);
        world.copies.fail(&world.followed, error("room"));
        assert!(world.fails());
        assert_eq!(world.compare(Some(id(1, 4)), &extent(1, 4, 1)), Compared::Same);
        assert!(!world.fails());
    }

    #[test]
    fn events_are_those_of_the_log_up_to_the_first_other_one() {
        let world = World::of(1, 4);
        let events = |ids: &[EventId]| -> Vec<_> { ids.iter().map(|id| (*id, record())).collect() };
        let all = [id(1, 2), id(1, 3), id(2, 4)];
        assert_eq!(world.followed.entries(2, &events(&all)), 2);
        assert_eq!(world.followed.entries(3, &events(&all)), 0);
        assert_eq!(world.followed.entries(2, &events(&[id(1, 2), id(1, 4)])), 1);
    }

    #[test]
    fn a_channel_that_may_be_silent_is_subscribed_to_again() {
        let world = World::of(1, 0);
        world.followed.link.store(3, Ordering::Release);
        world.copies.is_silent("other");
        assert_eq!(world.followed.link.load(Ordering::Acquire), 3);
        world.copies.is_silent("room");
        assert_eq!(world.followed.link.load(Ordering::Acquire), 0);
        assert_eq!(world.copies.take_behind(|_| true).len(), 1);
    }

    #[test]
    fn a_channel_without_readers_is_given_up_unless_it_was_opened_again() {
        for is_reopened in [false, true] {
            let World { copies, followed, reader } = World::of(1, 0);
            let number = followed.channel.number;
            assert!(copies.remove_unread(|_| true).is_empty() && copies.get(number).is_some());
            assert!(Arc::ptr_eq(&copies.follow(&reader.channel), &followed));
            drop(reader);
            let again = is_reopened.then(|| copies.channels.register("room", Start::Latest));
            assert!(copies.remove_unread(|_| false).is_empty() && copies.get(number).is_some());
            let names = copies.remove_unread(|name| name == "room");
            assert_eq!(names.is_empty(), is_reopened, "{names:?}");
            assert!(copies.get(number).is_none() && copies.all().is_empty());
            drop(again);
        }
    }
}
