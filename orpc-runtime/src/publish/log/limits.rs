//! Retention limits of a log.

use std::time::Duration;

use super::super::clock::millis;

/// Retention of a channel, and the part of it held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Limits {
    /// Maximum age, in milliseconds.
    pub(crate) age: u64,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    pub(crate) held_events: usize,
    pub(crate) held_bytes: u64,
    /// Maximum bytes of the retained events of all channels together.
    pub(crate) total: u64,
    /// Maximum bytes in memory, of all channels together, for events that are also in a
    /// file.
    pub(crate) total_held: u64,
}

/// Number of parts into which the retention is divided, in time, number and bytes. One
/// part is trimmed at once.
const PARTS: u64 = 16;

impl Limits {
    /// Limits of a log that is completely in memory.
    pub(crate) fn in_memory(age: Duration, events: u64, bytes: u64) -> Self {
        let (held_events, held_bytes) = (usize::MAX, u64::MAX);
        let (total, total_held) = (u64::MAX, u64::MAX);
        Self { age: millis(age), events, bytes, held_events, held_bytes, total, total_held }
    }

    /// Limits of a log in a file, with only the newest events in memory as well.
    #[cfg(any(feature = "nats", feature = "redb", feature = "redis"))]
    pub(crate) fn in_file(age: Duration, events: u64, bytes: u64) -> Self {
        Self {
            held_events: 256,
            held_bytes: 256 * 1024,
            total_held: 64 << 20,
            ..Self::in_memory(age, events, bytes)
        }
    }

    /// Sets a bound for all channels together, and thereby for each one.
    pub(crate) fn with_total(self, total: u64) -> Self {
        Self { total, bytes: self.bytes.min(total), ..self }
    }

    /// Returns the time beyond [`age`](Limits::age) after which an event is trimmed at
    /// the latest.
    pub(crate) fn slack(&self) -> u64 {
        (self.age / PARTS).max(1)
    }

    pub(crate) fn part_events(&self) -> u64 {
        (self.events / PARTS).max(1)
    }

    pub(crate) fn part_bytes(&self) -> u64 {
        self.bytes / PARTS
    }
}
