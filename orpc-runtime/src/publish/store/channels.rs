//! The channels of one process: by name, within their bounds, and by expiry.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::super::clock::Timeline;
use super::super::error::{StoreError, StoreErrorKind};
use super::super::id::Epoch;
use super::super::log::{Cursor, Limits, Origin};
use super::channel::{Channel, Place, Registration, State};
use super::due::{Due, Entry};
use super::keys;
use super::{OpenError, Start};

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
    /// Memory of the idempotency keys of all channels.
    keys: AtomicU64,
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

/// Result of a sweep.
#[derive(Default)]
pub(super) struct Swept {
    /// Evicted channels that are also in the file.
    pub(super) forgotten: Vec<(Arc<str>, Place)>,
    /// Channels in the file of which events or keys were trimmed.
    pub(super) trimmed: Vec<Arc<Channel>>,
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
            keys: AtomicU64::new(0),
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

    fn make(&self, name: Arc<str>, state: State) -> Arc<Channel> {
        Channel::new(name, self.number(), state)
    }

    /// Returns a channel that exists.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(super) fn find(&self, name: &str) -> Option<Arc<Channel>> {
        self.map().by_name.get(name).cloned()
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
                Start::Latest => state.log.head(),
                Start::Earliest => state.log.start(),
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

    /// Returns `true` if a channel may remember one more idempotency key.
    pub(super) fn has_room_for_key(&self, state: &State) -> bool {
        let bytes = self.keys.load(Ordering::Relaxed);
        !state.keys.is_full() && bytes < self.limits.total.min(keys::MAX_BYTES)
    }

    /// Updates the share of a channel in the bytes of all. Events that are also in a file
    /// are dropped from memory if all channels together hold too many.
    pub(super) fn account(&self, state: &mut State) {
        let add = |total: &AtomicU64, before: u64, now: u64| {
            let added = now.wrapping_sub(before);
            if added == 0 {
                return total.load(Ordering::Relaxed);
            }
            total.fetch_add(added, Ordering::Relaxed).wrapping_add(added)
        };
        let (retained, mut held) = (state.log.retained_bytes(), state.log.held_bytes());
        let keys = state.keys.bytes();
        add(&self.retained, state.counted.0, retained);
        add(&self.keys, state.counted.2, keys);
        let all_held = add(&self.held, state.counted.1, held);
        if all_held > self.limits.total_held {
            // Each channel keeps an equal share.
            let count = self.count.load(Ordering::Relaxed).max(1);
            state.log.release(self.limits.total_held / count);
            add(&self.held, held, state.log.held_bytes());
            held = state.log.held_bytes();
        }
        state.counted = (retained, held, keys);
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
        if state.is_trimmed() {
            swept.trimmed.push(Arc::clone(channel));
        }
        self.due.remove(channel, state.entry.take());
        self.schedule(channel, &mut state);
    }

    /// Updates the share of a channel in the bytes of all, and queues it by the time of its next expiry. An entry that is too early is
    /// kept and corrected when its time comes.
    pub(super) fn schedule(&self, channel: &Arc<Channel>, state: &mut State) {
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
        self.keys.fetch_sub(state.counted.2, Ordering::Relaxed);
        state.counted = (0, 0, 0);
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

    /// Returns the number of channels, and the sums of their bytes: of retained events, of those
    /// in memory, and of idempotency keys.
    #[cfg(test)]
    pub(super) fn totals(&self) -> [u64; 4] {
        [&self.count, &self.retained, &self.held, &self.keys]
            .map(|total| total.load(Ordering::Relaxed))
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

/// The channels of a file.
#[cfg(feature = "redb")]
impl Channels {
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
        let before = map.origin.map_or(0, |before| before.highest_evicted);
        let highest_evicted = before.max(origin.highest_evicted);
        map.origin = Some(Origin { highest_evicted, ..origin });
    }

    /// Adds a channel from a file.
    pub(super) fn insert(&self, name: Arc<str>, state: State) {
        let channel = self.make(Arc::clone(&name), state);
        self.schedule(&channel, &mut channel.state());
        self.count.fetch_add(1, Ordering::Relaxed);
        self.map().by_name.insert(name, channel);
    }
}

/// Returns the error of a channel without an epoch.
fn no_epoch(error: std::io::Error) -> OpenError {
    let message = "the system gives no random numbers";
    OpenError::Store(StoreError::caused_by(StoreErrorKind::Unavailable, message, error))
}
