//! How much a log keeps.

use std::time::Duration;

use super::super::clock::millis;

/// How much of a channel is retained, and how much of it is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Limits {
    /// How long, in milliseconds.
    pub(crate) age: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) held_events: usize,
    pub(crate) held_bytes: u64,
    /// The bytes of the retained events of all channels together.
    pub(crate) total: u64,
    /// The bytes in memory of all channels together, of events that are in a file as well.
    pub(crate) total_held: u64,
}

/// Into how many parts the retention is divided, in time, number and bytes. One
/// part is trimmed at once.
const PARTS: u64 = 16;

impl Limits {
    /// Limits of a log that is in memory as a whole.
    pub(crate) fn in_memory(age: Duration, events: u64, bytes: u64) -> Self {
        let (held_events, held_bytes) = (usize::MAX, u64::MAX);
        let (total, total_held) = (u64::MAX, u64::MAX);
        Self { age: millis(age), events, bytes, held_events, held_bytes, total, total_held }
    }

    /// Limits of a log that is in a file, and of which only the newest events are
    /// in memory as well.
    pub(crate) fn in_file(age: Duration, events: u64, bytes: u64) -> Self {
        Self {
            held_events: 256,
            held_bytes: 256 * 1024,
            total_held: 64 << 20,
            ..Self::in_memory(age, events, bytes)
        }
    }

    /// Bounds all channels together, and with them each one.
    pub(crate) fn with_total(self, total: u64) -> Self {
        Self { total, bytes: self.bytes.min(total), ..self }
    }

    /// How much older than [`age`](Limits::age) an event may be before it is trimmed.
    pub(crate) fn slack(&self) -> u64 {
        (self.age / PARTS).max(1)
    }

    pub(super) fn part_events(&self) -> u64 {
        (self.events / PARTS).max(1)
    }

    pub(super) fn part_bytes(&self) -> u64 {
        self.bytes / PARTS
    }
}
