//! Channels as a process remembers them, over all connections to one process of the server.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::entry::{Entry, Floor, Head, Term};
use super::link::Link;
use super::stream::Stream;
use crate::clock::Instant;
use crate::publish::error::StoreError;
use crate::publish::id::Epoch;

/// Maximum number of channels that are remembered without use.
const PLACES: usize = 10_000;

/// Maximum number of remembered sequences of a channel.
const HINTS: usize = 128;

/// Maximum factor by which the bytes of messages exceed those of their events.
const OVERHEAD: u64 = 16;

/// Bytes beyond those that are expected.
const SPARE: u64 = 1024;

/// The channels of a stream, as they were last seen.
#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<Arc<str>, Arc<Place>>>);

/// The channels of the present stream.
#[derive(Default)]
pub(super) struct Memory(Mutex<Option<Remembered>>);

struct Remembered {
    /// The process of the server, which may have lost entries if it is another one.
    run: String,
    stream: Stream,
    places: Arc<Places>,
}

/// A channel, as it was last seen.
#[derive(Default)]
pub(super) struct Place {
    /// Locked while this process appends to the channel; the failure of the last event, if it was not appended.
    pub(super) turn: tokio::sync::Mutex<Option<(Instant, StoreError)>>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    last: Option<Entry>,
    /// The floor, and the epoch of an event behind it.
    floor: Option<(Epoch, Floor)>,
    /// Sequences from which on the events of these numbers are the first.
    hints: BTreeMap<u64, u64>,
    /// The numbers of the hints, in the order in which they came.
    numbers: VecDeque<u64>,
    /// Bytes of messages that were read, and of the events in them.
    sizes: Option<(u64, u64)>,
}

impl Places {
    /// Returns the channel of that name.
    pub(super) fn of(&self, channel: &str) -> Arc<Place> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(channel) {
            return Arc::clone(place);
        }
        if places.len() >= PLACES {
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(places.entry(channel.into()).or_default())
    }

    /// Forgets the last entries: they are read anew over each connection before anything is appended.
    fn forget_last(&self) {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.values().for_each(|place| place.seen().last = None);
    }
}

impl Memory {
    /// Gives a connection the channels that were seen over the one before, if they are those of the same process of the
    /// server and the same stream.
    pub(super) fn give(&self, link: &Link) {
        link.set_places(self.places(link.run(), link.stream()));
    }

    fn places(&self, run: &str, stream: &Stream) -> Arc<Places> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*known
            && known.run == run
            && known.stream == *stream
        {
            known.places.forget_last();
            return Arc::clone(&known.places);
        }
        let places = Arc::<Places>::default();
        let (run, stream) = (run.to_owned(), stream.clone());
        *known = Some(Remembered { run, stream, places: Arc::clone(&places) });
        places
    }
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

    /// Notes that no event from that number on is before that sequence, and none before it behind: unless the channel was
    /// begun anew, then a search takes longer.
    pub(super) fn hint(&self, number: u64, seq: u64) {
        let mut seen = self.seen();
        if seen.hints.insert(number, seq).is_some() {
            return;
        }
        seen.numbers.push_back(number);
        // Not the lowest one, which a reader that is far behind needs.
        if seen.numbers.len() > HINTS
            && let Some(oldest) = seen.numbers.pop_front()
        {
            seen.hints.remove(&oldest);
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
    fn the_hints_that_came_first_are_forgotten_whichever_events_they_are_of() {
        let place = Place::default();
        for number in 1000..1000 + HINTS as u64 {
            place.hint(number, number);
        }
        // A reader that is far behind.
        place.hint(10, 10);
        assert_eq!(place.hints(11), (Some((10, 10)), Some(1001)));
        place.hint(10, 11);
        place.hint(20, 20);
        assert_eq!(place.hints(11), (Some((10, 11)), Some(20)));
        assert_eq!(place.hints(1001).0, Some((20, 20)), "the second one is kept");
        assert_eq!(place.seen().hints.len(), HINTS);
    }

    #[test]
    fn channels_are_remembered_for_the_same_process_of_the_server_and_the_same_stream() {
        let memory = Memory::default();
        let stream = Stream::new("orpc", 1);
        let first = memory.places("run", &stream);
        first.of("room").hint(1, 7);
        first.of("room").saw(&last(1, 5));
        assert!(first.of("room").last().is_some());
        assert_eq!(memory.places("run", &stream).of("room").hints(1).0, Some((1, 7)));
        assert!(first.of("room").last().is_none(), "it is read anew");
        assert_eq!(memory.places("run", &Stream::new("orpc", 2)).of("room").hints(1).0, None);
        // Another process of the server or another stream may have another log.
        assert_eq!(memory.places("run", &stream).of("room").hints(1).0, None);
        assert_eq!(memory.places("other", &stream).of("room").hints(1).0, None);
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
