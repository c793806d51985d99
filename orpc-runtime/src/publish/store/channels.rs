//! The channels of one process: their logs, and who reads them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::super::clock::Timeline;
use super::super::error::StoreError;
use super::super::id::Epoch;
use super::super::log::{Limits, Log, Origin};
use super::due::{Due, Entry};
use super::keys::Keys;
use super::{Record, Start};
use crate::publish::log::Cursor;

/// All channels of a store.
pub(super) struct Channels {
    map: Mutex<Map>,
    pub(super) timeline: Timeline,
    pub(super) limits: Limits,
    max_channels: usize,
    /// A number that no reader and no channel has.
    next: AtomicU64,
    /// The number of channels.
    count: AtomicU64,
    /// The bytes of all channels' retained events.
    retained: AtomicU64,
    /// The bytes of those that are in memory.
    held: AtomicU64,
    /// Channels of which something comes to its end.
    pub(super) due: Due,
    /// The number of channels that were looked at to clear away.
    #[cfg(test)]
    pub(super) visits: AtomicU64,
}

#[derive(Default)]
struct Map {
    by_name: HashMap<Arc<str>, Arc<Channel>>,
    /// Returns the first number of a channel that is not there; none before the first one.
    origin: Option<Origin>,
    closed: bool,
}

/// One channel. It is dropped when nothing is known of it that anybody could miss.
pub(super) struct Channel {
    pub(super) name: Arc<str>,
    /// Its number in this process.
    pub(super) number: u64,
    state: Mutex<State>,
}

/// The things that were cleared away.
#[derive(Default)]
pub(super) struct Swept {
    /// Channels that are gone, of those that a file knows.
    pub(super) forgotten: Vec<(Arc<str>, Place)>,
    /// Channels that a file knows and of which something may have been trimmed.
    pub(super) trimmed: Vec<Arc<Channel>>,
}

/// What is known of a channel.
pub(super) struct State {
    pub(super) log: Log<Record>,
    pub(super) keys: Keys,
    /// The store's age at the last event.
    pub(super) last: u64,
    /// Where a store keeps what belongs to the channel, if it does.
    pub(super) place: Option<Place>,
    /// Under what it is due.
    entry: Option<Entry>,
    /// Its share of the bytes of all channels: of retained events, and of those in memory.
    counted: (u64, u64),
    readers: usize,
    /// The readers that have seen everything, to be woken.
    waiting: HashMap<u64, Waker>,
    /// The channel is no longer in the map.
    is_gone: bool,
    /// There will be no further event.
    pub(super) is_closed: bool,
}

/// What a file knows of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The number under which its events are.
    pub(super) number: u64,
    /// The number of the oldest event in the file.
    pub(super) floor: u64,
    /// The number of the first event whose retry key may be in the file.
    pub(super) keys: u64,
}

/// Why there is no such channel.
#[derive(Debug)]
pub(super) enum Refused {
    Closed,
    TooMany,
    Store(StoreError),
}

impl Channels {
    pub(super) fn new(timeline: Timeline, limits: Limits, max_channels: usize) -> Arc<Self> {
        Arc::new(Self {
            map: Mutex::default(),
            timeline,
            limits,
            max_channels,
            next: AtomicU64::new(0),
            count: AtomicU64::new(0),
            retained: AtomicU64::new(0),
            held: AtomicU64::new(0),
            due: Due::default(),
            #[cfg(test)]
            visits: AtomicU64::new(0),
        })
    }

    /// A number that nothing else has.
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.map().by_name.len()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Channel>> {
        self.map().by_name.values().cloned().collect()
    }

    /// The first numbers of channels that are not there.
    pub(super) fn origin(&self) -> Option<Origin> {
        self.map().origin
    }

    /// Lets channels that are not there begin there, and behind the numbers of those
    /// that were forgotten here.
    pub(super) fn set_origin(&self, origin: Origin) {
        let mut map = self.map();
        let floor = map.origin.map_or(0, |before| before.floor).max(origin.floor);
        map.origin = Some(Origin { floor, ..origin });
    }

    /// Adds a channel that a file knows.
    pub(super) fn insert(&self, name: Arc<str>, state: State) {
        let channel = self.make(Arc::clone(&name), state);
        self.schedule(&channel, &mut channel.state());
        self.count.fetch_add(1, Ordering::Relaxed);
        self.map().by_name.insert(name, channel);
    }

    fn make(&self, name: Arc<str>, state: State) -> Arc<Channel> {
        Arc::new(Channel { name, number: self.number(), state: Mutex::new(state) })
    }

    /// Looks at a channel, which is made if there is none, and goes again if nothing
    /// came of it.
    pub(super) fn with<R>(
        &self,
        name: &str,
        look: impl FnOnce(&Arc<Channel>, &mut State) -> R,
    ) -> Result<R, Refused> {
        loop {
            let channel = self.get(name)?;
            let mut state = channel.state();
            if !state.is_gone {
                let seen = look(&channel, &mut state);
                self.schedule(&channel, &mut state);
                let is_idle = state.is_idle();
                drop(state);
                if is_idle {
                    self.forget_one(&channel);
                }
                return Ok(seen);
            }
        }
    }

    fn get(&self, name: &str) -> Result<Arc<Channel>, Refused> {
        let mut map = self.map();
        if map.closed {
            return Err(Refused::Closed);
        }
        if let Some(channel) = map.by_name.get(name) {
            return Ok(Arc::clone(channel));
        }
        if map.by_name.len() >= self.max_channels {
            return Err(Refused::TooMany);
        }
        let origin = match map.origin {
            Some(origin) => origin,
            None => {
                let epoch = Epoch::random().map_err(|error| Refused::Store(error.into()))?;
                *map.origin.insert(Origin::new(epoch))
            }
        };
        let channel = self.make(name.into(), State::new(origin.log(name)));
        let name = Arc::clone(&channel.name);
        self.count.fetch_add(1, Ordering::Relaxed);
        map.by_name.insert(name, Arc::clone(&channel));
        Ok(channel)
    }

    /// A reader of a channel.
    pub(super) fn reader(self: &Arc<Self>, name: &str, start: Start) -> Result<Reader, Refused> {
        let number = self.number();
        self.with(name, |channel, state| {
            state.log.trim(self.timeline.now(), &self.limits);
            let position = match start {
                Start::Now => state.log.top(),
                Start::Oldest => state.log.oldest(),
                Start::After(id) => id,
            };
            state.readers += 1;
            let (channels, channel) = (Arc::clone(self), Arc::clone(channel));
            Reader { channels, channel, number, cursor: Cursor::new(position) }
        })
    }

    /// Returns whether all channels together retain more than they may.
    pub(super) fn is_over(&self) -> bool {
        self.retained.load(Ordering::Relaxed) > self.limits.total
    }

    /// Brings the share of a channel in the bytes of all up to date. Events that are in a
    /// file as well leave the memory where all of them take too much of it.
    pub(super) fn account(&self, state: &mut State) {
        let add = |total: &AtomicU64, before: u64, now: u64| {
            let added = now.wrapping_sub(before);
            total.fetch_add(added, Ordering::Relaxed).wrapping_add(added)
        };
        let (retained, mut held) = (state.log.retained_bytes(), state.log.held_bytes());
        add(&self.retained, state.counted.0, retained);
        let all_held = add(&self.held, state.counted.1, held);
        if all_held > self.limits.total_held {
            // An equal share is left to each channel.
            let count = self.count.load(Ordering::Relaxed).max(1);
            state.log.release(self.limits.total_held / count);
            add(&self.held, held, state.log.held_bytes());
            held = state.log.held_bytes();
        }
        state.counted = (retained, held);
    }

    /// Trims channels whose events have come to their end, and forgets those of which
    /// nothing is left. Where all channels retain more than they may, the oldest events
    /// of all are trimmed, to a sixteenth below the bound. At most `most` channels are
    /// looked at, and none of which nothing ends.
    pub(super) fn sweep(&self, most: usize) -> Swept {
        let now = self.timeline.now();
        let old = now.saturating_sub(self.limits.age.saturating_add(self.limits.slack()));
        let enough = self.limits.total - self.limits.total / 16;
        let is_over = self.is_over();
        let mut swept = Swept::default();
        for _ in 0..most {
            if let Some((channel, _)) = self.due.take(old, now) {
                self.clear(&channel, now, None, &mut swept);
                continue;
            }
            if !is_over || self.retained.load(Ordering::Relaxed) <= enough {
                break;
            }
            let Some((channel, age)) = self.due.take_oldest() else { break };
            self.clear(&channel, now, Some(age), &mut swept);
        }
        swept
    }

    /// Trims one channel, and forgets it if nothing is left. With `oldest` its oldest
    /// part goes as well, if that is from then.
    fn clear(&self, channel: &Arc<Channel>, now: u64, oldest: Option<u64>, swept: &mut Swept) {
        #[cfg(test)]
        self.visits.fetch_add(1, Ordering::Relaxed);
        let mut map = self.map();
        let mut state = channel.state();
        if state.is_gone {
            return;
        }
        state.trim(now, &self.limits);
        if oldest.is_some() && state.log.oldest_age() == oldest {
            state.log.trim_oldest();
        }
        if state.is_forgettable(now, &self.limits) {
            swept.forgotten.extend(state.place.map(|place| (Arc::clone(&channel.name), place)));
            self.remove(&mut map, channel, &mut state);
            return;
        }
        if state.place.is_some() {
            swept.trimmed.push(Arc::clone(channel));
        }
        self.due.remove(channel, state.entry.take());
        self.schedule(channel, &mut state);
    }

    /// Puts a channel in line for when something of it ends. An entry that is too
    /// early stays: it is set right when its time comes.
    fn schedule(&self, channel: &Arc<Channel>, state: &mut State) {
        self.account(state);
        let wanted = match (state.entry, state.due(&self.limits)) {
            (None, Some(wanted)) => wanted,
            (Some(Entry::End(_)), Some(wanted @ Entry::Event(_))) => wanted,
            _ => return,
        };
        self.due.insert(channel, wanted, state.entry);
        state.entry = Some(wanted);
    }

    fn remove(&self, map: &mut Map, channel: &Channel, state: &mut State) {
        self.due.remove(channel, state.entry.take());
        if let Some(origin) = &mut map.origin {
            origin.forget(&state.log);
        }
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.retained.fetch_sub(state.counted.0, Ordering::Relaxed);
        self.held.fetch_sub(state.counted.1, Ordering::Relaxed);
        state.counted = (0, 0);
        state.is_gone = true;
        map.by_name.remove(&channel.name);
    }

    /// Forgets a channel if nothing of it is left. Those in a file are forgotten by
    /// who writes it.
    pub(super) fn forget_one(&self, channel: &Arc<Channel>) {
        let mut map = self.map();
        let mut state = channel.state();
        if state.is_gone {
            return;
        }
        let now = self.timeline.now();
        state.trim(now, &self.limits);
        if state.place.is_none() && state.is_forgettable(now, &self.limits) {
            self.remove(&mut map, channel, &mut state);
        } else {
            self.schedule(channel, &mut state);
        }
    }

    /// Makes no further channel and ends all readers.
    pub(super) fn close(&self) {
        let mut map = self.map();
        map.closed = true;
        let channels: Vec<_> = map.by_name.values().cloned().collect();
        drop(map);
        for channel in channels {
            let mut state = channel.state();
            state.is_closed = true;
            let waiting = state.take_waiting();
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl Channel {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn new(log: Log<Record>) -> Self {
        Self {
            log,
            keys: Keys::default(),
            last: 0,
            place: None,
            entry: None,
            counted: (0, 0),
            readers: 0,
            waiting: HashMap::new(),
            is_gone: false,
            is_closed: false,
        }
    }

    /// Trims what is too old at that age of the store.
    pub(super) fn trim(&mut self, now: u64, limits: &Limits) {
        self.log.trim(now, limits);
        self.keys.forget_before(now.saturating_sub(limits.age));
    }

    /// Goes on with what a file has of the channel.
    pub(super) fn adopt(&mut self, found: Self) {
        self.log = found.log;
        self.keys = found.keys;
        self.last = found.last;
        self.place = found.place;
    }

    /// Begins anew, with nothing.
    pub(super) fn begin_anew(&mut self, log: Log<Record>) {
        self.log = log;
        self.keys.clear();
        self.place = None;
    }

    /// Under what the channel is due.
    fn due(&self, limits: &Limits) -> Option<Entry> {
        if let Some(age) = self.log.oldest_age() {
            return Some(Entry::Event(age));
        }
        let key = self.keys.oldest().map(|age| age.saturating_add(limits.age));
        let end = || {
            // Its last reader sees to it.
            let is_over = self.readers == 0 && !self.log.is_unused();
            is_over.then(|| self.last.saturating_add(limits.age.saturating_mul(2)))
        };
        key.or_else(end).map(|age| Entry::End(age.saturating_add(1)))
    }

    /// Returns whether a file has something that was trimmed.
    pub(super) fn is_trimmed(&self) -> bool {
        let is_behind =
            |place: Place| place.floor < self.log.floor() || place.keys < self.keys.from();
        self.place.is_some_and(is_behind)
    }

    /// Returns whether there is nothing and nobody, and never was.
    fn is_idle(&self) -> bool {
        self.readers == 0 && self.log.is_unused()
    }

    /// Whether nobody could miss the channel. One whose events are all trimmed is
    /// kept for the time of the retention once more: a reader that has seen them
    /// all should not be told of a gap.
    fn is_forgettable(&self, now: u64, limits: &Limits) -> bool {
        let is_past = || {
            let age = now.saturating_sub(self.last);
            self.log.is_empty() && self.keys.is_empty() && age > limits.age.saturating_mul(2)
        };
        self.readers == 0 && (self.log.is_unused() || is_past())
    }

    /// The readers to wake, once the channel is no longer locked.
    #[must_use]
    pub(super) fn take_waiting(&mut self) -> Vec<Waker> {
        self.waiting.drain().map(|(_, waker)| waker).collect()
    }
}

/// A place among the readers of a channel, given back when it is dropped.
pub(super) struct Reader {
    pub(super) channels: Arc<Channels>,
    pub(super) channel: Arc<Channel>,
    number: u64,
    pub(super) cursor: Cursor,
}

impl Reader {
    /// Is woken by the next event.
    pub(super) fn wait(&self, state: &mut State, waker: &Waker) {
        state.waiting.insert(self.number, waker.clone());
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut state = self.channel.state();
        state.waiting.remove(&self.number);
        state.readers -= 1;
        let is_last = state.readers == 0 && state.log.is_empty();
        drop(state);
        if is_last {
            self.channels.forget_one(&self.channel);
        }
    }
}
