//! Logs that are read back from a file, and events that a file may fail to store.

use super::super::id::{Epoch, EventId};
use super::{Limits, Log, Origin};

impl<E: Clone> Log<E> {
    /// Adds the next event, which is in the cold store already.
    pub(crate) fn retain(&mut self, epoch: Epoch, bytes: u64, at: u64, limits: &Limits) {
        self.head += 1;
        self.is_used = true;
        self.terms.newest = epoch;
        self.terms.push(self.head);
        self.segments.push(bytes, at, limits);
        // Events of a file may have been trimmed earlier; they are removed a little
        // later.
        self.segments.trim_by_size(limits);
        self.forget_epochs();
    }

    /// Reports that an event of the cold store is damaged or missing. The events before
    /// it are no longer delivered, because the next one does not follow them. `epoch`
    /// is that of the lost event, if it is known.
    pub(crate) fn lose(&mut self, lost: EventId) {
        *self = Self { is_used: true, ..Self::behind(lost) };
    }

    /// Records that there were events, all of which are trimmed.
    pub(crate) fn set_used(&mut self) {
        self.is_used = true;
    }

    /// Sets the epoch of later entries; existing ones keep theirs.
    pub(crate) fn begin(&mut self, epoch: Epoch) {
        self.terms.newest = epoch;
    }

    /// Drops the appended events, which were not stored.
    pub(crate) fn abort(&mut self) {
        self.pending.clear();
    }

    /// Returns `true` if a log that was read from a file continues another one: it has
    /// lost nothing.
    pub(crate) fn continues(&self, before: &Self) -> bool {
        self.has_entry(before.head())
    }
}

impl Origin {
    /// Continues a log that was read. Its entries keep their epochs; the next one gets
    /// the current epoch, which differs only if events may be lost.
    pub(crate) fn resume<E: Clone>(&self, channel: &str, log: &mut Log<E>) {
        log.begin(self.epoch.of_channel(channel));
    }
}
