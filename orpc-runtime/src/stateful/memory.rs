//! Storage in memory.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future::ready;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::FutureExt as _;

use super::backend::{AlarmSlot, ListOptions, StorageBackend, StorageFuture, Write, Written};

/// The storage of one room in memory, for tests and for rooms whose state may be lost with the
/// process. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Bytes>,
    sequences: HashMap<String, u64>,
    alarms: [Option<u64>; 2],
    /// Called when an alarm is set.
    alarmed: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl MemoryStorage {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the function that is called when an alarm is set.
    #[cfg(feature = "websocket")]
    pub(super) fn on_alarm(&self, alarmed: Arc<dyn Fn() + Send + Sync>) {
        self.state().alarmed = Some(alarmed);
    }

    /// Returns `true` if nothing was ever written.
    #[cfg(feature = "websocket")]
    pub(super) fn is_unused(&self) -> bool {
        let state = self.state();
        let is_quiet = state.alarms.iter().all(Option::is_none);
        is_quiet && state.entries.is_empty() && state.sequences.is_empty()
    }

    /// Returns the time of the next alarm.
    #[cfg(feature = "websocket")]
    pub(super) fn next_alarm(&self) -> Option<u64> {
        self.state().alarms.into_iter().flatten().min()
    }
}

impl State {
    fn write(&mut self, write: Write, written: &mut Written) {
        match write {
            Write::Put { key, value } => drop(self.entries.insert(key, value)),
            Write::Delete { key } => {
                written.deleted += usize::from(self.entries.remove(&key).is_some());
            }
            Write::Append { prefix, value } => {
                let number = self.sequences.entry(prefix.clone()).or_default();
                *number += 1;
                let key = Write::numbered(&prefix, *number);
                self.entries.insert(key.clone(), value);
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
        let mut written = Written::default();
        let is_alarm = |write: &Write| matches!(write, Write::Alarm { .. } | Write::Rang { .. });
        let alarmed = writes.iter().any(is_alarm).then(|| state.alarmed.clone()).flatten();
        for write in writes {
            state.write(write, &mut written);
        }
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
