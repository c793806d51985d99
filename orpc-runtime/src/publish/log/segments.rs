//! Retained events of a log, in parts that are trimmed at once.

use std::collections::VecDeque;

use super::limits::Limits;

/// The retained events by number, age and size. The number of parts is a few dozen at
/// most, for any number of events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Segments {
    parts: VecDeque<Segment>,
    /// Number of the oldest event; of the next one if there is none.
    earliest: u64,
    events: u64,
    bytes: u64,
}

/// Consecutive events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Segment {
    events: u64,
    bytes: u64,
    /// Times when the first and the last of them were appended.
    from: u64,
    until: u64,
}

impl Segments {
    /// Creates an empty list; the next event has that number.
    pub(super) fn starting_at(earliest: u64) -> Self {
        Self { parts: VecDeque::new(), earliest, events: 0, bytes: 0 }
    }

    pub(super) fn earliest(&self) -> u64 {
        self.earliest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Returns the time when the oldest event was appended.
    pub(super) fn oldest_age(&self) -> Option<u64> {
        self.parts.front().map(|part| part.from)
    }

    /// Adds the next event.
    pub(super) fn push(&mut self, bytes: u64, at: u64, limits: &Limits) {
        self.events += 1;
        self.bytes += bytes;
        if let Some(last) = self.parts.back_mut()
            && last.events < limits.part_events()
            && last.bytes.saturating_add(bytes) <= limits.part_bytes()
            && at.saturating_sub(last.from) < limits.slack()
        {
            last.events += 1;
            last.bytes += bytes;
            last.until = last.until.max(at);
            return;
        }
        self.parts.push_back(Segment { events: 1, bytes, from: at, until: at });
    }

    /// Trims the oldest parts while the retained events exceed a limit.
    pub(super) fn trim_by_size(&mut self, limits: &Limits) {
        while (self.events > limits.events || self.bytes > limits.bytes) && self.parts.len() > 1 {
            self.drop_oldest();
        }
    }

    /// Trims the parts all of whose events are older than the retention.
    pub(super) fn trim_by_age(&mut self, now: u64, limits: &Limits) {
        let is_old = |part: &Segment| now.saturating_sub(part.until) > limits.age;
        while self.parts.front().is_some_and(is_old) {
            self.drop_oldest();
        }
    }

    /// Returns the bytes of all events.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Trims the oldest part.
    pub(super) fn drop_oldest(&mut self) {
        if let Some(part) = self.parts.pop_front() {
            self.earliest += part.events;
            self.events -= part.events;
            self.bytes -= part.bytes;
        }
    }
}
