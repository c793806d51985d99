//! Buckets in memory, within a number of bytes.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::quota::{Quota, Taken};
use super::store::{Store, TakeError};
use crate::clock::TimerInstant as Instant;

/// Memory of a bucket beside the text of its key: in both collections, and the allocations.
const ENTRY: usize = 192;

/// Number of full buckets that a call removes.
const REMOVED: usize = 4;

/// Minimum time between two warnings in the log, in microseconds.
const SILENCE: u64 = 60_000_000;

/// Buckets of one limit in memory.
pub(super) struct MemoryStore {
    /// Start of the time that the buckets count.
    origin: Instant,
    table: Mutex<Table>,
}

/// Buckets that are not full.
#[derive(Default)]
struct Table {
    places: HashMap<Arc<str>, Place>,
    /// In the order in which they are full again: the first has the most tokens.
    order: BTreeMap<Place, Arc<str>>,
    bytes: usize,
    max_bytes: usize,
    serial: u64,
    /// Time of the last message.
    reported: Option<u64>,
}

/// Place of a bucket in the order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Time when it is full again.
    full_at: u64,
    serial: u64,
}

impl MemoryStore {
    pub(super) fn new(max_bytes: usize) -> Self {
        let table = Table { max_bytes, ..Table::default() };
        Self { origin: Instant::now(), table: Mutex::new(table) }
    }
}

impl Store for MemoryStore {
    fn take<'a>(&'a self, key: &'a str, quota: Quota) -> BoxFuture<'a, Result<Taken, TakeError>> {
        let now = u64::try_from(self.origin.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        std::future::ready(Ok(table.take(key, quota, now))).boxed()
    }
}

fn weight(key: &str) -> usize {
    key.len() + ENTRY
}

impl Table {
    fn take(&mut self, key: &str, quota: Quota, now: u64) -> Taken {
        self.remove_full(now);
        if let Some((key, place)) = self.places.get_key_value(key) {
            let (key, old) = (Arc::clone(key), *place);
            let (full_at, taken) = quota.take(old.full_at, now);
            if taken.is_allowed() {
                self.order.remove(&old);
                self.put(key, Place { full_at, ..old });
            }
            return taken;
        }
        let (full_at, taken) = quota.take(now, now);
        if let Err(wait) = self.make_room(weight(key), quota, now) {
            return Taken::refused(wait);
        }
        self.bytes += weight(key);
        self.serial += 1;
        self.put(key.into(), Place { full_at, serial: self.serial });
        taken
    }

    fn put(&mut self, key: Arc<str>, place: Place) {
        self.order.insert(place, Arc::clone(&key));
        self.places.insert(key, place);
    }

    fn remove_first(&mut self) {
        if let Some((_, key)) = self.order.pop_first() {
            self.places.remove(&key);
            self.bytes -= weight(&key);
        }
    }

    /// Removes some of the buckets that are full, which are the same as new ones.
    fn remove_full(&mut self, now: u64) {
        for _ in 0..REMOVED {
            match self.order.first_key_value() {
                Some((place, _)) if place.full_at <= now => self.remove_first(),
                _ => return,
            }
        }
    }

    /// Makes room for a bucket: buckets with the most tokens are forgotten, and so full again. Returns the time to wait
    /// if all have no token at all, since forgetting one of these would allow a call beyond the limit.
    fn make_room(&mut self, bytes: usize, quota: Quota, now: u64) -> Result<(), Duration> {
        while self.bytes + bytes > self.max_bytes {
            let Some((place, _)) = self.order.first_key_value() else {
                // One key alone is larger than all the memory.
                return Err(quota.per());
            };
            let (_, first) = quota.take(place.full_at, now);
            if !first.is_allowed() {
                self.report(
                    now,
                    "no memory is left for the rate limits of further keys, which are refused",
                );
                return Err(first.next());
            }
            if place.full_at > now {
                self.report(now, "no memory is left for the rate limits of all keys: those with the most calls left are forgotten");
            }
            self.remove_first();
        }
        Ok(())
    }

    fn report(&mut self, now: u64, message: &'static str) {
        if self.reported.is_none_or(|at| now >= at.saturating_add(SILENCE)) {
            self.reported = Some(now);
            tracing::warn!(
                keys = self.places.len(),
                bytes = self.bytes,
                "{message}: raise `memory_limit`"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn table(keys: usize) -> Table {
        Table { max_bytes: keys * weight("key 0"), ..Table::default() }
    }

    #[test]
    fn a_full_bucket_takes_no_memory() {
        let (mut table, quota) = (table(10), Quota::new(5, Duration::from_secs(5)));
        for n in 0..10 {
            assert!(table.take(&format!("key {n}"), quota, 0).is_allowed());
        }
        assert_eq!(table.bytes, table.max_bytes);
        table.take("key 0", quota, SECOND);
        table.take("key 0", quota, SECOND);
        table.take("key 0", quota, SECOND);
        assert_eq!((table.places.len(), table.order.len()), (1, 1));
        assert_eq!(table.bytes, weight("key 0"));
    }

    #[test]
    fn the_bucket_with_the_most_tokens_is_forgotten_and_an_empty_one_never() {
        let (mut table, quota) = (table(3), Quota::new(3, Duration::from_secs(3)));
        for (key, calls) in [("key 1", 3), ("key 2", 1), ("key 3", 2)] {
            for _ in 0..calls {
                assert!(table.take(key, quota, 0).is_allowed());
            }
        }
        assert!(table.take("key 4", quota, 0).is_allowed());
        assert!(!table.places.contains_key("key 2") && table.places.contains_key("key 3"));
        for _ in 0..2 {
            assert!(table.take("key 4", quota, 0).is_allowed());
        }
        assert!(table.take("key 3", quota, 0).is_allowed());
        // All three are empty.
        assert_eq!(table.take("key 5", quota, 0), Taken::refused(Duration::from_secs(1)));
        assert_eq!(
            table.take("key 5", quota, SECOND / 4),
            Taken::refused(Duration::from_millis(750))
        );
        for key in ["key 1", "key 3", "key 4"] {
            assert!(!table.take(key, quota, 0).is_allowed(), "{key} is forgotten");
        }
        assert!(table.take("key 5", quota, SECOND).is_allowed());
        assert_eq!(table.places.len(), 3);
    }

    #[test]
    fn a_key_larger_than_the_memory_is_refused() {
        let (mut table, quota) = (table(1), Quota::new(3, Duration::from_secs(3)));
        assert!(!table.take("a longer key", quota, 0).is_allowed());
        assert_eq!(table.bytes, 0);
    }
}
