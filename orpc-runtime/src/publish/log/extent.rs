//! Logs that are copies of one on a server.

use std::collections::VecDeque;

use super::super::id::{Epoch, EventId};
use super::segments::Segments;
use super::terms::Terms;
use super::{Held, Limits, Log};

/// Extent of a log on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extent {
    terms: Terms,
    head: u64,
    earliest: u64,
}

impl Extent {
    /// Creates an extent from the epochs of the entries with the numbers of the first ones,
    /// from the entry before the oldest, and the epoch of the next entry. `None` if they do
    /// not describe a log.
    pub(crate) fn new(
        earliest: u64,
        head: u64,
        terms: impl IntoIterator<Item = (u64, Epoch)>,
        next: Epoch,
    ) -> Option<Self> {
        let terms = Terms::ranges(terms, next)?;
        let is_log = head < u64::MAX && (1..=head + 1).contains(&earliest);
        is_log.then_some(Self { terms, head, earliest })
    }

    /// Returns the number of the last entry.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// Returns `true` if the log retains the entry of that id, or it is the last trimmed one.
    pub(crate) fn has_entry(&self, id: EventId) -> bool {
        (self.earliest.saturating_sub(1)..=self.head).contains(&id.sequence())
            && self.terms.of(id.sequence()) == id.epoch()
    }

    /// Returns the id of the entry of that number.
    pub(crate) fn id(&self, sequence: u64) -> EventId {
        EventId::new(self.terms.of(sequence), sequence)
    }
}

impl<E: Clone> Log<E> {
    /// Takes over the extent of the log of which this one is a copy. The events in memory
    /// stay if they are its newest ones.
    pub(crate) fn follow(&mut self, extent: &Extent) {
        if self.head != extent.head || !extent.has_entry(self.head()) {
            self.tail = VecDeque::new();
            self.tail_bytes = 0;
        }
        self.terms = extent.terms.clone();
        self.head = extent.head;
        self.segments = Segments::starting_at(extent.earliest);
        self.drop_trimmed();
    }

    /// Trims the entries before that number, as the log has of which this one is a copy.
    pub(crate) fn trim_before(&mut self, earliest: u64) {
        if (self.earliest()..=self.head + 1).contains(&earliest) {
            self.segments = Segments::starting_at(earliest);
            self.drop_trimmed();
        }
    }

    /// Adds the next event of the log of which this one is a copy.
    pub(crate) fn extend(&mut self, epoch: Epoch, event: E, bytes: u64, limits: &Limits) {
        self.head += 1;
        self.terms.newest = epoch;
        self.terms.push(self.head);
        self.tail.push_back(Held { event, bytes });
        self.tail_bytes += bytes;
        self.drop_held(limits);
    }
}
