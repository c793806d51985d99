//! The events of one channel as a state machine: no I/O, no clock, no waiting.
//!
//! Events are appended, which gives them their numbers, and committed, which
//! shows them to readers. A reader is a position: it reads what follows it, be it
//! old or new, so that there is no handing over from a replay to what is live.

mod bug;
mod cursor;
mod limits;
#[cfg(test)]
mod model;
mod segments;

use std::collections::VecDeque;

pub(crate) use bug::Bug;
pub(crate) use cursor::{Chunk, Cursor, Read};
pub(crate) use limits::Limits;
use segments::Segments;

use super::id::{Epoch, EventId};

/// The log of a channel, with events `E`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Log<E> {
    epoch: Epoch,
    /// The number of the last event that readers may see; 0 before the first.
    top: u64,
    /// What is retained, without the events themselves.
    segments: Segments,
    /// The newest committed events, without a hole up to `top`.
    tail: VecDeque<Held<E>>,
    tail_bytes: u64,
    /// Events with a number that nobody sees yet.
    pending: Vec<Appended<E>>,
    #[cfg(test)]
    bug: Bug,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Held<E> {
    event: E,
    bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Appended<E> {
    event: E,
    bytes: u64,
    /// When it was appended, in milliseconds of the store's age.
    at: u64,
}

impl<E: Clone> Log<E> {
    /// A log without events.
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self::recovered(epoch, 0)
    }

    /// A log whose events up to `top` are elsewhere or gone. Which of them are
    /// there is told by [`retain`](Log::retain).
    pub(crate) fn recovered(epoch: Epoch, top: u64) -> Self {
        Self {
            epoch,
            top,
            segments: Segments::starting_at(top + 1),
            tail: VecDeque::new(),
            tail_bytes: 0,
            pending: Vec::new(),
            #[cfg(test)]
            bug: Bug::None,
        }
    }

    /// Tells of an event that is there already: the oldest first, the last one is
    /// that of number `top`.
    pub(crate) fn retain(&mut self, sequence: u64, bytes: u64, at: u64, limits: &Limits) {
        if self.segments.is_empty() {
            self.segments = Segments::starting_at(sequence);
        }
        self.segments.push(bytes, at, limits);
        // What a file has may have been trimmed before: that is removed a little later.
        self.segments.trim_by_size(limits);
    }

    /// Breaks the log in one way, to see that tests find out.
    #[cfg(test)]
    pub(crate) fn with_bug(mut self, bug: Bug) -> Self {
        self.bug = bug;
        self
    }

    /// Whether the log is broken in that way.
    #[cfg(test)]
    fn has(&self, bug: Bug) -> bool {
        self.bug == bug
    }

    /// Outside of tests it is not broken.
    #[cfg(not(test))]
    const fn has(&self, _: Bug) -> bool {
        false
    }

    /// The life that the log is in.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The position behind the last committed event.
    pub(crate) fn top(&self) -> EventId {
        EventId::new(self.epoch, self.top)
    }

    /// The number of the oldest retained event; behind the last one if there is none.
    pub(crate) fn floor(&self) -> u64 {
        self.segments.floor()
    }

    /// The position before the oldest retained event.
    pub(crate) fn oldest(&self) -> EventId {
        EventId::new(self.epoch, self.floor().saturating_sub(1))
    }

    /// When the oldest retained event was appended, in milliseconds of the store's age.
    pub(crate) fn oldest_age(&self) -> Option<u64> {
        self.segments.oldest_age()
    }

    /// Whether there is no event, not even one that is not committed.
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.pending.is_empty()
    }

    /// Whether there never was an event.
    pub(crate) fn is_unused(&self) -> bool {
        self.top == 0 && self.pending.is_empty()
    }

    /// The id that the next event will have; none at the end of all numbers.
    pub(crate) fn next(&self) -> Option<EventId> {
        let ahead = u64::try_from(self.pending.len()).ok()?.checked_add(1)?;
        // The last number is left out: what is behind it has none.
        let sequence = self.top.checked_add(ahead).filter(|next| *next < u64::MAX)?;
        Some(EventId::new(self.epoch, sequence))
    }

    /// Takes in an event under the number that [`next`](Log::next) told.
    pub(crate) fn append(&mut self, event: E, bytes: u64, at: u64) {
        self.pending.push(Appended { event, bytes, at });
    }

    /// Shows the oldest `count` appended events to readers, and trims by size.
    pub(crate) fn commit(&mut self, count: usize, limits: &Limits) {
        let count = if self.has(Bug::CommitsAll) { usize::MAX } else { count };
        let count = count.min(self.pending.len());
        for Appended { event, bytes, at } in self.pending.drain(..count) {
            self.segments.push(bytes, at, limits);
            self.tail.push_back(Held { event, bytes });
            self.tail_bytes += bytes;
            self.top += 1;
        }
        self.segments.trim_by_size(limits);
        self.drop_trimmed();
        self.drop_held(limits);
    }

    /// Forgets the appended events: they were not kept.
    pub(crate) fn abort(&mut self) {
        if self.has(Bug::AbortKeeps) {
            return;
        }
        self.pending.clear();
    }

    /// Trims what is too old at that age of the store.
    pub(crate) fn trim(&mut self, now: u64, limits: &Limits) {
        self.segments.trim_by_age(now, limits);
        self.drop_trimmed();
        if self.has(Bug::RestartsWhenEmpty) && self.is_empty() {
            self.top = 0;
            self.segments = Segments::starting_at(1);
        }
    }

    /// Whether a log that was read from a file goes on where another one was: it
    /// has lost nothing.
    pub(crate) fn continues(&self, before: &Self) -> bool {
        self.epoch == before.epoch && self.top >= before.top
    }

    /// Begins anew, with nothing.
    pub(crate) fn reset(&mut self, epoch: Epoch) {
        let fresh = Self::new(epoch);
        #[cfg(test)]
        let fresh = fresh.with_bug(self.bug);
        *self = fresh;
    }

    /// Drops what is in memory of events that are trimmed.
    fn drop_trimmed(&mut self) {
        let retained = self.top + 1 - self.segments.floor();
        while self.tail.len() as u64 > retained {
            if self.has(Bug::TrimsNewest) {
                self.tail.pop_back();
            } else {
                self.drop_oldest_held();
            }
        }
    }

    /// Drops what is in memory beyond the bounds; it is elsewhere as well.
    fn drop_held(&mut self, limits: &Limits) {
        while self.tail.len() > limits.held_events || self.tail_bytes > limits.held_bytes {
            self.drop_oldest_held();
        }
    }

    fn drop_oldest_held(&mut self) {
        if let Some(held) = self.tail.pop_front() {
            self.tail_bytes -= held.bytes;
        }
    }
}
