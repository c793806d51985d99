//! The channels of one process: their logs and their readers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::super::clock::Timeline;
use super::super::error::{StoreError, StoreErrorKind};
use super::super::id::Epoch;
use super::super::log::{Limits, Log, Origin};
use super::due::{Due, Entry};
use super::keys::Keys;
use super::{OpenError, Record, Start};
use crate::publish::log::Cursor;

/// All channels of a store.
pub(super) struct Channels {
    map: Mutex<Map>,
    pub(super) timeline: Timeline,
    pub(super) limits: Limits,
    max_channels: usize,
    /// Next number for a reader or a channel.
    next: AtomicU64,
    /// Number of channels.
    count: AtomicU64,
    /// Bytes of all channels' retained events.
    retained: AtomicU64,
    /// Bytes of those that are in memory.
    held: AtomicU64,
    /// Channels in the order of their next expiry.
    pub(super) due: Due,
    /// Number of channels that sweeps have visited.
    #[cfg(test)]
    pub(super) visits: AtomicU64,
}

#[derive(Default)]
struct Map {
    by_name: HashMap<Arc<str>, Arc<Channel>>,
    /// First numbers of channels that do not exist; `None` before they are known.
    origin: Option<Origin>,
    closed: bool,
}

/// One channel. It is dropped once it can be evicted.
pub(super) struct Channel {
    pub(super) name: Arc<str>,
    /// Its number in this process.
    pub(super) number: u64,
    state: Mutex<State>,
}

/// Result of a sweep.
#[derive(Default)]
pub(super) struct Swept {
    /// Evicted channels that are also in the file.
    pub(super) forgotten: Vec<(Arc<str>, Place)>,
    /// Channels in the file of which events may have been trimmed.
    pub(super) trimmed: Vec<Arc<Channel>>,
}

/// State of a channel.
pub(super) struct State {
    pub(super) log: Log<Record>,
    pub(super) keys: Keys,
    /// Store's age at the last event.
    pub(super) last: u64,
    /// Position of the channel in a file, if there is one.
    pub(super) place: Option<Place>,
    /// Entry in the queue of expiries.
    entry: Option<Entry>,
    /// Its share of the bytes of all channels: of retained events, and of those in memory.
    counted: (u64, u64),
    readers: usize,
    /// Readers that have read everything, to be woken.
    waiting: HashMap<u64, Waker>,
    /// The channel is no longer in the map.
    is_gone: bool,
    /// No further event will follow.
    pub(super) is_closed: bool,
}

/// A channel in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of the channel, in the keys of its events.
    pub(super) number: u64,
    /// Number of the oldest event in the file.
    pub(super) floor: u64,
    /// Number of the first event whose idempotency key may be in the file.
    pub(super) keys: u64,
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

    /// Returns a new number.
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of channels.
    pub(super) fn len(&self) -> usize {
        self.map().by_name.len()
    }

    /// Returns all channels.
    pub(super) fn all(&self) -> Vec<Arc<Channel>> {
        self.map().by_name.values().cloned().collect()
    }

    /// Returns the first numbers of channels that do not exist.
    pub(super) fn origin(&self) -> Option<Origin> {
        self.map().origin
    }

    /// Sets the first numbers of channels that do not exist, also behind those of the
    /// channels evicted here.
    pub(super) fn set_origin(&self, origin: Origin) {
        let mut map = self.map();
        let floor = map.origin.map_or(0, |before| before.floor).max(origin.floor);
        map.origin = Some(Origin { floor, ..origin });
    }

    /// Adds a channel from a file.
    pub(super) fn insert(&self, name: Arc<str>, state: State) {
        let channel = self.make(Arc::clone(&name), state);
        self.schedule(&channel, &mut channel.state());
        self.count.fetch_add(1, Ordering::Relaxed);
        self.map().by_name.insert(name, channel);
    }

    fn make(&self, name: Arc<str>, state: State) -> Arc<Channel> {
        Arc::new(Channel { name, number: self.number(), state: Mutex::new(state) })
    }

    /// Calls `look` with a channel, which is created if it does not exist, and removes
    /// it again if it stays unused.
    pub(super) fn with<R>(
        &self,
        name: &str,
        look: impl FnOnce(&Arc<Channel>, &mut State) -> R,
    ) -> Result<R, OpenError> {
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

    fn get(&self, name: &str) -> Result<Arc<Channel>, OpenError> {
        let mut map = self.map();
        if map.closed {
            return Err(OpenError::Closed);
        }
        if let Some(channel) = map.by_name.get(name) {
            return Ok(Arc::clone(channel));
        }
        if map.by_name.len() >= self.max_channels {
            return Err(OpenError::TooMany);
        }
        let origin = match map.origin {
            Some(origin) => origin,
            None => {
                let epoch = Epoch::random().map_err(no_epoch)?;
                *map.origin.insert(Origin::new(epoch))
            }
        };
        let channel = self.make(name.into(), State::new(origin.log(name)));
        let name = Arc::clone(&channel.name);
        self.count.fetch_add(1, Ordering::Relaxed);
        map.by_name.insert(name, Arc::clone(&channel));
        Ok(channel)
    }

    /// Registers a reader of a channel.
    pub(super) fn register(
        self: &Arc<Self>,
        name: &str,
        start: Start,
    ) -> Result<Registration, OpenError> {
        let number = self.number();
        self.with(name, |channel, state| {
            state.log.trim(self.timeline.now(), &self.limits);
            let position = match start {
                Start::Latest => state.log.top(),
                Start::Earliest => state.log.oldest(),
                Start::After(id) => id,
            };
            state.readers += 1;
            let (channels, channel) = (Arc::clone(self), Arc::clone(channel));
            Registration { channels, channel, number, cursor: Cursor::new(position) }
        })
    }

    /// Returns `true` if all channels together retain more than the limit.
    pub(super) fn is_over(&self) -> bool {
        self.retained.load(Ordering::Relaxed) > self.limits.total
    }

    /// Updates the share of a channel in the bytes of all. Events that are also in a file
    /// are dropped from memory if all channels together hold too many.
    pub(super) fn account(&self, state: &mut State) {
        let add = |total: &AtomicU64, before: u64, now: u64| {
            let added = now.wrapping_sub(before);
            total.fetch_add(added, Ordering::Relaxed).wrapping_add(added)
        };
        let (retained, mut held) = (state.log.retained_bytes(), state.log.held_bytes());
        add(&self.retained, state.counted.0, retained);
        let all_held = add(&self.held, state.counted.1, held);
        if all_held > self.limits.total_held {
            // Each channel keeps an equal share.
            let count = self.count.load(Ordering::Relaxed).max(1);
            state.log.release(self.limits.total_held / count);
            add(&self.held, held, state.log.held_bytes());
            held = state.log.held_bytes();
        }
        state.counted = (retained, held);
    }

    /// Trims channels whose events have expired, and evicts those that are unused. If
    /// all channels together retain more than the limit, the oldest events of all are
    /// trimmed, to a sixteenth below the limit. At most `most` channels are visited,
    /// and only those with something that expires.
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

    /// Trims one channel, and evicts it if nothing is left. With `oldest` its oldest
    /// part is trimmed as well, if it dates from then.
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

    /// Queues a channel by the time of its next expiry. An entry that is too early is
    /// kept and corrected when its time comes.
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

    /// Evicts a channel if nothing of it is left. Channels in a file are evicted by the
    /// writer.
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

    /// Creates no further channel and ends all readers.
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

/// Returns the error of a channel without an epoch.
fn no_epoch(error: std::io::Error) -> OpenError {
    let message = "the system gives no random numbers";
    OpenError::Store(StoreError::caused_by(StoreErrorKind::Unavailable, message, error))
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

    /// Trims events that are too old at that age of the store.
    pub(super) fn trim(&mut self, now: u64, limits: &Limits) {
        self.log.trim(now, limits);
        self.keys.forget_before(now.saturating_sub(limits.age));
    }

    /// Replaces the state by that of the file.
    pub(super) fn adopt(&mut self, found: Self) {
        self.log = found.log;
        self.keys = found.keys;
        self.last = found.last;
        self.place = found.place;
    }

    /// Resets the channel to an empty log.
    pub(super) fn begin_anew(&mut self, log: Log<Record>) {
        self.log = log;
        self.keys.clear();
        self.place = None;
    }

    /// Returns the entry for the queue of expiries.
    fn due(&self, limits: &Limits) -> Option<Entry> {
        if let Some(age) = self.log.oldest_age() {
            return Some(Entry::Event(age));
        }
        let key = self.keys.oldest().map(|age| age.saturating_add(limits.age));
        let end = || {
            // Its last reader evicts it.
            let is_over = self.readers == 0 && !self.log.is_unused();
            is_over.then(|| self.last.saturating_add(limits.age.saturating_mul(2)))
        };
        key.or_else(end).map(|age| Entry::End(age.saturating_add(1)))
    }

    /// Returns `true` if the file has events that were trimmed.
    pub(super) fn is_trimmed(&self) -> bool {
        let is_behind =
            |place: Place| place.floor < self.log.floor() || place.keys < self.keys.from();
        self.place.is_some_and(is_behind)
    }

    /// Returns `true` if the channel has no readers and never had an event.
    fn is_idle(&self) -> bool {
        self.readers == 0 && self.log.is_unused()
    }

    /// Returns `true` if the channel can be evicted. A channel whose events are all
    /// trimmed is kept for one more retention, so that a reader that has read them all
    /// does not get a gap.
    fn is_forgettable(&self, now: u64, limits: &Limits) -> bool {
        let is_past = || {
            let age = now.saturating_sub(self.last);
            self.log.is_empty() && self.keys.is_empty() && age > limits.age.saturating_mul(2)
        };
        self.readers == 0 && (self.log.is_unused() || is_past())
    }

    /// Returns the readers to wake, once the channel is no longer locked.
    #[must_use]
    pub(super) fn take_waiting(&mut self) -> Vec<Waker> {
        self.waiting.drain().map(|(_, waker)| waker).collect()
    }
}

/// A registration among the readers of a channel, removed when it is dropped.
pub(super) struct Registration {
    pub(super) channels: Arc<Channels>,
    pub(super) channel: Arc<Channel>,
    number: u64,
    pub(super) cursor: Cursor,
}

impl Registration {
    /// Registers the waker for the next event.
    pub(super) fn wait(&self, state: &mut State, waker: &Waker) {
        state.waiting.insert(self.number, waker.clone());
    }
}

impl Drop for Registration {
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
