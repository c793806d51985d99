//! The channels of one process: their logs, and who reads them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::super::clock::Timeline;
use super::super::error::StoreError;
use super::super::id::Epoch;
use super::super::log::{Limits, Log};
use super::keys::Keys;
use super::{Record, Start};
use crate::publish::log::Cursor;

/// All channels of a store.
pub(super) struct Channels {
    map: Mutex<Map>,
    pub(super) timeline: Timeline,
    pub(super) limits: Limits,
    max_channels: usize,
    readers: AtomicU64,
}

#[derive(Default)]
struct Map {
    by_name: HashMap<Arc<str>, Arc<Channel>>,
    /// The store's age when channels were last looked through.
    swept: u64,
    closed: bool,
}

/// One channel. It is dropped when nothing is known of it that anybody could miss.
pub(super) struct Channel {
    pub(super) name: Arc<str>,
    state: Mutex<State>,
}

/// What is known of a channel.
pub(super) struct State {
    pub(super) log: Log<Record>,
    pub(super) keys: Keys,
    /// The store's age at the last event.
    pub(super) last: u64,
    /// Where a store keeps what belongs to the channel, if it does.
    pub(super) place: Option<Place>,
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
        let (map, readers) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { map, timeline, limits, max_channels, readers })
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

    /// Adds a channel that a file knows.
    #[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
    pub(super) fn insert(&self, name: Arc<str>, state: State) {
        let channel = Channel { name: Arc::clone(&name), state: Mutex::new(state) };
        self.map().by_name.insert(name, Arc::new(channel));
    }

    /// Looks at a channel, which is made if there is none.
    pub(super) fn with<R>(
        &self,
        name: &str,
        look: impl FnOnce(&Arc<Channel>, &mut State) -> R,
    ) -> Result<R, Refused> {
        loop {
            let channel = self.get(name)?;
            let mut state = channel.state();
            if !state.is_gone {
                return Ok(look(&channel, &mut state));
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
            // Those in a file are forgotten by who writes it.
            self.forget(&mut map, self.timeline.now(), |state| state.place.is_none());
        }
        if map.by_name.len() >= self.max_channels {
            return Err(Refused::TooMany);
        }
        let epoch = Epoch::random().map_err(|error| Refused::Store(error.into()))?;
        let name: Arc<str> = name.into();
        let state = Mutex::new(State::new(Log::new(epoch)));
        let channel = Arc::new(Channel { name: Arc::clone(&name), state });
        map.by_name.insert(name, Arc::clone(&channel));
        Ok(channel)
    }

    /// A reader of a channel.
    pub(super) fn reader(self: &Arc<Self>, name: &str, start: Start) -> Result<Reader, Refused> {
        let number = self.readers.fetch_add(1, Ordering::Relaxed);
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

    /// Trims all channels and forgets those of which nothing is left, if the last
    /// time is long enough ago. It gives those that a file knows.
    pub(super) fn sweep(&self) -> Option<Vec<(Arc<str>, Place)>> {
        let now = self.timeline.now();
        let mut map = self.map();
        if now.saturating_sub(map.swept) < self.limits.slack() {
            return None;
        }
        map.swept = now;
        Some(self.forget(&mut map, now, |_| true))
    }

    fn forget(
        &self,
        map: &mut Map,
        now: u64,
        may_go: impl Fn(&State) -> bool,
    ) -> Vec<(Arc<str>, Place)> {
        let mut forgotten = Vec::new();
        map.by_name.retain(|name, channel| {
            let mut state = channel.state();
            state.trim(now, &self.limits);
            state.is_gone = may_go(&state) && state.is_forgettable(now, &self.limits);
            if let (true, Some(place)) = (state.is_gone, state.place) {
                forgotten.push((Arc::clone(name), place));
            }
            !state.is_gone
        });
        forgotten
    }

    /// Forgets a channel if nothing of it is left.
    fn forget_one(&self, channel: &Channel) {
        let mut map = self.map();
        let mut state = channel.state();
        let now = self.timeline.now();
        state.trim(now, &self.limits);
        let may_go = !state.is_gone && state.place.is_none();
        if may_go && state.is_forgettable(now, &self.limits) {
            state.is_gone = true;
            map.by_name.remove(&channel.name);
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
    #[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
    pub(super) fn adopt(&mut self, found: Self) {
        self.log = found.log;
        self.keys = found.keys;
        self.last = found.last;
        self.place = found.place;
    }

    /// Begins anew, with nothing.
    #[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
    pub(super) fn begin_anew(&mut self, epoch: Epoch) {
        self.log.reset(epoch);
        self.keys.clear();
        self.place = None;
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
