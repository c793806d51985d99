//! The storage of a room, with values of serde.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::backend::{AlarmSlot, ListOptions, StorageBackend, StorageError, Write, Written};
use crate::clock;

/// Maximum length of a key in bytes.
const MAX_KEY: usize = 1024;

/// Maximum length of a value's JSON text in bytes. A row on Cloudflare has 2 MB.
const MAX_VALUE: usize = 1024 * 1024;

/// The storage of a room: values by key, ordered by key, and the time of its alarm. Cheap to clone.
///
/// Values are stored as JSON text. Keys have 1 to 1,024 bytes, values at most 1 MiB. A dropped
/// future leaves it open whether its write takes effect.
///
/// ```
/// # use orpc_runtime::stateful::{ListOptions, MemoryStorage, Storage, StorageError};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), StorageError> {
/// # let storage = Storage::new(MemoryStorage::default());
/// let first = storage.append("message/", &"hello").await?;
/// storage.append("message/", &"world").await?;
/// assert_eq!(first, "message/0000000000000001");
/// let last = ListOptions { limit: 1, reverse: true, ..ListOptions::default() };
/// let found = storage.list_with::<String>("message/", &last).await?;
/// assert_eq!(found, [("message/0000000000000002".to_owned(), "world".to_owned())]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Storage(Arc<Inner<dyn StorageBackend>>);

/// A storage while nothing may hold it.
#[cfg(feature = "websocket")]
pub(super) struct WeakStorage(Weak<Inner<dyn StorageBackend>>);

struct Inner<B: ?Sized> {
    /// Values that exist once for the storage.
    shared: Mutex<Vec<Weak<dyn Any + Send + Sync>>>,
    backend: B,
}

impl Storage {
    /// Creates the storage of a host.
    pub fn new(backend: impl StorageBackend) -> Self {
        Self(Arc::new(Inner { shared: Mutex::default(), backend }))
    }

    pub(super) fn backend(&self) -> &dyn StorageBackend {
        &self.0.backend
    }

    #[cfg(feature = "websocket")]
    pub(super) fn downgrade(&self) -> WeakStorage {
        WeakStorage(Arc::downgrade(&self.0))
    }

    /// Returns the value of that type, of which there is one while anything holds it, also of a
    /// former instance of the room.
    pub(crate) fn shared<T: Send + Sync + 'static>(
        &self,
        is_it: impl Fn(&T) -> bool,
        new: impl FnOnce() -> T,
    ) -> Arc<T> {
        let mut shared = self.0.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|value| value.strong_count() > 0);
        let of_type = |value: &Weak<dyn Any + Send + Sync>| value.upgrade()?.downcast::<T>().ok();
        if let Some(found) = shared.iter().filter_map(of_type).find(|value| is_it(value)) {
            return found;
        }
        let value = Arc::new(new());
        let weak = Arc::downgrade(&value);
        shared.push(weak);
        value
    }

    /// Reads the value of a key.
    ///
    /// # Errors
    /// If it is not a valid `T`, or the storage fails.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StorageError> {
        checked(key)?;
        let value = self.backend().get(key).await?;
        value.map(|value| read(key, &value)).transpose()
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// If the key or the value is too long, or the storage fails.
    pub async fn put<T: Serialize + ?Sized>(
        &self,
        key: &str,
        value: &T,
    ) -> Result<(), StorageError> {
        self.batch().put(key, value)?.write().await.map(drop)
    }

    /// Removes a key. Returns `false` if it has no value.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn delete(&self, key: &str) -> Result<bool, StorageError> {
        Ok(self.batch().delete(key)?.write().await?.deleted > 0)
    }

    /// Sets the value of a new key: the prefix and the next number of its sequence, in 16 digits.
    /// Returns the key. Numbers begin with 1, grow by 1 and are not used again, whatever the time
    /// is and whichever entries are removed.
    ///
    /// # Errors
    /// If the prefix or the value is too long, or the storage fails.
    pub async fn append<T: Serialize + ?Sized>(
        &self,
        prefix: &str,
        value: &T,
    ) -> Result<String, StorageError> {
        let written = self.batch().append(prefix, value)?.write().await?;
        written.appended.into_iter().next().ok_or_else(|| StorageError::failed("no key"))
    }

    /// Reads the first 1,000 values whose keys begin with the prefix, in the order of the keys.
    ///
    /// # Errors
    /// If one is not a valid `T`, or the storage fails.
    pub async fn list<T: DeserializeOwned>(
        &self,
        prefix: &str,
    ) -> Result<Vec<(String, T)>, StorageError> {
        self.list_with(prefix, &ListOptions::default()).await
    }

    /// Reads the values whose keys begin with the prefix, with a limit, an order and a beginning.
    ///
    /// # Errors
    /// If one is not a valid `T`, or the storage fails.
    pub async fn list_with<T: DeserializeOwned>(
        &self,
        prefix: &str,
        options: &ListOptions,
    ) -> Result<Vec<(String, T)>, StorageError> {
        let found = self.backend().list(prefix, options).await?;
        let read = |(key, value): (String, Bytes)| read(&key, &value).map(|value| (key, value));
        found.into_iter().map(read).collect()
    }

    /// Begins several writes, of which all or none take effect.
    pub fn batch(&self) -> Batch<'_> {
        Batch { storage: self, writes: Vec::new() }
    }

    /// Sets the alarm, of which a room has one, to a time; a past one rings at once.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn set_alarm(&self, at: SystemTime) -> Result<(), StorageError> {
        self.batch().set_alarm(at).write().await.map(drop)
    }

    /// Sets the alarm to a time from now.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn set_alarm_in(&self, time: Duration) -> Result<(), StorageError> {
        self.set_alarm(clock::wall() + time).await
    }

    /// Clears the alarm.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn delete_alarm(&self) -> Result<(), StorageError> {
        self.batch().delete_alarm().write().await.map(drop)
    }

    /// Returns the time of the alarm, if it is set. While its handler runs it is still set.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn alarm(&self) -> Result<Option<SystemTime>, StorageError> {
        let at = self.backend().alarm(AlarmSlot::Room).await?;
        Ok(at.map(|at| UNIX_EPOCH + Duration::from_millis(at)))
    }
}

/// Writes of which all or none take effect.
///
/// ```
/// # use orpc_runtime::stateful::{MemoryStorage, Storage, StorageError};
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), StorageError> {
/// # let storage = Storage::new(MemoryStorage::default());
/// storage.batch().put("topic", "Rust")?.append("log/", "topic changed")?.write().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "it does nothing until `write` is awaited"]
pub struct Batch<'a> {
    storage: &'a Storage,
    writes: Vec<Write>,
}

impl Batch<'_> {
    fn with(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// If the key or the value is too long.
    pub fn put<T: Serialize + ?Sized>(self, key: &str, value: &T) -> Result<Self, StorageError> {
        let (key, value) = (checked(key)?.to_owned(), text(value)?);
        Ok(self.with(Write::Put { key, value }))
    }

    /// Sets the value of a new key of a sequence; see [`Storage::append`].
    ///
    /// # Errors
    /// If the prefix or the value is too long.
    pub fn append<T: Serialize + ?Sized>(
        self,
        prefix: &str,
        value: &T,
    ) -> Result<Self, StorageError> {
        let (prefix, value) = (checked(prefix)?.to_owned(), text(value)?);
        Ok(self.with(Write::Append { prefix, value }))
    }

    /// Removes a key.
    ///
    /// # Errors
    /// If the key is too long.
    pub fn delete(self, key: &str) -> Result<Self, StorageError> {
        let key = checked(key)?.to_owned();
        Ok(self.with(Write::Delete { key }))
    }

    /// Sets the alarm to a time.
    pub fn set_alarm(self, at: SystemTime) -> Self {
        self.with(Write::Alarm { slot: AlarmSlot::Room, at: Some(millis(at)) })
    }

    /// Clears the alarm.
    pub fn delete_alarm(self) -> Self {
        self.with(Write::Alarm { slot: AlarmSlot::Room, at: None })
    }

    /// Writes. Ready when the writes are durable.
    ///
    /// # Errors
    /// If the storage fails.
    pub async fn write(self) -> Result<Written, StorageError> {
        self.storage.backend().write(self.writes).await
    }
}

/// Converts a time to milliseconds since 1970, rounded up: an alarm does not ring early.
pub(super) fn millis(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

fn checked(key: &str) -> Result<&str, StorageError> {
    // A number of 16 digits may follow.
    let is_valid = !key.is_empty() && key.len() <= MAX_KEY;
    if is_valid { Ok(key) } else { Err(StorageError::InvalidKey { limit: MAX_KEY }) }
}

fn text<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, StorageError> {
    let text =
        serde_json::to_vec(value).map_err(|error| StorageError::Unserialisable(Arc::new(error)))?;
    if text.len() > MAX_VALUE {
        return Err(StorageError::TooLarge { length: text.len(), limit: MAX_VALUE });
    }
    Ok(text.into())
}

fn read<T: DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, StorageError> {
    serde_json::from_slice(value)
        .map_err(|error| StorageError::OtherType { key: key.to_owned(), reason: error.to_string() })
}

#[cfg(feature = "websocket")]
impl WeakStorage {
    /// Returns the storage if anything holds it.
    pub(super) fn upgrade(&self) -> Option<Storage> {
        self.0.upgrade().map(Storage)
    }

    /// Returns `true` if anything holds it.
    pub(super) fn is_held(&self) -> bool {
        self.0.strong_count() > 0
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

impl fmt::Debug for Batch<'_> {
    // Omits the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("writes", &self.writes.len()).finish_non_exhaustive()
    }
}
