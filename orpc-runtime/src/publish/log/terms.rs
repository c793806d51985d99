//! Epochs of the entries of a log.
//!
//! An epoch is to an entry as a term in Raft: entries of one epoch were given their
//! numbers by one writer, in order. Two logs that have the same epoch at a number have
//! the same entries up to there.

use std::collections::VecDeque;

use super::super::id::Epoch;

/// Epochs of a log's entries in ranges, from that of the last trimmed entry to that of
/// the next one. There is always at least one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Terms {
    ranges: VecDeque<Term>,
    /// Epoch of the next entry.
    pub(super) newest: Epoch,
}

/// Entries of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Term {
    epoch: Epoch,
    /// Number of the first of them. The oldest range also covers all earlier numbers,
    /// whose epochs are unknown.
    first: u64,
}

impl Terms {
    /// Creates the epochs of a log that begins behind that entry.
    pub(super) fn behind(epoch: Epoch, sequence: u64) -> Self {
        Self { ranges: VecDeque::from([Term { epoch, first: sequence }]), newest: epoch }
    }

    /// Creates the epochs of a log from those of its entries, with the numbers of the first
    /// ones in ascending order, and that of the next entry. `None` if there are none, or they
    /// are in another order.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(super) fn ranges(
        ranges: impl IntoIterator<Item = (u64, Epoch)>,
        newest: Epoch,
    ) -> Option<Self> {
        let ranges: VecDeque<_> =
            ranges.into_iter().map(|(first, epoch)| Term { epoch, first }).collect();
        let is_ordered = ranges.iter().is_sorted_by(|a, b| a.first < b.first);
        (is_ordered && !ranges.is_empty()).then_some(Self { ranges, newest })
    }

    /// Returns the epoch of an entry that the log has or has trimmed.
    pub(super) fn of(&self, sequence: u64) -> Epoch {
        let behind = self.ranges.partition_point(|term| term.first <= sequence);
        let term = behind.checked_sub(1).or(Some(0)).and_then(|index| self.ranges.get(index));
        term.map_or(self.newest, |term| term.epoch)
    }

    /// Returns the number of the last entry of an epoch, in a log that ends at `head`.
    pub(super) fn last_of(&self, epoch: Epoch, head: u64) -> Option<u64> {
        let index = self.ranges.iter().rposition(|term| term.epoch == epoch)?;
        Some(self.ranges.get(index + 1).map_or(head, |next| next.first.saturating_sub(1)))
    }

    /// Adds the next entry.
    pub(super) fn push(&mut self, sequence: u64) {
        if self.ranges.back().is_none_or(|last| last.epoch != self.newest) {
            self.ranges.push_back(Term { epoch: self.newest, first: sequence });
        }
    }

    /// Drops the epochs of entries before that number, the last trimmed one: readers at
    /// that position miss nothing.
    pub(super) fn forget_before(&mut self, sequence: u64) {
        while self.ranges.get(1).is_some_and(|next| next.first <= sequence) {
            self.ranges.pop_front();
        }
    }
}
