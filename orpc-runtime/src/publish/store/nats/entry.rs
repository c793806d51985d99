//! Entries of a channel: the messages on its subject.
//!
//! Each entry has the state of the channel with it, so that the last one tells all that an append needs: one precondition
//! of the server, the sequence of the last message on the subject, makes reading the state and appending one step.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::Record;
use crate::publish::audience::Audience;
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::{Extent, Limits};

/// Maximum time that passes between two entries, beyond which the clock was set.
const BACK: u64 = 10_000;

/// Number of trimmed entries that stay.
pub(super) const LEFT: u64 = 64;

/// A message on the subject of a channel: the state as a line of JSON, then the envelope of the
/// event.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Sequence of the message in the stream.
    pub(super) seq: u64,
    pub(super) head: Arc<Head>,
    pub(super) envelope: Bytes,
    /// Bytes of its event; 0 of a mark.
    weight: u64,
}

/// State of a channel at one of its entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Id of the event; of a mark that of the last event.
    #[serde(rename = "i")]
    pub(super) id: EventId,
    /// The entry is a mark, which has the state alone: it begins a channel, or keeps it while it
    /// has readers.
    #[serde(rename = "m", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_mark: bool,
    /// Sequence of the entry before; 0 if there was none.
    #[serde(rename = "p")]
    pub(super) behind: u64,
    /// The process of the server that has all entries of the newest epoch.
    #[serde(rename = "r")]
    pub(super) run: String,
    /// Epochs with the numbers of their first events, from that of the event before the oldest.
    #[serde(rename = "t")]
    pub(super) terms: Vec<Term>,
    #[serde(rename = "f")]
    pub(super) floor: Floor,
    /// An earlier floor, before which nothing is left. Trimmed entries stay for a while, so that
    /// attempts to publish with idempotency keys find what is behind their place.
    #[serde(rename = "q")]
    pub(super) kept: Floor,
    /// Bytes of all events before this one, trimmed ones as well.
    #[serde(rename = "b")]
    pub(super) before: u64,
    /// Age of the channel in ms, which never decreases.
    #[serde(rename = "c")]
    pub(super) age: u64,
    /// Age of the channel at its last event.
    #[serde(rename = "l")]
    pub(super) last: u64,
    /// Time of the server in ms since 1970 at that age.
    #[serde(rename = "w")]
    pub(super) wall: u64,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) audience: Option<Audience>,
}

/// An epoch, with the number of its first event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Term(pub(super) u64, pub(super) Epoch);

/// The oldest retained event; the next event if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Floor {
    #[serde(rename = "n")]
    pub(super) earliest: u64,
    /// Sequence that no retained entry is before.
    #[serde(rename = "s")]
    pub(super) seq: u64,
    /// Age of the channel when that event was appended.
    #[serde(rename = "c")]
    pub(super) age: u64,
    /// Bytes of all events before it.
    #[serde(rename = "b")]
    pub(super) before: u64,
}

impl Serialize for Term {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&EventId::new(self.1, self.0))
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = EventId::deserialize(deserializer)?;
        Ok(Self(id.sequence(), id.epoch()))
    }
}

/// Returns a copy of the envelope behind that end of the state: the message is a part of a buffer of the connection, which
/// it would keep.
fn envelope(payload: &[u8], end: usize) -> Bytes {
    Bytes::copy_from_slice(&payload[end + 1..])
}

impl Entry {
    pub(super) fn new(seq: u64, head: Head, envelope: Bytes) -> Self {
        let mut entry = Self { seq, head: Arc::new(head), envelope, weight: 0 };
        if !entry.head.is_mark {
            entry.weight = entry.record().weight();
        }
        entry
    }

    /// Returns the entry with the state of the channel alone.
    pub(super) fn without_envelope(&self) -> Self {
        Self { envelope: Bytes::new(), ..self.clone() }
    }

    /// Reads a message.
    pub(super) fn read(seq: u64, payload: &Bytes) -> Option<Self> {
        let end = memchr::memchr(b'\n', payload)?;
        let head: Head = serde_json::from_slice(&payload[..end]).ok()?;
        let is_whole = !head.terms.is_empty()
            && (1..=head.id.sequence().checked_add(1)?).contains(&head.floor.earliest);
        is_whole.then(|| Self::new(seq, head, envelope(payload, end)))
    }

    /// Reads the id and the event of a message, and no more of the state; without an event of a mark.
    pub(super) fn read_event(payload: &Bytes) -> Option<Option<(EventId, Record)>> {
        /// The part of the state that readers need.
        #[derive(Deserialize)]
        struct Line {
            #[serde(rename = "i")]
            id: EventId,
            #[serde(rename = "m", default)]
            is_mark: bool,
            #[serde(rename = "a", default)]
            audience: Option<Audience>,
        }

        let end = memchr::memchr(b'\n', payload)?;
        let Line { id, is_mark, audience } = serde_json::from_slice(&payload[..end]).ok()?;
        let record =
            || Record { envelope: envelope(payload, end), audience: audience.map(Arc::new) };
        Some((!is_mark).then(|| (id, record())))
    }

    /// Returns the payload of its message.
    pub(super) fn payload(head: &Head, envelope: &[u8]) -> serde_json::Result<Bytes> {
        let mut payload = serde_json::to_vec(head)?;
        payload.push(b'\n');
        payload.extend_from_slice(envelope);
        Ok(payload.into())
    }

    pub(super) fn record(&self) -> Record {
        let audience = self.head.audience.clone().map(Arc::new);
        Record { envelope: self.envelope.clone(), audience }
    }

    /// Returns the bytes of all events up to this entry.
    pub(super) fn total(&self) -> u64 {
        self.head.before.saturating_add(self.weight)
    }

    /// Returns the number of the first event that is not before this entry.
    pub(super) fn number(&self) -> u64 {
        self.head.id.sequence().saturating_add(u64::from(self.head.is_mark))
    }

    /// Returns the floor of a log that begins with this entry.
    pub(super) fn floor(&self) -> Floor {
        let Head { age, before, .. } = *self.head;
        Floor { earliest: self.number(), seq: self.seq, age, before }
    }

    /// Returns age and time of the channel at that time of the server.
    ///
    /// The clocks by which nodes know that time differ a little, so that it does not go back by
    /// that; no time passes if it was set back, and no more than expires everything if it was set
    /// forward.
    pub(super) fn moment(&self, now: u64, limits: &Limits) -> (u64, u64) {
        let before = self.head.wall;
        let wall = if now < before && before - now <= BACK { before } else { now };
        let most = limits.age.saturating_add(limits.slack()).saturating_add(2);
        (self.head.age.saturating_add(wall.saturating_sub(before).min(most)), wall)
    }
}

impl Head {
    /// Returns the first state of a channel without events, whose next number is behind `known`.
    pub(super) fn begin(known: u64, fresh: Epoch, run: &str, wall: u64) -> Self {
        let floor = Floor { earliest: known.saturating_add(1), seq: 0, age: 0, before: 0 };
        Self {
            id: EventId::new(fresh, known),
            is_mark: true,
            behind: 0,
            run: run.to_owned(),
            terms: vec![Term(known, fresh)],
            floor,
            kept: floor,
            before: 0,
            age: 0,
            last: 0,
            wall,
            key: None,
            audience: None,
        }
    }

    /// Returns the extent of the channel, which begins at that floor.
    pub(super) fn extent(&self, floor: &Floor) -> Option<Extent> {
        let next = self.terms.last()?.1;
        let terms = self.terms.iter().map(|Term(first, epoch)| (*first, *epoch));
        Extent::new(floor.earliest, self.id.sequence(), terms, next)
    }

    /// Returns the sequence before which entries are to be removed, and notes the present floor for
    /// the next time. `None` if too few are trimmed since the last time.
    pub(super) fn purge(&mut self, limits: &Limits) -> Option<u64> {
        let (before, floor) = (self.kept, self.floor);
        let is_due = floor.earliest >= before.earliest.saturating_add(LEFT)
            || floor.before - before.before.min(floor.before) >= limits.bytes.max(1);
        if !is_due {
            return None;
        }
        self.kept = floor;
        Some(before.seq)
    }

    /// Drops the epochs of trimmed events, but that of the last of them.
    pub(super) fn forget_terms(&mut self) {
        let last = self.floor.earliest.saturating_sub(1);
        let before = self.terms.partition_point(|term| term.0 <= last);
        self.terms.drain(..before.saturating_sub(1));
    }
}

/// The record of an idempotency key: what has become of its event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct KeyRecord {
    /// Age of the channel when the event was published.
    #[serde(rename = "c")]
    pub(super) age: u64,
    /// Sequence of the entry behind which the event is appended, or nowhere.
    #[serde(rename = "p")]
    pub(super) behind: u64,
    /// Id of the event, once it is known.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<EventId>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn epoch(number: u128) -> Epoch {
        Epoch::of(number)
    }

    fn head() -> Head {
        let floor = Floor { earliest: 3, seq: 7, age: 5, before: 100 };
        Head {
            id: EventId::new(epoch(2), 5),
            is_mark: false,
            behind: 9,
            terms: vec![Term(2, epoch(1)), Term(4, epoch(2))],
            floor,
            kept: Floor { earliest: 1, seq: 2, age: 0, before: 40 },
            before: 400,
            age: 50,
            last: 50,
            key: Some("key".to_owned()),
            audience: Some(Audience::everyone().tags(["a\nb"])),
            ..Head::begin(0, epoch(1), "run", 1_000_000)
        }
    }

    fn entry(head: Head) -> Entry {
        Entry::new(12, head, Bytes::from_static(b"{\n}"))
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let payload = Entry::payload(&head(), b"{\n}").unwrap();
        let read = Entry::read(12, &payload).unwrap();
        assert_eq!((&*read.head, &read.envelope[..]), (&head(), &b"{\n}"[..]));
        assert_eq!(read.record().audience.as_deref(), head().audience.as_ref());
        let (id, record) = Entry::read_event(&payload).unwrap().unwrap();
        assert_eq!((id, &record.envelope[..]), (head().id, &b"{\n}"[..]));
        assert_eq!(record.audience.as_deref(), head().audience.as_ref());
        assert!(Entry::read_event(&"{}\n{}".into()).is_none());
        let mark = Head::begin(4, epoch(9), "run", 1);
        assert!(Entry::read_event(&Entry::payload(&mark, b"").unwrap()).unwrap().is_none());
        let payload = Entry::payload(&mark, b"").unwrap();
        assert_eq!(*Entry::read(1, &payload).unwrap().head, mark);
        let text = String::from_utf8(Entry::payload(&head(), b"{}").unwrap().to_vec()).unwrap();
        let (from, to) = (r#""n":3"#, r#""n":7"#);
        assert!(text.contains(from));
        for other in [
            String::new(),
            "{}".to_owned(),
            "{}\n{}".to_owned(),
            text.replace('\n', " "),
            // A floor behind the next event, and no epoch.
            text.replace(from, to),
            text.replace(from, r#""n":0"#),
            text.replace(r#""t":["#, r#""t":[],"x":["#),
        ] {
            assert!(Entry::read(1, &other.clone().into()).is_none(), "{other}");
        }
    }

    #[test]
    fn an_event_does_not_keep_the_buffer_of_its_message() {
        let payload = Entry::payload(&head(), b"{}").unwrap();
        let buffer = Bytes::from([&payload[..], &[0; 65_536]].concat());
        let message = buffer.slice(..payload.len());
        let entry = Entry::read(12, &message).unwrap();
        let (_, record) = Entry::read_event(&message).unwrap().unwrap();
        drop(message);
        assert!(buffer.is_unique());
        assert_eq!((&entry.envelope[..], &record.envelope[..]), (&b"{}"[..], &b"{}"[..]));
    }

    #[test]
    fn sums_and_numbers_are_those_up_to_the_entry() {
        let event = entry(head());
        assert_eq!(event.total(), 400 + event.record().weight());
        assert_eq!(event.number(), 5);
        assert_eq!(event.floor(), Floor { earliest: 5, seq: 12, age: 50, before: 400 });
        let mark = entry(Head { is_mark: true, ..head() });
        assert_eq!((mark.total(), mark.number()), (400, 6));
        assert_eq!(mark.floor().earliest, 6);
    }

    #[test]
    fn a_channel_does_not_age_by_clocks_that_differ_or_are_set() {
        let limits = Limits::in_memory(Duration::from_millis(16_000), 1, 1);
        let entry = entry(head());
        for (now, moment) in [
            (1_000_000, (50, 1_000_000)),
            (1_000_700, (750, 1_000_700)),
            // A clock that is behind a little, and one that was set back.
            (999_000, (50, 1_000_000)),
            (990_000, (50, 1_000_000)),
            (989_999, (50, 989_999)),
            // One that was set forward.
            (1_017_002, (17_052, 1_017_002)),
            (9_000_000, (17_052, 9_000_000)),
        ] {
            assert_eq!(entry.moment(now, &limits), moment, "{now}");
        }
    }

    #[test]
    fn trimmed_entries_are_removed_once_enough_others_are_trimmed() {
        let limits = Limits::in_memory(Duration::from_secs(1), 1, 1000);
        let purge = |earliest, before| {
            let mut head = head();
            head.floor = Floor { earliest, before, ..head.floor };
            (head.purge(&limits), head.kept == head.floor)
        };
        assert_eq!(purge(64, 1039), (None, false));
        assert_eq!(purge(65, 100), (Some(2), true));
        assert_eq!(purge(3, 1040), (Some(2), true));
    }

    #[test]
    fn epochs_are_kept_from_the_event_before_the_oldest() {
        let kept = |earliest| {
            let mut head = head();
            head.floor.earliest = earliest;
            head.forget_terms();
            head.terms
        };
        assert_eq!(kept(1), [Term(2, epoch(1)), Term(4, epoch(2))]);
        assert_eq!(kept(4), [Term(2, epoch(1)), Term(4, epoch(2))]);
        assert_eq!(kept(5), [Term(4, epoch(2))]);
        assert_eq!(kept(6), [Term(4, epoch(2))]);
        let extent = head().extent(&head().floor).unwrap();
        assert_eq!(
            (extent.head(), extent.id(3), extent.id(5)),
            (5, EventId::new(epoch(1), 3), EventId::new(epoch(2), 5))
        );
    }
}
