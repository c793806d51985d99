//! The storage of one room, as its host provides it.

use std::ops::Bound;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::publish::Durability;

/// The future of an operation of a [`StorageBackend`].
pub type StorageFuture<T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send>>;

/// The storage of one room: entries in the order of their keys, sequences, and the times of its
/// alarms.
///
/// Implemented by hosts of rooms; rooms use [`Storage`](super::Storage). Writes of one room take
/// effect in the order in which they are called, also those whose futures are dropped, and a read
/// is behind those that were called before it.
pub trait StorageBackend: Send + Sync + 'static {
    /// Reads an entry.
    fn get(&self, key: &str) -> StorageFuture<Option<Bytes>>;

    /// Reads the entries whose keys begin with the prefix.
    fn list(&self, prefix: &str, options: &ListOptions) -> StorageFuture<Vec<(String, Bytes)>>;

    /// Writes all or nothing. Ready when the writes are durable.
    fn write(&self, writes: Vec<Write>) -> StorageFuture<Written>;

    /// Reads the time of an alarm in milliseconds since 1970.
    fn alarm(&self, slot: AlarmSlot) -> StorageFuture<Option<u64>>;

    /// Returns the durability of a write; [`Durability::Commit`] by default.
    fn durability(&self) -> Durability {
        Durability::Commit
    }
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Write {
    /// Sets an entry.
    Put {
        /// Its key.
        key: String,
        /// Its value.
        value: Bytes,
    },
    /// Removes an entry.
    Delete {
        /// Its key.
        key: String,
    },
    /// Sets an entry whose key is the prefix and the next number of its sequence, see
    /// [`Write::numbered`].
    Append {
        /// The beginning of its key.
        prefix: String,
        /// Its value.
        value: Bytes,
    },
    /// Sets the time of an alarm, or clears it.
    Alarm {
        /// The alarm.
        slot: AlarmSlot,
        /// Milliseconds since 1970.
        at: Option<u64>,
    },
    /// Clears an alarm unless it was set again.
    Rang {
        /// The alarm.
        slot: AlarmSlot,
        /// Time for which it was set.
        at: u64,
    },
}

impl Write {
    /// Returns the key of an entry by its number in the sequence of a prefix: 16 digits, so that
    /// keys are in the order of the numbers.
    pub fn numbered(prefix: &str, number: u64) -> String {
        format!("{prefix}{number:016}")
    }
}

/// Result of writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Number of removed entries that existed.
    pub deleted: usize,
    /// Keys of the appended entries, in their order.
    pub appended: Vec<String>,
}

/// Alarms of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlarmSlot {
    /// The alarm of the room.
    Room,
    /// That of its host, for idle sockets.
    Idle,
}

impl AlarmSlot {
    /// Both alarms.
    pub const ALL: [Self; 2] = [Self::Room, Self::Idle];

    /// Returns the number that stores use.
    pub fn number(self) -> u8 {
        match self {
            Self::Room => 0,
            Self::Idle => 1,
        }
    }
}

/// Selection of the entries of a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// Maximum number of entries; 1,000 by default.
    pub limit: usize,
    /// Begins with the last key instead of the first.
    pub reverse: bool,
    /// Begins behind that key.
    pub after: Option<String>,
}

impl Default for ListOptions {
    fn default() -> Self {
        Self { limit: 1000, reverse: false, after: None }
    }
}

/// Error of the storage of a room. As an RPC error it is an internal error.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The key is empty or too long. Nothing was written.
    #[error("a key, or the prefix of one, has 1 to {limit} bytes")]
    InvalidKey {
        /// The maximum length in bytes.
        limit: usize,
    },
    /// The value is too long. Nothing was written.
    #[error("a value of {length} bytes is too long for the storage of a room, {limit} are allowed")]
    TooLarge {
        /// Length of its JSON text in bytes.
        length: usize,
        /// The allowed length.
        limit: usize,
    },
    /// The value cannot be serialised. Nothing was written.
    #[error("a value cannot be serialised: {0}")]
    Unserialisable(#[source] Arc<serde_json::Error>),
    /// The entry is of another type.
    #[error("the entry `{key}` is of another type than the one requested: {reason}")]
    OtherType {
        /// Its key.
        key: String,
        /// The reason.
        reason: String,
    },
    /// The memory of all rooms is used up, or that of writes which wait for the disk. Nothing was
    /// written.
    #[error("the memory for the storage of rooms is used up")]
    Full,
    /// The storage failed. A write has not taken effect, or nobody knows.
    #[error("the storage of a room failed: {0}")]
    Failed(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl StorageError {
    /// Wraps the error of a store.
    pub fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Failed(error.into().into())
    }

    /// Returns `true` if nothing was written.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::InvalidKey { .. }
            | Self::TooLarge { .. }
            | Self::Unserialisable(_)
            | Self::Full => true,
            Self::OtherType { .. } | Self::Failed(_) => false,
        }
    }
}

/// Returns the first text behind all that begin with a prefix, for [`StorageBackend::list`]; `None`
/// if there is none.
pub fn prefix_end(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

/// Returns the bounds of the keys that [`StorageBackend::list`] reads, of a prefix and its
/// [end](prefix_end).
pub(super) fn bounds<'a>(
    prefix: &'a str,
    end: Option<&'a str>,
    options: &'a ListOptions,
) -> (Bound<&'a str>, Bound<&'a str>) {
    let (first, last) = (Bound::Included(prefix), end.map_or(Bound::Unbounded, Bound::Excluded));
    match options.after.as_deref() {
        Some(after) if options.reverse => match end {
            Some(end) if after >= end => (first, last),
            _ => (first, Bound::Excluded(after)),
        },
        Some(after) if after >= prefix => (Bound::Excluded(after), last),
        _ => (first, last),
    }
}

/// Returns `true` if a range ends before it begins, which maps refuse.
pub(super) fn is_empty<T: Ord>(range: &(Bound<T>, Bound<T>)) -> bool {
    match range {
        (Bound::Included(first) | Bound::Excluded(first), Bound::Excluded(last)) => first >= last,
        _ => false,
    }
}
