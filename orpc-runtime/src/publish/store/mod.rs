//! Stores of events. A store has a log per channel: live and replayed events are read
//! from it, by position.

mod channels;
mod due;
mod follower;
mod keys;
mod memory;
#[cfg(feature = "redb")]
mod redb;
#[cfg_attr(not(feature = "redb"), allow(dead_code, reason = "for files"))]
mod replays;

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;

use super::audience::Audience;
use super::error::{PublishError, ReadError, SubscribeError};
use super::id::EventId;

pub(crate) use memory::MemoryStore;
#[cfg(feature = "redb")]
pub(crate) use redb::{Disk, FileStore, SystemDisk};

/// A store of events, and the source of its readers.
///
/// One file per implementation, one test suite for all. A distributed store must read
/// live events from its stream as well: Redis Streams (`XADD`, `XREAD BLOCK` from a
/// position), NATS JetStream (an ordered consumer from a sequence). It must never store
/// an event and announce it in two steps, because two nodes could then see two orders.
pub(crate) trait Store: Send + Sync + 'static {
    /// Stores an event with the store's durability, then makes it visible to readers,
    /// then returns its id. Once polled, the outcome is unknown until the future is
    /// ready.
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>>;

    /// Creates a reader that begins at `start`.
    fn subscribe(&self, channel: &str, start: Start) -> Result<Box<dyn Follow>, SubscribeError>;

    /// Accepts no more events, ends all readers, and releases the store's resources
    /// once the accepted events are stored.
    fn close(&self) -> BoxFuture<'static, ()>;

    /// Returns the number of channels, for tests and metrics.
    fn channels(&self) -> usize;
}

/// The reading half of a store, for one reader.
pub(crate) trait Follow: Send {
    /// Polls for the next event. No event is read ahead without counting against a
    /// budget.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Kept>, ReadError>>;

    /// Polls for the next published event; `None` if all were read.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Kept>, ReadError>>;

    /// Returns the event behind which the reader is.
    fn position(&self) -> EventId;
}

/// An event to store.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) channel: Arc<str>,
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
    pub(crate) key: Option<Arc<str>>,
}

/// A stored event.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) id: EventId,
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
}

/// Log entry of an event.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
}

/// Start of a reader.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// With the next published event.
    #[default]
    Latest,
    /// With the oldest retained event.
    Earliest,
    /// Behind that event.
    After(EventId),
}

/// Size of an event beside its bytes.
const EVENT: usize = 64;

impl Record {
    /// Creates the log entry of an event.
    fn of(event: &NewEvent) -> Self {
        Self { envelope: event.envelope.clone(), audience: event.audience.clone() }
    }

    /// Returns the bytes that count towards the channel's limits.
    fn weight(&self) -> u64 {
        let audience = self.audience.as_deref().map_or(0, Audience::weight);
        (EVENT + self.envelope.len() + audience) as u64
    }
}

impl NewEvent {
    /// Returns the bytes that it takes while it waits.
    pub(crate) fn weight(&self) -> usize {
        let audience = self.audience.as_deref().map_or(0, Audience::weight);
        EVENT + self.envelope.len() + audience + self.key.as_deref().map_or(0, str::len)
    }
}
