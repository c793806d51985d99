//! First numbers of channels without a log.

use super::super::id::{Epoch, EventId};
use super::Log;

/// Start of the channels that have no log: those that never had an event, and those
/// that were evicted.
///
/// It is stored with the data. As long as nothing may be lost, a channel without events
/// begins at the same position each time: a reader that waited there and returns has
/// missed nothing. An evicted channel continues behind all its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// Replaced when events may be lost.
    pub(crate) epoch: Epoch,
    /// Highest number of an event of an evicted channel; 0 if there is none.
    pub(crate) highest_evicted: u64,
}

impl Origin {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self { epoch, highest_evicted: 0 }
    }

    /// Creates the log of an unknown channel.
    pub(crate) fn log<E: Clone>(&self, channel: &str) -> Log<E> {
        Log::behind(EventId::new(self.epoch.of_channel(channel), self.highest_evicted))
    }

    /// Remembers the numbers of a channel that is evicted.
    pub(crate) fn forget<E: Clone>(&mut self, log: &Log<E>) {
        if !log.is_unused() {
            self.highest_evicted = self.highest_evicted.max(log.head().sequence());
        }
    }
}
