//! Storage in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::FutureExt as _;

use super::backend::{
    AlarmSlot, ListOptions, StorageBackend, StorageError, StorageFuture, Write, Written, bounds,
    is_empty, prefix_end,
};
#[cfg(feature = "websocket")]
use crate::budget::Budget;
use crate::budget::Reservation;
use crate::publish::Durability;

/// The storage of one room in memory, for tests and for rooms whose state may be lost with the
/// process. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<State>>);

struct State {
    entries: BTreeMap<String, Bytes>,
    sequences: HashMap<String, u64>,
    alarms: [Option<u64>; 2],
    /// Called when an alarm is set.
    alarmed: Option<Arc<dyn Fn() + Send + Sync>>,
    /// Bytes of entries and sequences.
    bytes: usize,
    /// Memory of the room.
    kept: Reservation,
}

impl Default for State {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            sequences: HashMap::new(),
            alarms: [None; 2],
            alarmed: None,
            bytes: 0,
            kept: Reservation::unbounded(),
        }
    }
}

/// Bytes of a room that something was written to, and of an entry beside key and value.
const ROOM: usize = 512;
const ENTRY: usize = 64;

impl MemoryStorage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates the storage of a room whose bytes count towards a budget.
    #[cfg(feature = "websocket")]
    pub(super) fn counted(budget: &Arc<Budget>) -> Self {
        let storage = Self::default();
        storage.state().kept = budget.nothing();
        storage
    }

    /// Sets the function that is called when an alarm is set.
    #[cfg(feature = "websocket")]
    pub(super) fn on_alarm(&self, alarmed: Arc<dyn Fn() + Send + Sync>) {
        self.state().alarmed = Some(alarmed);
    }

    /// Returns `true` if nothing was ever written.
    #[cfg(feature = "websocket")]
    pub(super) fn is_unused(&self) -> bool {
        self.state().is_unused()
    }

    /// Returns the time of the next alarm.
    #[cfg(feature = "websocket")]
    pub(super) fn next_alarm(&self) -> Option<u64> {
        self.state().alarms.into_iter().flatten().min()
    }
}

impl State {
    fn is_unused(&self) -> bool {
        let is_quiet = self.alarms.iter().all(Option::is_none);
        is_quiet && self.entries.is_empty() && self.sequences.is_empty()
    }

    /// Returns the memory that is taken.
    fn size(&self) -> usize {
        if self.is_unused() { 0 } else { ROOM + self.bytes }
    }

    /// Sets or removes an entry. Returns the former value.
    fn set(&mut self, key: &str, value: Option<Bytes>) -> Option<Bytes> {
        self.bytes += value.as_ref().map_or(0, |value| entry(key, value));
        let former = match value {
            Some(value) => self.entries.insert(key.to_owned(), value),
            None => self.entries.remove(key),
        };
        self.bytes -= former.as_ref().map_or(0, |former| entry(key, former));
        former
    }

    /// Sets or removes the last number of a sequence. Returns the former one.
    fn set_last(&mut self, prefix: &str, number: Option<u64>) -> Option<u64> {
        let bytes = ENTRY + prefix.len();
        self.bytes += number.map_or(0, |_| bytes);
        let former = match number {
            Some(number) => self.sequences.insert(prefix.to_owned(), number),
            None => self.sequences.remove(prefix),
        };
        self.bytes -= former.map_or(0, |_| bytes);
        former
    }

    /// Writes all, or nothing if there is no memory for what is kept then.
    fn write_all(&mut self, writes: Vec<Write>) -> Result<Written, StorageError> {
        let mut written = Written::default();
        let (mut former, alarms) = (Vec::new(), self.alarms);
        for write in writes {
            self.write(write, &mut written, &mut former);
        }
        if self.kept.resize(self.size()).is_ok() {
            return Ok(written);
        }
        for former in former.into_iter().rev() {
            match former {
                Former::Entry(key, value) => drop(self.set(&key, value)),
                Former::Last(prefix, number) => _ = self.set_last(&prefix, number),
            }
        }
        self.alarms = alarms;
        Err(StorageError::Full)
    }

    fn write(&mut self, write: Write, written: &mut Written, former: &mut Vec<Former>) {
        match write {
            Write::Put { key, value } => {
                let old = self.set(&key, Some(value));
                former.push(Former::Entry(key, old));
            }
            Write::Delete { key } => {
                let old = self.set(&key, None);
                written.deleted += usize::from(old.is_some());
                former.push(Former::Entry(key, old));
            }
            Write::Append { prefix, value } => {
                let number = self.sequences.get(&prefix).map_or(1, |last| last + 1);
                let key = Write::numbered(&prefix, number);
                let last = self.set_last(&prefix, Some(number));
                let old = self.set(&key, Some(value));
                former.extend([Former::Last(prefix, last), Former::Entry(key.clone(), old)]);
                written.appended.push(key);
            }
            Write::Alarm { slot, at } => self.alarms[usize::from(slot.number())] = at,
            Write::Rang { slot, at } => {
                let alarm = &mut self.alarms[usize::from(slot.number())];
                alarm.take_if(|set| *set == at);
            }
        }
    }
}

/// A value that a write has replaced.
enum Former {
    Entry(String, Option<Bytes>),
    Last(String, Option<u64>),
}

/// Returns the memory of an entry.
fn entry(key: &str, value: &Bytes) -> usize {
    ENTRY + key.len() + value.len()
}

impl StorageBackend for MemoryStorage {
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>> {
        ready(Ok(self.state().entries.get(key).cloned())).boxed()
    }

    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>> {
        let state = self.state();
        let end = prefix_end(prefix);
        let range = bounds(prefix, end.as_deref(), options);
        if is_empty(&range) {
            return ready(Ok(Vec::new())).boxed();
        }
        let found = state.entries.range::<str, _>(range);
        let copy = |(key, value): (&String, &Bytes)| (key.clone(), value.clone());
        let found = if options.reverse {
            found.rev().take(options.limit).map(copy).collect()
        } else {
            found.take(options.limit).map(copy).collect()
        };
        ready(Ok(found)).boxed()
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let mut state = self.state();
        let is_alarm = |write: &Write| matches!(write, Write::Alarm { .. } | Write::Rang { .. });
        let alarmed = writes.iter().any(is_alarm).then(|| state.alarmed.clone()).flatten();
        let written = state.write_all(writes);
        drop(state);
        if written.is_ok()
            && let Some(alarmed) = alarmed
        {
            alarmed();
        }
        ready(written).boxed()
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        ready(Ok(self.state().alarms[usize::from(slot.number())])).boxed()
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }
}

impl fmt::Debug for MemoryStorage {
    // Omits the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStorage")
            .field("entries", &self.state().entries.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use super::*;

    #[test]
    fn a_list_has_the_entries_of_the_prefix_behind_the_key() {
        let storage = MemoryStorage::default();
        let keys = ["", "a", "a/", "a/1", "a/2", "a/3", "a0", "b", "\u{10FFFF}", "\u{10FFFF}a"];
        for key in keys {
            storage.state().set(key, Some(Bytes::new()));
        }
        for prefix in keys {
            for after in keys.map(Some).into_iter().chain([None, Some("a/25"), Some("c")]) {
                for (reverse, limit) in [(false, 2), (true, 2), (false, 100), (true, 100)] {
                    let after_key = after.map(str::to_owned);
                    let options = ListOptions { limit, reverse, after: after_key };
                    let is_in = |key: &&str| {
                        let behind = |after| if reverse { *key < after } else { *key > after };
                        key.starts_with(prefix) && after.is_none_or(behind)
                    };
                    let mut expected: Vec<_> = keys.into_iter().filter(is_in).collect();
                    if reverse {
                        expected.reverse();
                    }
                    expected.truncate(limit);
                    let found = storage.list(prefix, &options).now_or_never().unwrap().unwrap();
                    let found: Vec<_> = found.iter().map(|(key, _)| key.as_str()).collect();
                    assert_eq!(found, expected, "{prefix:?} {options:?}");
                }
            }
        }
    }

    /// A list costs no more where there are many entries before its first one.
    #[test]
    fn the_range_of_a_list_begins_behind_the_key() {
        let options = ListOptions { after: Some("a/5".to_owned()), ..ListOptions::default() };
        let range = bounds("a/", Some("a0"), &options);
        assert_eq!(range, (Bound::Excluded("a/5"), Bound::Excluded("a0")));
        let options = ListOptions { reverse: true, ..options };
        let range = bounds("a/", Some("a0"), &options);
        assert_eq!(range, (Bound::Included("a/"), Bound::Excluded("a/5")));
    }
}
