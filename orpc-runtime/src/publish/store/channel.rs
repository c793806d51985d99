//! One channel: its log, its idempotency keys and its readers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::super::error::StoreError;
use super::super::log::{Cursor, Limits, Log};
use super::Record;
use super::channels::Channels;
use super::due::Entry;
use super::keys::Keys;

/// One channel. It is dropped once it can be evicted.
pub(super) struct Channel {
    pub(super) name: Arc<str>,
    /// Its number in this process.
    pub(super) number: u64,
    state: Mutex<State>,
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
    pub(super) entry: Option<Entry>,
    /// Its share of the bytes of all channels: of retained events, of those in memory, and
    /// of idempotency keys.
    pub(super) counted: (u64, u64, u64),
    pub(super) readers: usize,
    /// Readers that have read everything, to be woken.
    waiting: HashMap<u64, Waker, foldhash::fast::RandomState>,
    /// The channel is no longer in the map.
    pub(super) is_gone: bool,
    /// No further event will follow.
    pub(super) is_closed: bool,
    /// The log is a copy of one on a server.
    pub(super) copy: Option<Copied>,
}

/// A log that is a copy of one on a server, whose newest events are in memory.
#[derive(Debug, Default)]
pub(super) struct Copied {
    /// Number of times that the server had other events than the copy.
    #[cfg(any(feature = "nats", feature = "redb", feature = "redis"))]
    pub(super) revision: u64,
    /// Error with which readers end that have read everything, until the server can be read
    /// again.
    pub(super) failure: Option<StoreError>,
}

/// A channel in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of the channel, in the keys of its events.
    pub(super) number: u64,
    /// Number of the oldest event in the file.
    pub(super) earliest: u64,
    /// Number of the first event whose idempotency key may be in the file.
    pub(super) keys: u64,
}

impl Channel {
    pub(super) fn new(name: Arc<str>, number: u64, state: State) -> Arc<Self> {
        Arc::new(Self { name, number, state: Mutex::new(state) })
    }

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
            counted: (0, 0, 0),
            readers: 0,
            waiting: HashMap::default(),
            is_gone: false,
            is_closed: false,
            copy: None,
        }
    }

    /// Trims events that are too old at that age of the store.
    pub(super) fn trim(&mut self, now: u64, limits: &Limits) {
        self.log.trim(now, limits);
        self.keys.forget_before(now.saturating_sub(limits.age));
    }

    /// Returns the entry for the queue of expiries.
    pub(super) fn due(&self, limits: &Limits) -> Option<Entry> {
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
            |place: Place| place.earliest < self.log.earliest() || place.keys < self.keys.from();
        self.place.is_some_and(is_behind)
    }

    /// Returns the error with which readers end that have read everything.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.copy.as_ref().and_then(|copy| copy.failure.clone())
    }

    /// Returns `true` if the channel has no readers and never had an event.
    pub(super) fn is_idle(&self) -> bool {
        self.readers == 0 && self.log.is_unused()
    }

    /// Returns `true` if the channel can be evicted. A channel whose events are all
    /// trimmed is kept for one more retention, so that a reader that has read them all
    /// does not get a gap.
    pub(super) fn is_forgettable(&self, now: u64, limits: &Limits) -> bool {
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

/// The state of a channel in a file.
#[cfg(feature = "redb")]
impl State {
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
        self.keys = Keys::default();
        self.place = None;
    }
}

/// A registration among the readers of a channel, removed when it is dropped.
pub(super) struct Registration {
    pub(super) channels: Arc<Channels>,
    pub(super) channel: Arc<Channel>,
    pub(super) number: u64,
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
