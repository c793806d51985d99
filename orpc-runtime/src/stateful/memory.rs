//! Storage in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::ready;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::FutureExt as _;

use super::backend::{
    AlarmSlot, ListOptions, StorageBackend, StorageError, StorageFuture, Write, Written,
};
#[cfg(feature = "websocket")]
use crate::budget::Budget;
use crate::budget::Reservation;

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
    /// Reserves the most memory that is taken after writes.
    fn reserve(&mut self, writes: &[Write]) -> Result<(), StorageError> {
        let growth = writes.iter().map(|write| match write {
            Write::Put { key, value } => ROOM + entry(key, value),
            Write::Append { prefix, value } => {
                let key = Write::numbered(prefix, u64::MAX);
                ROOM + ENTRY + prefix.len() + entry(&key, value)
            }
            Write::Alarm { at: Some(_), .. } => ROOM,
            Write::Delete { .. } | Write::Alarm { .. } | Write::Rang { .. } => 0,
        });
        self.kept.resize(self.size() + growth.sum::<usize>()).map_err(|_| StorageError::Full)
    }

    fn is_unused(&self) -> bool {
        let is_quiet = self.alarms.iter().all(Option::is_none);
        is_quiet && self.entries.is_empty() && self.sequences.is_empty()
    }

    /// Returns the memory that is taken.
    fn size(&self) -> usize {
        if self.is_unused() { 0 } else { ROOM + self.bytes }
    }

    fn put(&mut self, key: String, value: Bytes) {
        self.bytes += entry(&key, &value);
        if let Some(old) = self.entries.get(&key) {
            self.bytes -= entry(&key, old);
        }
        self.entries.insert(key, value);
    }

    fn delete(&mut self, key: &str) -> bool {
        let Some(old) = self.entries.remove(key) else { return false };
        self.bytes -= entry(key, &old);
        true
    }

    fn write(&mut self, write: Write, written: &mut Written) {
        match write {
            Write::Put { key, value } => self.put(key, value),
            Write::Delete { key } => written.deleted += usize::from(self.delete(&key)),
            Write::Append { prefix, value } => {
                if !self.sequences.contains_key(&prefix) {
                    self.bytes += ENTRY + prefix.len();
                }
                let number = self.sequences.entry(prefix.clone()).or_default();
                *number += 1;
                let key = Write::numbered(&prefix, *number);
                self.put(key.clone(), value);
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
        let is_in = |(key, _): &(&String, &Bytes)| key.starts_with(prefix);
        let all = state.entries.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        let all: Vec<_> = all.take_while(is_in).collect();
        let copy = |(key, value): (&String, &Bytes)| (key.clone(), value.clone());
        let after = options.after.as_deref();
        let found: Vec<_> = if options.reverse {
            let all = all.into_iter().rev();
            let all = all.filter(|(key, _)| after.is_none_or(|after| key.as_str() < after));
            all.take(options.limit).map(copy).collect()
        } else {
            let all = all.into_iter();
            let all = all.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
            all.take(options.limit).map(copy).collect()
        };
        ready(Ok(found)).boxed()
    }

    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written> {
        let mut state = self.state();
        if let Err(full) = state.reserve(&writes) {
            return ready(Err(full)).boxed();
        }
        let mut written = Written::default();
        let is_alarm = |write: &Write| matches!(write, Write::Alarm { .. } | Write::Rang { .. });
        let alarmed = writes.iter().any(is_alarm).then(|| state.alarmed.clone()).flatten();
        for write in writes {
            state.write(write, &mut written);
        }
        let size = state.size();
        // Not more than was reserved.
        _ = state.kept.resize(size);
        drop(state);
        if let Some(alarmed) = alarmed {
            alarmed();
        }
        ready(Ok(written)).boxed()
    }

    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>> {
        ready(Ok(self.state().alarms[usize::from(slot.number())])).boxed()
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
