//! The first numbers of channels of which nothing is known.

use super::super::id::{Epoch, EventId};
use super::Log;
use super::bug::Bug;

/// The beginning of the channels of a store that have no log: those that never had an
/// event, and those that were forgotten.
///
/// It is kept with the store's data. As long as nothing may be lost, a channel without
/// events begins at the same position each time: a reader that waited there and comes
/// back has missed nothing. A forgotten channel goes on behind all the numbers it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    /// Another one begins where events may be lost.
    pub(crate) epoch: Epoch,
    /// The highest number that a forgotten channel had.
    pub(crate) floor: u64,
}

impl Origin {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self { epoch, floor: 0 }
    }

    /// The log of a channel of which nothing is known.
    pub(crate) fn log<E: Clone>(&self, channel: &str) -> Log<E> {
        Log::behind(EventId::new(self.epoch.of_channel(channel), self.floor))
    }

    /// Lets a log go on that was read. Its entries keep their epochs; the next one has
    /// that of now, which is another one only if events may be lost.
    pub(crate) fn resume<E: Clone>(&self, channel: &str, log: &mut Log<E>) {
        log.begin(self.epoch.of_channel(channel));
    }

    /// Remembers the numbers of a channel that is forgotten.
    pub(crate) fn forget<E: Clone>(&mut self, log: &Log<E>) {
        if !log.is_unused() && !log.has(Bug::ForgetsNumbers) {
            self.floor = self.floor.max(log.top().sequence());
        }
    }
}
