//! A channel as a process remembers it over one connection.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, Floor, Head, Term};
use crate::publish::id::Epoch;

/// Maximum number of remembered sequences of a channel.
const HINTS: usize = 128;

/// Maximum factor by which the bytes of messages exceed those of their events.
const OVERHEAD: u64 = 16;

/// Bytes beyond those that are expected.
const SPARE: u64 = 1024;

/// A channel, as it was last seen over a connection.
#[derive(Default)]
pub(super) struct Place {
    /// Locked while this process appends to the channel.
    pub(super) turn: tokio::sync::Mutex<()>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    last: Option<Entry>,
    /// The floor, and the epoch of an event behind it.
    floor: Option<(Epoch, Floor)>,
    /// Sequences from which on the events of these numbers are the first.
    hints: BTreeMap<u64, u64>,
    /// Bytes of messages that were read, and of the events in them.
    sizes: Option<(u64, u64)>,
}

impl Place {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the last entry that was seen. The server may have later ones.
    pub(super) fn last(&self) -> Option<Entry> {
        self.seen().last.clone()
    }

    /// Notes an entry of the channel. Its envelope is not kept.
    pub(super) fn saw(&self, entry: &Entry) {
        let mut seen = self.seen();
        if seen.last.as_ref().is_none_or(|last| last.seq < entry.seq) {
            seen.last = Some(entry.without_envelope());
        }
    }

    /// Forgets everything of a channel that the server does not have.
    pub(super) fn forget(&self) {
        *self.seen() = Seen::default();
    }

    /// Returns the oldest event of the log that ends with that entry.
    pub(super) fn floor(&self, last: &Entry) -> Floor {
        let Head { id, floor, terms, .. } = &*last.head;
        let is_of_log = |epoch: Epoch| terms.iter().any(|Term(_, own)| *own == epoch);
        let is_later =
            |known: Floor| (floor.earliest..=id.sequence() + 1).contains(&known.earliest);
        match self.seen().floor {
            // A log that was begun anew may have the same numbers.
            Some((epoch, known)) if is_of_log(epoch) && is_later(known) => known,
            _ => *floor,
        }
    }

    /// Notes the floor of a log that has an event of that epoch.
    pub(super) fn set_floor(&self, epoch: Epoch, floor: Floor) {
        self.seen().floor = Some((epoch, floor));
    }

    /// Returns sequences before and behind which the event of that number is not.
    pub(super) fn hints(&self, number: u64) -> (Option<(u64, u64)>, Option<u64>) {
        let seen = self.seen();
        let before = seen.hints.range(..=number).next_back().map(|(number, seq)| (*number, *seq));
        (before, seen.hints.range(number + 1..).next().map(|(_, seq)| *seq))
    }

    /// Returns the bytes of messages with that number of bytes of events, by those that were read before.
    pub(super) fn room(&self, bytes: u64) -> u64 {
        let (messages, events) = self.seen().sizes.unwrap_or((1, 1));
        let room = u128::from(bytes) * u128::from(messages) / u128::from(events.max(1));
        let most = bytes.saturating_mul(OVERHEAD);
        u64::try_from(room).unwrap_or(u64::MAX).min(most).saturating_add(SPARE)
    }

    /// Notes the bytes of messages that were read, and of the events in them.
    pub(super) fn measure(&self, messages: u64, events: u64) {
        if messages > 0 {
            self.seen().sizes = Some((messages, events));
        }
    }

    /// Notes that no event from that number on is before that sequence, and none before it behind.
    pub(super) fn hint(&self, number: u64, seq: u64) {
        let mut seen = self.seen();
        seen.hints.insert(number, seq);
        if seen.hints.len() > HINTS {
            seen.hints.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::publish::EventId;

    /// The last entry of a log of that epoch with that number of events.
    fn last(epoch: u128, events: u64) -> Entry {
        let mut head = Head::begin(0, Epoch::of(epoch), "run", 0);
        head.is_mark = false;
        head.id = EventId::new(Epoch::of(epoch), events);
        Entry::new(events, head, Bytes::new())
    }

    #[test]
    fn a_log_that_was_begun_anew_has_a_floor_of_its_own() {
        let place = Place::default();
        let floor = Floor { earliest: 3, seq: 3, age: 0, before: 0 };
        place.set_floor(Epoch::of(1), floor);
        assert_eq!(place.floor(&last(1, 5)).earliest, 3);
        assert_eq!(place.floor(&last(1, 1)).earliest, 1, "the log has lost its end");
        assert_eq!(place.floor(&last(2, 5)).earliest, 1);
    }

    #[test]
    fn as_many_bytes_are_read_as_the_messages_before_had_for_their_events() {
        let place = Place::default();
        assert_eq!(place.room(1000), 1000 + SPARE);
        place.measure(600, 200);
        assert_eq!(place.room(1000), 3000 + SPARE);
        place.measure(0, 0);
        assert_eq!(place.room(u64::MAX), u64::MAX);
        place.measure(1_000_000, 1);
        assert_eq!(place.room(1000), 1000 * OVERHEAD + SPARE);
    }

    #[test]
    fn the_last_entry_is_kept_without_its_event_and_counts_its_bytes() {
        let mut head = Head::begin(0, Epoch::of(1), "run", 0);
        head.is_mark = false;
        let entry = Entry::new(7, head, Bytes::from(vec![b'x'; 1000]));
        let place = Place::default();
        place.saw(&entry);
        let last = place.last().unwrap();
        assert_eq!((last.seq, last.envelope.len()), (7, 0));
        assert!(entry.total() >= 1000);
        assert_eq!(last.total(), entry.total());
    }
}
