//! Values of clients with an expiry, within bounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::ids::Millis;

/// Maximum number of expired entries that one operation drops: more than it adds, so
/// that a backlog shrinks, and few enough to take no noticeable time.
const DROPS: usize = 16;

/// Channel and id of a client.
pub(super) type Place = (Arc<str>, Arc<str>);

/// Bounds of a [`Remembered`], for the entries that no socket holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Maximum number of entries of one channel.
    pub(super) per_channel: usize,
    /// Maximum number of bytes of all entries together.
    pub(super) bytes: usize,
    /// Maximum number of bytes that an entry takes beside its texts.
    pub(super) overhead: usize,
}

/// Values of clients, by channel and id. An operation takes logarithmic time.
///
/// An entry held by a socket stays; it is part of the socket's memory. Other entries
/// are idle: they are dropped when they expire, or when a bound is reached.
pub(super) struct Remembered<V> {
    bounds: Bounds,
    channels: HashMap<Arc<str>, Channel<V>>,
    /// Idle entries by expiry.
    by_end: BTreeSet<(Millis, Place)>,
    /// Idle entries by the number of their last use.
    by_use: BTreeMap<u64, Place>,
    uses: u64,
    /// Bytes of the idle entries.
    bytes: usize,
}

struct Channel<V> {
    entries: HashMap<Arc<str>, Entry<V>>,
    /// Idle entries, by the number of their last use.
    by_use: BTreeSet<u64>,
}

struct Entry<V> {
    value: V,
    until: Millis,
    /// Number of the last use.
    used: u64,
    /// Number of open sockets that hold it.
    holds: usize,
}

impl<V> Remembered<V> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            channels: HashMap::new(),
            by_end: BTreeSet::new(),
            by_use: BTreeMap::new(),
            uses: 0,
            bytes: 0,
        }
    }

    fn entry(&mut self, channel: &str, id: &str) -> Option<&mut Entry<V>> {
        self.channels.get_mut(channel)?.entries.get_mut(id)
    }

    /// Returns the value of a client, unless it has expired.
    pub(super) fn get(&self, channel: &str, id: &str, now: Millis) -> Option<&V> {
        let entry = self.channels.get(channel)?.entries.get(id)?;
        (entry.holds > 0 || entry.until >= now).then_some(&entry.value)
    }

    pub(super) fn get_mut(&mut self, channel: &str, id: &str) -> Option<&mut V> {
        Some(&mut self.entry(channel, id)?.value)
    }

    /// Sets the value of a client, and keeps it until the later of both times. Returns
    /// its key.
    pub(super) fn insert(&mut self, channel: &str, id: &str, value: V, until: Millis) -> Place {
        let known = self.channels.get_key_value(channel);
        let name = known.map_or_else(|| channel.into(), |(name, _)| Arc::clone(name));
        let known = known.and_then(|(_, channel)| channel.entries.get_key_value(id));
        let place: Place = (name, known.map_or_else(|| id.into(), |(id, _)| Arc::clone(id)));
        if let Some(entry) = self.take(&place) {
            let until = until.max(entry.until);
            self.put(&place, Entry { value, until, ..entry });
        } else {
            self.put(&place, Entry { value, until, used: 0, holds: 0 });
        }
        place
    }

    /// Holds an entry while a socket is open.
    pub(super) fn hold(&mut self, place: &Place) {
        if let Some(mut entry) = self.take(place) {
            entry.holds += 1;
            self.put(place, entry);
        }
    }

    /// Releases an entry for one of the sockets that hold it.
    pub(super) fn release(&mut self, place: &Place) {
        if let Some(mut entry) = self.take(place) {
            entry.holds = entry.holds.saturating_sub(1);
            self.put(place, entry);
        }
    }

    /// Returns `true` if one more idle entry is within the bounds.
    pub(super) fn has_room(&self, channel: &str, id: &str) -> bool {
        let known = self.channels.get(channel);
        if known.is_some_and(|known| known.entries.contains_key(id)) {
            return true;
        }
        known.map_or(0, |known| known.by_use.len()) < self.bounds.per_channel
            && self.bytes + self.cost(channel, id) <= self.bounds.bytes
    }

    /// Removes and returns expired idle entries, a bounded number at once.
    pub(super) fn take_ended(&mut self, now: Millis) -> Vec<V> {
        let ended = (0..DROPS).map_while(|_| {
            let (until, place) = self.by_end.first()?;
            let place = (*until < now).then(|| place.clone())?;
            self.take(&place)
        });
        ended.map(|entry| entry.value).collect()
    }

    /// Removes and returns the least recently used idle entries of the channel, and of
    /// all, until both are within the bounds.
    pub(super) fn take_surplus(&mut self, channel: &str) -> Vec<V> {
        let mut surplus = Vec::new();
        loop {
            let own = self.channels.get(channel).map(|own| &own.by_use);
            let used = match own {
                Some(own) if own.len() > self.bounds.per_channel => own.first(),
                _ if self.bytes > self.bounds.bytes => self.by_use.keys().next(),
                _ => return surplus,
            };
            let place = used.and_then(|used| self.by_use.get(used)).cloned();
            let Some(entry) = place.and_then(|place| self.take(&place)) else { return surplus };
            surplus.push(entry.value);
        }
    }

    fn cost(&self, channel: &str, id: &str) -> usize {
        channel.len() + id.len() + self.bounds.overhead
    }

    /// Removes an entry from all indexes.
    fn take(&mut self, place: &Place) -> Option<Entry<V>> {
        let (name, id) = place;
        let channel = self.channels.get_mut(name)?;
        let entry = channel.entries.remove(id)?;
        channel.by_use.remove(&entry.used);
        if channel.entries.is_empty() {
            self.channels.remove(name);
        }
        if entry.holds == 0 {
            self.by_use.remove(&entry.used);
            self.by_end.remove(&(entry.until, place.clone()));
            self.bytes -= self.cost(name, id);
        }
        Some(entry)
    }

    /// Adds an entry to all indexes that it belongs to.
    fn put(&mut self, place: &Place, mut entry: Entry<V>) {
        let (name, id) = place;
        self.uses += 1;
        entry.used = self.uses;
        if entry.holds == 0 {
            self.by_use.insert(entry.used, place.clone());
            self.by_end.insert((entry.until, place.clone()));
            self.bytes += self.cost(name, id);
        }
        let channel = self.channels.entry(Arc::clone(name)).or_insert_with(Channel::new);
        if entry.holds == 0 {
            channel.by_use.insert(entry.used);
        }
        channel.entries.insert(Arc::clone(id), entry);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.channels.values().map(|channel| channel.entries.len()).sum()
    }
}

impl<V> Channel<V> {
    fn new() -> Self {
        Self { entries: HashMap::new(), by_use: BTreeSet::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { per_channel: 3, bytes: 6 * (4 + 2 + 100), overhead: 100 };

    fn filled(ids: &[&str]) -> Remembered<String> {
        let mut known = Remembered::new(BOUNDS);
        for id in ids {
            known.insert("room", id, (*id).to_owned(), 10);
        }
        known
    }

    #[test]
    fn an_entry_ends_after_its_last_millisecond_or_a_later_one_that_it_was_set_for() {
        let mut known = filled(&["aa"]);
        assert!(known.get("room", "aa", 10).is_some() && known.get("room", "aa", 11).is_none());
        known.insert("room", "aa", "new".to_owned(), 5);
        assert_eq!(known.get("room", "aa", 10).unwrap(), "new");
        known.insert("room", "aa", "newer".to_owned(), 20);
        assert_eq!(known.get("room", "aa", 20).unwrap(), "newer");
        assert!(known.take_ended(20).is_empty());
        assert_eq!(known.take_ended(21), ["newer"]);
        assert_eq!((known.len(), known.bytes, known.channels.len()), (0, 0, 0));
        assert!(known.by_end.is_empty() && known.by_use.is_empty());
    }

    #[test]
    fn the_bound_of_a_channel_is_exact_and_the_least_recently_used_goes() {
        let mut known = filled(&["aa", "bb", "cc"]);
        assert!(known.take_surplus("room").is_empty());
        assert!(!known.has_room("room", "dd") && known.has_room("room", "aa"));
        assert!(known.has_room("hall", "dd"));
        let place = known.insert("room", "aa", "aa".to_owned(), 10);
        known.insert("room", "dd", "dd".to_owned(), 10);
        assert_eq!(known.take_surplus("room"), ["bb"]);
        // A socket that opens and closes counts as a use.
        known.hold(&place);
        known.release(&place);
        known.insert("room", "ee", "ee".to_owned(), 10);
        assert_eq!(known.take_surplus("room"), ["cc"]);
        known.insert("room", "ff", "ff".to_owned(), 10);
        assert_eq!(known.take_surplus("room"), ["dd"]);
    }

    #[test]
    fn the_bound_of_bytes_is_exact_over_all_channels() {
        let mut known = filled(&["aa", "bb", "cc"]);
        for id in ["dd", "ee", "ff"] {
            assert!(known.has_room("hall", id));
            known.insert("hall", id, id.to_owned(), 10);
        }
        assert_eq!(known.bytes, BOUNDS.bytes);
        assert!(!known.has_room("loft", "gg"));
        assert!(known.take_surplus("hall").is_empty());
        known.insert("loft", "gg", "gg".to_owned(), 10);
        assert_eq!(known.take_surplus("loft"), ["aa"]);
    }

    #[test]
    fn held_entries_do_not_count_and_are_not_dropped() {
        let mut known = filled(&["aa", "bb", "cc"]);
        let place: Place = ("room".into(), "aa".into());
        known.hold(&place);
        known.hold(&place);
        assert!(known.take_ended(99).len() == 2 && known.bytes == 0);
        known.release(&place);
        assert!(known.take_ended(99).is_empty() && known.get("room", "aa", 99).is_some());
        known.release(&place);
        assert_eq!(known.take_ended(99), ["aa"]);
    }

    #[test]
    fn a_backlog_of_ended_entries_shrinks_by_bounded_steps() {
        let mut known = Remembered::new(Bounds { per_channel: 1000, ..BOUNDS });
        for id in 0..100 {
            known.insert("room", &id.to_string(), (), 10);
        }
        let steps: Vec<_> = (0..8).map(|_| known.take_ended(11).len()).collect();
        assert_eq!(steps, [16, 16, 16, 16, 16, 16, 4, 0]);
    }
}
