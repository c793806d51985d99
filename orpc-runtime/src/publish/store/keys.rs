//! Retry keys: which event was published under which.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::super::id::EventId;

/// The retry keys of a channel, each for as long as events are retained by age,
/// also when its event was trimmed for other reasons.
#[derive(Debug, Default)]
pub(super) struct Keys {
    events: HashMap<Arc<str>, EventId>,
    /// The keys in the order of their events, with the ages of those.
    order: VecDeque<(Arc<str>, u64)>,
    /// The number behind the last event whose key was forgotten.
    from: u64,
}

/// How many keys of one channel are remembered.
pub(super) const MAX_KEYS: usize = 100_000;

impl Keys {
    /// The event of that key.
    pub(super) fn get(&self, key: &str) -> Option<EventId> {
        self.events.get(key).copied()
    }

    /// Remembers a key. One that is known stays with its event.
    pub(super) fn insert(&mut self, key: Arc<str>, event: EventId, at: u64) {
        if let Entry::Vacant(entry) = self.events.entry(Arc::clone(&key)) {
            entry.insert(event);
            self.order.push_back((key, at));
        }
    }

    /// Whether no further key can be remembered.
    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= MAX_KEYS
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The age of the store at the event of the oldest key.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.order.front().map(|(_, at)| *at)
    }

    /// The number from which the events of keys that are not forgotten are.
    pub(super) fn from(&self) -> u64 {
        self.from
    }

    /// Forgets the keys of events that were published before that age of the store.
    pub(super) fn forget_before(&mut self, age: u64) {
        while self.order.front().is_some_and(|(_, at)| *at < age) {
            if let Some((key, _)) = self.order.pop_front()
                && let Some(event) = self.events.remove(&key)
            {
                self.from = event.sequence().saturating_add(1);
            }
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
