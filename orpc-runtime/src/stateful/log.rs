//! The events of one channel in the storage of a room.
//!
//! Each event is an entry under its number. Those of one instance of the room have one epoch, and
//! each instance begins another: an event that a restored copy of the storage does not have is
//! never taken for the one that has its number later.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, watch};

use super::{Batch, ListOptions, Storage, StorageError, Write};
use crate::publish::{
    Audience, Durability, Epoch, EventId, Gap, GapReason, Moment, NewEvent, PublishError,
    StoreError, StoreErrorKind, SystemClock, Timeline,
};

/// The keys of the entries of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keys {
    /// Prefix of those of events.
    events: &'static str,
    /// Prefix of those of idempotency keys.
    keys: &'static str,
    /// That of the position before the oldest event.
    start: &'static str,
}

impl Keys {
    /// Those of a channel of durable iterators.
    #[cfg(feature = "durable")]
    pub(crate) const CHANNEL: Self =
        Self { events: "orpc/e/", keys: "orpc/k/", start: "orpc/start" };

    /// Those of the publisher of a room.
    pub(crate) const PUBLISHER: Self =
        Self { events: "orpc/p/e/", keys: "orpc/p/k/", start: "orpc/p/start" };

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.keys)
    }
}

/// Maximum number of events that one write removes.
const TRIMMED: usize = 16;

/// Number of events in which the last one is looked for that a reader has in common with the log.
const COMMON: usize = 16;

/// Limits of the log of one channel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) retention: Duration,
    pub(crate) events: u64,
    pub(crate) bytes: u64,
}

/// The log of a channel, of which there is one for a storage: all who use it share what it knows of
/// the storage, former instances of the room and their tasks included.
pub(crate) struct SharedLog {
    storage: Storage,
    keys: Keys,
    limits: Limits,
    /// `None` until it is used.
    log: Mutex<Option<EventLog>>,
    /// Changes when an event may have been stored.
    changes: watch::Sender<u64>,
}

/// A log that its user has alone.
pub(crate) type LockedLog<'a> = MappedMutexGuard<'a, EventLog>;

impl SharedLog {
    /// Returns the log of those keys. The limits of the first one are those of the log.
    pub(crate) fn of(storage: &Storage, keys: Keys, limits: Limits) -> Arc<Self> {
        let is_it = |log: &Self| log.keys == keys;
        storage.shared(is_it, || {
            let (storage, log) = (storage.clone(), Mutex::default());
            Self { storage, keys, limits, log, changes: watch::Sender::default() }
        })
    }

    /// Locks the log, which is opened if it is not, or if nobody knows the outcome of a write.
    pub(crate) async fn lock(&self) -> Result<LockedLog<'_>, StorageError> {
        let mut slot = self.log.lock().await;
        if slot.as_ref().is_none_or(|log| log.is_in_doubt) {
            *slot = Some(EventLog::open(&self.storage, self.keys, self.limits).await?);
        }
        MutexGuard::try_map(slot, Option::as_mut).map_err(|_| StorageError::failed("no log"))
    }

    /// Locks the log without its old events.
    pub(crate) async fn without_old(&self) -> Result<LockedLog<'_>, StorageError> {
        let mut log = self.lock().await?;
        log.trim_old().await?;
        Ok(log)
    }

    /// Runs a function while nobody uses the log.
    pub(crate) async fn alone<R>(&self, run: impl FnOnce() -> R) -> R {
        let _log = self.log.lock().await;
        run()
    }

    /// Wakes those that wait for a change.
    pub(crate) fn wake(&self) {
        self.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Returns the durability of its events.
    pub(crate) fn durability(&self) -> Durability {
        self.storage.backend().durability()
    }
}

/// The log of a channel as its user knows it.
pub(crate) struct EventLog {
    storage: Storage,
    keys: Keys,
    limits: Limits,
    timeline: Timeline,
    /// Epoch of further events.
    epoch: Epoch,
    /// The last event.
    head: EventId,
    /// Bytes of all events up to the last one, removed ones included.
    total: u64,
    edge: Edge,
    /// `true` during a write and if its outcome is not known: the storage may have what the log
    /// does not know, and the log is to be opened again.
    is_in_doubt: bool,
}

/// The old end of the log.
#[derive(Clone)]
struct Edge {
    /// Position before the oldest event.
    start: EventId,
    oldest: Option<Oldest>,
}

#[derive(Clone)]
struct Oldest {
    id: EventId,
    /// Age of the log when it was published, in milliseconds.
    at: u64,
    /// Bytes of all events before it.
    before: u64,
    key: Option<String>,
}

/// An event as an entry.
#[derive(Serialize, Deserialize)]
struct Record {
    #[serde(rename = "i")]
    id: EventId,
    /// Age of the log, in milliseconds.
    #[serde(rename = "t")]
    at: u64,
    /// Milliseconds since 1970.
    #[serde(rename = "w")]
    wall: u64,
    /// Bytes of all events before it.
    #[serde(rename = "b")]
    before: u64,
    #[serde(rename = "v")]
    envelope: Box<RawValue>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    audience: Option<Audience>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// An event of the log.
#[derive(Debug, Clone)]
pub(crate) struct LoggedEvent {
    pub(crate) id: EventId,
    /// Bytes of all events up to it.
    pub(crate) total: u64,
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
}

/// Outcome of publishing.
#[derive(Debug)]
pub(crate) enum Appended {
    /// The event is stored now.
    New(LoggedEvent),
    /// The event of that idempotency key was stored before.
    Known(EventId),
}

impl Record {
    fn weight(&self) -> u64 {
        let audience = self.audience.as_ref().map_or(0, Audience::weight);
        (self.envelope.get().len() + audience) as u64
    }

    fn total(&self) -> u64 {
        self.before + self.weight()
    }

    fn into_event(self) -> LoggedEvent {
        let total = self.total();
        let envelope = String::from(Box::<str>::from(self.envelope)).into();
        LoggedEvent { id: self.id, total, envelope, audience: self.audience.map(Arc::new) }
    }
}

impl From<&Record> for Oldest {
    fn from(record: &Record) -> Self {
        let Record { id, at, before, key, .. } = record;
        Self { id: *id, at: *at, before: *before, key: key.clone() }
    }
}

impl EventLog {
    /// Opens a log, which is created if there is none.
    async fn open(storage: &Storage, keys: Keys, limits: Limits) -> Result<Self, StorageError> {
        let random = || Epoch::random().map_err(|error| StorageError::failed(error.to_string()));
        let start = match storage.get::<EventId>(keys.start).await? {
            Some(start) => start,
            None => {
                let start = EventId::new(random()?, 0);
                storage.put(keys.start, &start).await?;
                start
            }
        };
        let newest = ListOptions { limit: 1, reverse: true, ..ListOptions::default() };
        let newest = storage.list_with::<Record>(keys.events, &newest).await?.pop();
        let oldest = ListOptions { limit: 1, ..ListOptions::default() };
        let oldest = match newest {
            Some(_) => storage.list_with::<Record>(keys.events, &oldest).await?.pop(),
            None => None,
        };
        let timeline = Timeline::new(Arc::new(SystemClock::default()));
        let (mut head, mut total) = (start, 0);
        if let Some((_, newest)) = &newest {
            head = newest.id;
            total = newest.total();
            timeline.resume(Moment { age: newest.at, wall: newest.wall }, limits.retention);
        }
        let edge = Edge { start, oldest: oldest.as_ref().map(|(_, record)| record.into()) };
        let (storage, epoch) = (storage.clone(), random()?);
        let is_in_doubt = false;
        Ok(Self { storage, keys, limits, timeline, epoch, head, total, edge, is_in_doubt })
    }

    /// Opens the log again.
    #[cfg(feature = "durable")]
    pub(crate) async fn reopen(&mut self) -> Result<(), StorageError> {
        *self = Self::open(&self.storage, self.keys, self.limits).await?;
        Ok(())
    }

    /// Writes. The log is in doubt if that fails, or is stopped: the write may take effect.
    async fn write(is_in_doubt: &mut bool, batch: Batch<'_>) -> Result<(), StorageError> {
        *is_in_doubt = true;
        let written = batch.write().await;
        *is_in_doubt = written.as_ref().is_err_and(|error| !error.is_refusal());
        written.map(drop)
    }

    /// Returns the last event.
    pub(crate) fn head(&self) -> EventId {
        self.head
    }

    /// Returns the position before the oldest event.
    pub(crate) fn start(&self) -> EventId {
        self.edge.start
    }

    /// Returns the bytes of all events up to a position of a reader, removed ones included.
    pub(crate) async fn total(&self, position: EventId) -> Result<u64, StorageError> {
        if position.sequence() >= self.head.sequence() {
            return Ok(self.total);
        }
        let key = Write::numbered(self.keys.events, position.sequence());
        let record = match position == self.edge.start {
            true => None,
            false => self.storage.get::<Record>(&key).await?,
        };
        let oldest = || self.edge.oldest.as_ref().map_or(self.total, |oldest| oldest.before);
        Ok(record.as_ref().map_or_else(oldest, Record::total))
    }

    /// Stores an event, unless there is one with its idempotency key.
    pub(crate) async fn append(&mut self, event: &NewEvent) -> Result<Appended, PublishError> {
        let mut edge = self.edge.clone();
        let key = event.idempotency_key().map(|key| self.keys.key(key));
        if let Some(key) = &key
            && let Some(id) = self.storage.get::<EventId>(key).await.map_err(key_not_read)?
            && self.retains(id)
        {
            return Ok(Appended::Known(id));
        }
        let next = self.head.sequence().checked_add(1).ok_or_else(PublishError::no_numbers)?;
        let Moment { age, wall } = self.timeline.moment();
        let envelope: Box<RawValue> = serde_json::from_slice(event.envelope())
            .map_err(|error| PublishError::Unserialisable(error.into()))?;
        let record = Record {
            id: EventId::new(self.epoch, next),
            at: age,
            wall,
            before: self.total,
            envelope,
            audience: event.audience().cloned(),
            key: event.idempotency_key().map(str::to_owned),
        };
        let total = self.total + record.weight();
        let batch = self.trim(self.storage.batch(), &mut edge, next, total).await;
        let batch = batch.map_err(not_read)?;
        let batch =
            batch.put(&Write::numbered(self.keys.events, next), &record).map_err(|error| {
                match error {
                    StorageError::TooLarge { length, limit } => {
                        PublishError::TooLarge { length, limit }
                    }
                    error => PublishError::Unserialisable(error.into()),
                }
            })?;
        let batch = match &key {
            Some(key) => batch.put(key, &record.id),
            None => Ok(batch),
        };
        let batch = batch.map_err(|_| PublishError::InvalidIdempotencyKey)?;
        let written = Self::write(&mut self.is_in_doubt, batch).await;
        written.map_err(|error| match error.is_refusal() {
            true => PublishError::Failed(store_error(error)),
            false => PublishError::OutcomeUnknown(Some(store_error(error))),
        })?;
        edge.oldest.get_or_insert_with(|| (&record).into());
        (self.head, self.total, self.edge) = (record.id, total, edge);
        Ok(Appended::New(record.into_event()))
    }

    /// Returns `true` if the event is among those that are not removed, whatever their age is.
    fn retains(&self, id: EventId) -> bool {
        let oldest = self.edge.oldest.as_ref();
        oldest.is_some_and(|oldest| oldest.id.sequence() <= id.sequence())
            && id.sequence() <= self.head.sequence()
    }

    /// Removes events that are too old.
    pub(crate) async fn trim_old(&mut self) -> Result<(), StorageError> {
        loop {
            let mut edge = self.edge.clone();
            let batch = self.storage.batch();
            let head = self.head.sequence();
            let batch = self.trim(batch, &mut edge, head, self.total).await?;
            if edge.start == self.edge.start {
                return Ok(());
            }
            Self::write(&mut self.is_in_doubt, batch).await?;
            self.edge = edge;
        }
    }

    /// Adds the writes that remove events beyond the limits, if the last event has that number.
    async fn trim<'a>(
        &self,
        mut batch: Batch<'a>,
        edge: &mut Edge,
        last: u64,
        total: u64,
    ) -> Result<Batch<'a>, StorageError> {
        let now = self.timeline.now();
        let retention = u64::try_from(self.limits.retention.as_millis()).unwrap_or(u64::MAX);
        for _ in 0..TRIMMED {
            let Some(oldest) = &edge.oldest else { break };
            let number = oldest.id.sequence();
            let is_old = oldest.at.saturating_add(retention) <= now;
            let is_surplus = number < last
                && (last - number >= self.limits.events
                    || total - oldest.before > self.limits.bytes);
            if !is_old && !is_surplus {
                break;
            }
            batch = batch.delete(&Write::numbered(self.keys.events, number))?;
            if let Some(key) = &oldest.key {
                batch = batch.delete(&self.keys.key(key))?;
            }
            edge.start = oldest.id;
            let next =
                self.storage.get::<Record>(&Write::numbered(self.keys.events, number + 1)).await?;
            edge.oldest = next.as_ref().map(Oldest::from);
        }
        if edge.start != self.edge.start {
            batch = batch.put(self.keys.start, &edge.start)?;
        }
        Ok(batch)
    }

    /// Returns the time until the oldest event is too old.
    pub(crate) fn due(&self) -> Option<Duration> {
        let oldest = self.edge.oldest.as_ref()?;
        let age = Duration::from_millis(self.timeline.now().saturating_sub(oldest.at));
        Some(self.limits.retention.saturating_sub(age))
    }

    /// Returns the position of a reader that knows the event `last`: behind it, or a gap.
    pub(crate) async fn position(
        &self,
        last: EventId,
    ) -> Result<Result<EventId, Gap>, StorageError> {
        let gap = |reason, resume| Ok(Err(Gap::new(reason, last, resume)));
        let start = self.edge.start;
        if last.sequence() > self.head.sequence() {
            return gap(GapReason::Ahead, self.head);
        }
        if last.sequence() < start.sequence() {
            return gap(GapReason::Trimmed, start);
        }
        if last == start || last == self.head {
            return Ok(Ok(last));
        }
        let key = Write::numbered(self.keys.events, last.sequence());
        let record = match self.storage.get::<Record>(&key).await? {
            Some(record) if last.sequence() > start.sequence() => record,
            _ => return gap(GapReason::Epoch, start),
        };
        if record.id == last {
            return Ok(Ok(last));
        }
        let before = ListOptions { limit: COMMON, reverse: true, after: Some(key) };
        let before = self.storage.list_with::<Record>(self.keys.events, &before).await?;
        let common = before.iter().find(|(_, record)| record.id.epoch() == last.epoch());
        gap(GapReason::Epoch, common.map_or(start, |(_, record)| record.id))
    }

    /// Reads the next events behind a position, that many at most; none at the end.
    pub(crate) async fn read(
        &self,
        position: EventId,
        limit: usize,
    ) -> Result<Result<Vec<LoggedEvent>, Gap>, StorageError> {
        if position.sequence() < self.edge.start.sequence() {
            return Ok(Err(Gap::new(GapReason::Lagged, position, self.edge.start)));
        }
        if position.sequence() >= self.head.sequence() {
            return Ok(Ok(Vec::new()));
        }
        let after = Some(Write::numbered(self.keys.events, position.sequence()));
        let options = ListOptions { limit, after, ..ListOptions::default() };
        let records = self.storage.list_with::<Record>(self.keys.events, &options).await?;
        // Events that the storage does not have any more are never passed over silently.
        let next = records.first().map(|(_, next)| next.id);
        if next.is_none_or(|next| next.sequence() != position.sequence() + 1) {
            let resume =
                next.map_or(self.head, |next| EventId::new(next.epoch(), next.sequence() - 1));
            return Ok(Err(Gap::new(GapReason::Lagged, position, resume)));
        }
        let numbered = (position.sequence() + 1..).zip(records);
        let follow = numbered.take_while(|(number, (_, next))| next.id.sequence() == *number);
        Ok(Ok(follow.map(|(_, (_, record))| record.into_event()).collect()))
    }
}

/// An event that was not written, because its idempotency key could not be read.
fn key_not_read(error: StorageError) -> PublishError {
    match error {
        StorageError::InvalidKey { .. } => PublishError::InvalidIdempotencyKey,
        error => not_read(error),
    }
}

/// An event that was not written, because the storage could not be read.
fn not_read(error: StorageError) -> PublishError {
    PublishError::Failed(store_error(error))
}

pub(crate) fn store_error(error: StorageError) -> StoreError {
    let kind = match &error {
        StorageError::Full => StoreErrorKind::Full,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::caused_by(kind, "the storage of the channel cannot be used", error)
}

#[cfg(test)]
mod tests;
