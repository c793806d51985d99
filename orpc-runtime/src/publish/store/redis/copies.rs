//! The channels of this process as copies of those on the server.
//!
//! A copy has the extent of the channel's log and its newest events. Events are announced in
//! order; one that does not follow the last one, and each comparison with the server that shows
//! a difference, makes the copy ask for the extent again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;

use super::super::Record;
use super::super::channel::{Channel, Copied, State};
use super::super::channels::Channels;
use super::script::Announced;
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

    /// Removes the channels without readers, and returns the names of those that no other
    /// reader has opened again.
    pub(super) fn remove_unread(&self) -> Vec<Arc<str>> {
        let mut names = Vec::new();
        self.followed().retain(|_, followed| {
            let is_gone = followed.channel.state().is_gone;
            if is_gone {
                names.push(Arc::clone(&followed.channel.name));
            }
            !is_gone
        });
        names.retain(|name| self.channels.find(name).is_none());
        names
    }

    /// Takes the copies that differ from the server.
    pub(super) fn take_behind(&self) -> Vec<Arc<Followed>> {
        std::mem::take(&mut *self.behind.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes that a copy differs from the server.
    pub(super) fn is_behind(&self, followed: &Arc<Followed>) {
        if !followed.is_behind.swap(true, Ordering::AcqRel) {
            self.behind.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(followed));
            self.noticed.notify_one();
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

    fn replace(&self, mut state: MutexGuard<'_, State>, extent: &Extent, is_other: bool) {
        state.log.follow(extent);
        let copy = state.copy.get_or_insert_with(Copied::default);
        copy.revision += u64::from(is_other);
        copy.failure = None;
        self.publish(state);
    }

    /// Ends the readers of channels that were not compared with the server for that time.
    pub(super) fn expire(&self, age: Duration, error: impl Fn() -> StoreError) {
        for followed in self.all() {
            if followed.seen().elapsed() > age {
                self.fail(&followed, error());
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
