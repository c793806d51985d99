//! Idempotency keys and the events published under them.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::super::id::EventId;
use crate::budget::ENTRY;

/// The idempotency keys of a channel. Each is kept for as long as events are retained by age,
/// even if its event was trimmed by size.
#[derive(Debug, Default)]
pub(super) struct Keys {
    events: HashMap<Arc<str>, EventId>,
    /// Keys in the order of their events, with the ages of those.
    order: VecDeque<(Arc<str>, u64)>,
    /// Number behind the last event whose key was dropped.
    from: u64,
    /// Memory of all keys.
    bytes: u64,
}

/// Maximum number of keys of one channel.
pub(super) const MAX_KEYS: usize = 100_000;

/// Maximum memory of the keys of all channels together.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// Returns the memory of a key: its text, and its places in the map and in the order.
fn weight(key: &str) -> u64 {
    let places = size_of::<(Arc<str>, EventId)>() + size_of::<(Arc<str>, u64)>();
    (key.len() + places + ENTRY) as u64
}

impl Keys {
    /// Returns the event of a key.
    pub(super) fn get(&self, key: &str) -> Option<EventId> {
        self.events.get(key).copied()
    }

    /// Adds a key. A known key keeps its event.
    pub(super) fn insert(&mut self, key: Arc<str>, event: EventId, at: u64) {
        if let Entry::Vacant(entry) = self.events.entry(Arc::clone(&key)) {
            entry.insert(event);
            self.bytes += weight(&key);
            self.order.push_back((key, at));
        }
    }

    /// Returns `true` if no further key can be added.
    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= MAX_KEYS
    }

    /// Returns the memory of all keys.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns `true` if there are no keys.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Returns the age of the store at the event of the oldest key.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.order.front().map(|(_, at)| *at)
    }

    /// Returns the number of the first event whose key may be kept.
    pub(super) fn from(&self) -> u64 {
        self.from
    }

    /// Drops the keys of events that were published before that age of the store.
    pub(super) fn forget_before(&mut self, age: u64) {
        while self.order.front().is_some_and(|(_, at)| *at < age) {
            if let Some((key, _)) = self.order.pop_front()
                && let Some(event) = self.events.remove(&key)
            {
                self.from = event.sequence().saturating_add(1);
                self.bytes = self.bytes.saturating_sub(weight(&key));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::id::Epoch;

    fn id(sequence: u64) -> EventId {
        EventId::new(Epoch::of(1), sequence)
    }

    #[test]
    fn keys_count_with_their_texts_and_places_until_they_are_dropped() {
        let mut keys = Keys::default();
        keys.insert("".into(), id(1), 10);
        let place = keys.bytes();
        // Two handles of the text, the id, the age, and the entries themselves.
        assert!((72 + ENTRY as u64..=256).contains(&place), "{place}");
        keys.insert("x".repeat(100).into(), id(2), 20);
        assert_eq!(keys.bytes(), 2 * place + 100);
        keys.insert("".into(), id(3), 30);
        assert_eq!(keys.bytes(), 2 * place + 100, "a known key counts once");
        assert_eq!(keys.get(""), Some(id(1)));
        keys.forget_before(20);
        assert_eq!(keys.bytes(), place + 100);
        keys.forget_before(21);
        assert_eq!(keys.bytes(), 0);
        assert!(keys.is_empty());
    }

    #[test]
    fn keys_are_dropped_by_the_age_of_their_events() {
        let mut keys = Keys::default();
        assert_eq!((keys.oldest(), keys.from()), (None, 0));
        assert!(keys.is_empty());
        keys.insert("a".into(), id(1), 10);
        keys.insert("b".into(), id(5), 20);
        assert!(!keys.is_empty());
        keys.forget_before(10);
        assert_eq!((keys.oldest(), keys.from()), (Some(10), 0));
        keys.forget_before(11);
        assert_eq!((keys.oldest(), keys.from()), (Some(20), 2));
        assert_eq!((keys.get("a"), keys.get("b")), (None, Some(id(5))));
        keys.forget_before(21);
        assert_eq!((keys.oldest(), keys.from()), (None, 6));
    }

    #[test]
    fn a_channel_has_a_bounded_number_of_keys() {
        let mut keys = Keys::default();
        let event = EventId::new(Epoch::of(7), 1);
        for number in 0..100_000 {
            assert!(!keys.is_full(), "{number}");
            keys.insert(number.to_string().into(), event, 0);
            keys.insert("0".into(), event, 0);
        }
        assert!(keys.is_full());
        assert!(keys.bytes() > 100_000 * 32);
        keys.forget_before(1);
        assert_eq!((keys.is_full(), keys.is_empty(), keys.bytes()), (false, true, 0));
    }
}
