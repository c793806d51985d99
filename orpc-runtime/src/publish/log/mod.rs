//! The events of one channel as a state machine: no I/O, no clock, no waiting.
//!
//! Events are appended, which gives them their numbers, and committed, which makes them
//! visible to readers. A reader is a position: it reads the events behind it, old or
//! new, so that there is no switch from a replay to live events.

#[cfg(any(test, feature = "redb"))]
mod continuity;
mod cursor;
#[cfg(any(feature = "nats", feature = "redis"))]
mod extent;
mod limits;
#[cfg(test)]
mod model;
mod origin;
#[cfg(any(test, feature = "redb"))]
mod restored;
mod segments;
mod terms;

use std::collections::VecDeque;

#[cfg(any(test, feature = "redb"))]
pub(crate) use continuity::{Found, Place, Witness, is_continued, starting};
pub(crate) use cursor::{Chunk, Cursor, Read};
#[cfg(any(feature = "nats", feature = "redis"))]
pub(crate) use extent::Extent;
pub(crate) use limits::Limits;
pub(crate) use origin::Origin;
use segments::Segments;
use terms::Terms;

use super::id::{Epoch, EventId};

/// Log of a channel, with events `E`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Log<E> {
    /// The epochs of the entries.
    terms: Terms,
    /// The number of the last event that readers may see; 0 before the first.
    head: u64,
    /// Retained events, without their payloads.
    segments: Segments,
    /// The newest committed events, without a hole up to `head`.
    tail: VecDeque<Held<E>>,
    tail_bytes: u64,
    /// Events that have a number and are not visible yet.
    pending: Vec<Appended<E>>,
    /// `true` if there is an event, or was one.
    is_used: bool,
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
    /// Time when it was appended, in milliseconds of the store's age.
    at: u64,
}

impl<E: Clone> Log<E> {
    /// Creates a log without events, whose first one follows the entry of that id.
    /// Number 0 is before all events.
    pub(crate) fn behind(last: EventId) -> Self {
        let head = last.sequence();
        Self {
            terms: Terms::behind(last.epoch(), head),
            head,
            segments: Segments::starting_at(head.saturating_add(1)),
            tail: VecDeque::new(),
            tail_bytes: 0,
            pending: Vec::new(),
            is_used: false,
        }
    }

    /// Returns the epoch of the next entry.
    pub(crate) fn epoch(&self) -> Epoch {
        self.terms.newest
    }

    /// Returns the id of the entry of that number, which is retained or the last
    /// trimmed one.
    pub(crate) fn id(&self, sequence: u64) -> EventId {
        EventId::new(self.terms.of(sequence), sequence)
    }

    /// Returns `true` if the entry of that number, which may be trimmed, has that id.
    pub(crate) fn has_entry(&self, id: EventId) -> bool {
        id.sequence() <= self.head && self.terms.of(id.sequence()) == id.epoch()
    }

    /// Returns the position behind the last committed event.
    pub(crate) fn head(&self) -> EventId {
        self.id(self.head)
    }

    /// Returns the number of the oldest retained event, or of the next event if there
    /// is none.
    pub(crate) fn earliest(&self) -> u64 {
        self.segments.earliest()
    }

    /// Returns the position before the oldest retained event.
    pub(crate) fn start(&self) -> EventId {
        self.id(self.earliest().saturating_sub(1))
    }

    /// Returns the time when the oldest retained event was appended, in milliseconds of
    /// the store's age.
    pub(crate) fn oldest_age(&self) -> Option<u64> {
        self.segments.oldest_age()
    }

    /// Returns `true` if there is no event, committed or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty() && self.pending.is_empty()
    }

    /// Returns `true` if there never was an event.
    pub(crate) fn is_unused(&self) -> bool {
        !self.is_used && self.pending.is_empty()
    }

    /// Returns the id of the next event; `None` once all numbers are used.
    pub(crate) fn next(&self) -> Option<EventId> {
        let ahead = u64::try_from(self.pending.len()).ok()?.checked_add(1)?;
        // The last number is not used: no number follows it.
        let sequence = self.head.checked_add(ahead).filter(|next| *next < u64::MAX)?;
        Some(EventId::new(self.epoch(), sequence))
    }

    /// Appends an event under the number that [`next`](Log::next) returned.
    pub(crate) fn append(&mut self, event: E, bytes: u64, at: u64) {
        self.pending.push(Appended { event, bytes, at });
    }

    /// Makes the oldest `count` appended events visible to readers, and trims by size.
    pub(crate) fn commit(&mut self, count: usize, limits: &Limits) {
        let count = count.min(self.pending.len());
        for Appended { event, bytes, at } in self.pending.drain(..count) {
            self.segments.push(bytes, at, limits);
            self.tail.push_back(Held { event, bytes });
            self.tail_bytes += bytes;
            self.head += 1;
            self.is_used = true;
            self.terms.push(self.head);
        }
        self.segments.trim_by_size(limits);
        self.drop_trimmed();
        self.drop_held(limits);
    }

    /// Trims events that are too old at that age of the store.
    pub(crate) fn trim(&mut self, now: u64, limits: &Limits) {
        self.segments.trim_by_age(now, limits);
        self.drop_trimmed();
    }

    /// Trims the oldest part of the log, to make room for other channels.
    pub(crate) fn trim_oldest(&mut self) {
        self.segments.drop_oldest();
        self.drop_trimmed();
    }

    /// Returns the bytes of the retained events.
    pub(crate) fn retained_bytes(&self) -> u64 {
        self.segments.bytes()
    }

    /// Returns the bytes of the events in memory.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Drops the oldest events from memory until at most `bytes` are left. They are in
    /// the cold store as well.
    pub(crate) fn release(&mut self, bytes: u64) {
        while self.tail_bytes > bytes {
            self.drop_oldest_held();
        }
    }

    /// Drops the epochs of entries behind which no reader can resume.
    fn forget_epochs(&mut self) {
        self.terms.forget_before(self.segments.earliest().saturating_sub(1));
    }

    /// Drops trimmed events from memory.
    fn drop_trimmed(&mut self) {
        self.forget_epochs();
        let retained = self.head + 1 - self.segments.earliest();
        while self.tail.len() as u64 > retained {
            self.drop_oldest_held();
        }
    }

    /// Drops events beyond the bounds from memory; they are in the cold store as well.
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

#[cfg(test)]
mod tests;
