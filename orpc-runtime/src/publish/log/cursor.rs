//! Readers of a log.

use super::super::gap::{Gap, GapReason};
use super::super::id::EventId;
use super::Log;

/// A reader: its position, and `true` once it has read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Cursor {
    position: EventId,
    is_reading: bool,
}

/// Maximum amount of one read: at least one event, otherwise no more than this.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk {
    pub(crate) events: usize,
    pub(crate) bytes: u64,
}

/// Result of a read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Read<E> {
    /// The reader is at the end.
    Nothing,
    /// The events behind its position, which moves behind the last of them.
    Events(Vec<(EventId, E)>),
    /// Numbers of events that are not in memory. The position does not change until the
    /// reader is told that they were [read](Cursor::advance).
    ColdStore { first: u64, last: u64 },
    /// Events are missing. The position is now behind the gap.
    Gap(Gap),
}

impl Cursor {
    /// Creates a reader behind an event.
    pub(crate) fn new(position: EventId) -> Self {
        Self { position, is_reading: false }
    }

    /// Returns the event behind which it is.
    pub(crate) fn position(&self) -> EventId {
        self.position
    }

    /// Moves behind the events up to that one, which were read from the cold store.
    pub(crate) fn advance(&mut self, last: EventId) {
        self.position = last;
        self.is_reading = true;
    }

    /// Reads the next events.
    pub(crate) fn read<E: Clone>(&mut self, log: &Log<E>, chunk: Chunk) -> Read<E> {
        if let Some(gap) = self.gap(log) {
            self.advance(gap.resume());
            return Read::Gap(gap);
        }
        self.is_reading = true;
        let first = self.position.sequence() + 1;
        if first > log.head {
            return Read::Nothing;
        }
        let held_from = log.held_from();
        if first < held_from {
            let most = u64::try_from(chunk.events).unwrap_or(u64::MAX).max(1);
            let last = (held_from - 1).min(first.saturating_add(most - 1));
            return Read::ColdStore { first, last };
        }
        let mut events = Vec::new();
        let mut bytes = 0_u64;
        for (sequence, (event, size)) in (first..).zip(log.held(first - held_from)) {
            bytes = bytes.saturating_add(size);
            if !events.is_empty() && (events.len() >= chunk.events || bytes > chunk.bytes) {
                break;
            }
            events.push((log.id(sequence), event.clone()));
        }
        if let Some((last, _)) = events.last() {
            self.position = *last;
        }
        Read::Events(events)
    }

    /// Returns `true` if the position is behind the last event: there is nothing to read.
    pub(crate) fn is_at_head<E: Clone>(&mut self, log: &Log<E>) -> bool {
        let is_at_head = self.position == log.head();
        self.is_reading |= is_at_head;
        is_at_head
    }

    /// Reads the next event alone, if it is in memory; `None` leaves it to
    /// [`read`](Self::read).
    pub(crate) fn read_one<E: Clone>(&mut self, log: &Log<E>) -> Option<(EventId, E)> {
        let next = self.position.sequence().checked_add(1)?;
        if next > log.head || next < log.held_from() || self.gap(log).is_some() {
            return None;
        }
        let (event, _) = log.held(next - log.held_from()).next()?;
        self.advance(log.id(next));
        Some((self.position, event.clone()))
    }

    /// Returns the gap between the position and the events of the log.
    fn gap<E: Clone>(&self, log: &Log<E>) -> Option<Gap> {
        let (last, oldest) = (self.position, log.start());
        let (reason, resume) = if !log.has_entry(last) {
            match log.last_shared(last) {
                Some(shared) if shared == log.head() => (GapReason::Ahead, shared),
                Some(shared) => (GapReason::Epoch, shared),
                None => (GapReason::Epoch, oldest),
            }
        } else if last.sequence() >= oldest.sequence() {
            return None;
        } else if self.is_reading {
            (GapReason::Lagged, oldest)
        } else {
            (GapReason::Trimmed, oldest)
        };
        Some(Gap::new(reason, last, resume))
    }
}

impl<E: Clone> Log<E> {
    /// Returns the last entry that a reader has in common with the log, which does not
    /// have the entry at its position. `None` if that entry is trimmed or unknown.
    fn last_shared(&self, last: EventId) -> Option<EventId> {
        let end = self.terms.last_of(last.epoch(), self.head)?;
        let retained = self.start().sequence()..last.sequence();
        retained.contains(&end).then_some(EventId::new(last.epoch(), end))
    }

    /// Returns the number of the oldest event in memory; of the next one if there is
    /// none.
    fn held_from(&self) -> u64 {
        self.head + 1 - self.tail.len() as u64
    }

    /// Returns the events in memory with their sizes, without the first `skipped`.
    fn held(&self, skipped: u64) -> impl Iterator<Item = (&E, u64)> {
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.tail.len());
        self.tail.range(skipped..).map(|held| (&held.event, held.bytes))
    }
}
