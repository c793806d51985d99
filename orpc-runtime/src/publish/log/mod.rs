//! The events of one channel as a state machine: no I/O, no clock, no waiting.
//!
//! Events are appended, which gives them their numbers, and committed, which
//! shows them to readers. A reader is a position: it reads what follows it, be it
//! old or new, so that there is no handing over from a replay to what is live.

mod bug;
mod continuity;
mod cursor;
mod limits;
#[cfg(test)]
mod model;
mod origin;
mod segments;
#[cfg(test)]
mod starts;
mod terms;

use std::collections::VecDeque;

pub(crate) use bug::Bug;
pub(crate) use continuity::{Found, Place, Witness, is_continued};
pub(crate) use cursor::{Chunk, Cursor, Read};
pub(crate) use limits::Limits;
pub(crate) use origin::Origin;
use segments::Segments;
use terms::Terms;

use super::id::{Epoch, EventId};

/// The log of a channel, with events `E`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Log<E> {
    /// The epochs of the entries.
    terms: Terms,
    /// The number of the last event that readers may see; 0 before the first.
    top: u64,
    /// What is retained, without the events themselves.
    segments: Segments,
    /// The newest committed events, without a hole up to `top`.
    tail: VecDeque<Held<E>>,
    tail_bytes: u64,
    /// Events with a number that nobody sees yet.
    pending: Vec<Appended<E>>,
    /// `true` if there is an event, or was one.
    is_used: bool,
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
    /// A log without events, whose first one follows the entry of that id. Number 0
    /// is before all of them.
    pub(crate) fn behind(last: EventId) -> Self {
        let top = last.sequence();
        Self {
            terms: Terms::behind(last.epoch(), top),
            top,
            segments: Segments::starting_at(top.saturating_add(1)),
            tail: VecDeque::new(),
            tail_bytes: 0,
            pending: Vec::new(),
            is_used: false,
            #[cfg(test)]
            bug: Bug::None,
        }
    }

    /// Takes in the next event, which is elsewhere already.
    pub(crate) fn retain(&mut self, epoch: Epoch, bytes: u64, at: u64, limits: &Limits) {
        self.top += 1;
        self.is_used = true;
        self.terms.begin(epoch);
        self.terms.push(self.top);
        self.segments.push(bytes, at, limits);
        // What a file has may have been trimmed before: that is removed a little later.
        self.segments.trim_by_size(limits);
        self.forget_epochs();
    }

    /// Tells of an event that is elsewhere and is damaged or missing: nothing before it
    /// is given out any more, as the one behind it does not follow on that. `epoch` is
    /// that of the lost one, if it is known.
    pub(crate) fn lose(&mut self, lost: EventId) {
        let lost = if self.has(Bug::ClosesHoles) { self.top() } else { lost };
        let mut log = Self::behind(lost);
        log.is_used = true;
        #[cfg(test)]
        let log = log.with_bug(self.bug);
        *self = log;
    }

    /// Tells that all events were trimmed before, and that there were some.
    pub(crate) fn set_used(&mut self) {
        self.is_used = true;
    }

    /// Lets later entries have that epoch: those that there are keep theirs.
    pub(crate) fn begin(&mut self, epoch: Epoch) {
        self.terms.begin(epoch);
        if self.has(Bug::RenamesEntries) {
            self.terms = Terms::behind(epoch, self.top);
        }
    }

    /// Breaks the log in one way, to see that tests find out.
    #[cfg(test)]
    pub(crate) fn with_bug(mut self, bug: Bug) -> Self {
        self.bug = bug;
        self
    }

    #[cfg(test)]
    fn bug(&self) -> Bug {
        self.bug
    }

    #[cfg(not(test))]
    const fn bug(&self) -> Bug {
        Bug::None
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

    /// The epoch that the next entry will have.
    pub(crate) fn epoch(&self) -> Epoch {
        self.terms.newest()
    }

    /// The id of the entry of that number, which is there or is the last trimmed one.
    pub(crate) fn id(&self, sequence: u64) -> EventId {
        EventId::new(self.terms.of(sequence), sequence)
    }

    /// Returns whether the entry of that number, which may be trimmed, is the one of that id.
    pub(crate) fn has_entry(&self, id: EventId) -> bool {
        id.sequence() <= self.top && self.terms.of(id.sequence()) == id.epoch()
    }

    /// The position behind the last committed event.
    pub(crate) fn top(&self) -> EventId {
        self.id(self.top)
    }

    /// The number of the oldest retained event; behind the last one if there is none.
    pub(crate) fn floor(&self) -> u64 {
        self.segments.floor()
    }

    /// The position before the oldest retained event.
    pub(crate) fn oldest(&self) -> EventId {
        self.id(self.floor().saturating_sub(1))
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
        !self.is_used && self.pending.is_empty()
    }

    /// The id that the next event will have; none at the end of all numbers.
    pub(crate) fn next(&self) -> Option<EventId> {
        let ahead = u64::try_from(self.pending.len()).ok()?.checked_add(1)?;
        // The last number is left out: what is behind it has none.
        let sequence = self.top.checked_add(ahead).filter(|next| *next < u64::MAX)?;
        Some(EventId::new(self.epoch(), sequence))
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
            self.is_used = true;
            self.terms.push(self.top);
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

    /// Trims the oldest part of the log, for the sake of other channels.
    pub(crate) fn trim_oldest(&mut self) {
        self.segments.drop_oldest();
        self.drop_trimmed();
    }

    /// The bytes of the retained events.
    pub(crate) fn retained_bytes(&self) -> u64 {
        self.segments.bytes()
    }

    /// The bytes of the events in memory.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.tail_bytes
    }

    /// Drops the oldest events from memory until so many bytes are left. They are
    /// elsewhere as well.
    pub(crate) fn release(&mut self, bytes: u64) {
        while self.tail_bytes > bytes {
            self.drop_oldest_held();
        }
    }

    /// Whether a log that was read from a file goes on where another one was: it
    /// has lost nothing.
    pub(crate) fn continues(&self, before: &Self) -> bool {
        self.has_entry(before.top())
    }

    /// Forgets the epochs of entries that nobody can come back behind.
    fn forget_epochs(&mut self) {
        let bug = self.bug();
        self.terms.forget_before(self.segments.floor().saturating_sub(1), bug);
    }

    /// Drops what is in memory of events that are trimmed.
    fn drop_trimmed(&mut self) {
        self.forget_epochs();
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
