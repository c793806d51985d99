//! Stores of events. A store has a log per channel: live and replayed events are read
//! from it, by position.

mod channel;
mod channels;
#[cfg(any(feature = "nats", feature = "redis"))]
mod copied;
mod due;
mod keys;
mod log_reader;
mod memory;
#[cfg(feature = "nats")]
mod nats;
#[cfg(feature = "redb")]
pub(crate) mod redb;
#[cfg(feature = "redis")]
mod redis;
mod remote;
#[cfg(any(feature = "nats", feature = "redb", feature = "redis"))]
mod replays;
#[cfg(test)]
pub(super) mod tests;

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::future::BoxFuture;

use super::audience::Audience;
use super::durability::Durability;
use super::error::{PublishError, ReadError, StoreError, StoreErrorKind, SubscribeError};
use super::id::EventId;
pub(crate) use super::sink::NewEvent;

pub(crate) use memory::MemoryStore;
pub(crate) use remote::{Mark, Message, ReadMessage, Window};
pub use remote::{RemoteChannels, RemoteConnection};

/// A store of events, and the source of its readers: in this process, in a file, or on other
/// machines.
///
/// One module per implementation, one test suite for all. A store that several machines share
/// must order the events of a channel itself, and give live events to readers from that order
/// (Redis Streams: one script that appends and announces, then `XRANGE`; NATS JetStream: an append
/// that expects the last sequence, then a consumer from a sequence; PostgreSQL: an insert under
/// the lock of the channel's row, then `LISTEN` and a query from a position). It must not store
/// an event and announce it in two steps, because two machines could then see two orders. Each
/// entry keeps its [epoch](super::Epoch), by which a lost tail is detected.
pub(crate) trait Store: Send + Sync + 'static {
    /// Stores an event with the store's durability, then makes it visible to readers,
    /// then returns its id. Once polled, the outcome is unknown until the future is
    /// ready.
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>>;

    /// Opens a reader that begins at `start`.
    ///
    /// The future is polled once at the call, perhaps outside of a runtime and with a waker that
    /// does nothing, and afterwards as the subscription is. The position is fixed when it is
    /// ready, at the latest; bounds that are known here are checked in the first poll, so that
    /// their errors reach the caller. Dropping it must leave nothing behind.
    fn subscribe(&self, channel: &str, start: Start) -> Opening;

    /// Accepts no more events, ends all readers, and releases the store's resources
    /// once the accepted events are stored.
    fn close(&self) -> BoxFuture<'static, ()>;

    /// Returns the failure that a published event survives.
    fn durability(&self) -> Durability;

    /// Returns the number of channels that this process holds, for tests and metrics.
    fn channels(&self) -> usize;

    /// Returns the clients that all processes of the store share; `None` if there is one process.
    #[cfg(all(feature = "durable", feature = "websocket"))]
    fn clients(&self) -> Option<Arc<dyn super::ClientRegistry>> {
        None
    }
}

/// The future reader of a channel.
pub(crate) type Opening = BoxFuture<'static, Result<Box<dyn Reader>, OpenError>>;

/// The reading half of a store, for one reader.
pub(crate) trait Reader: Send {
    /// Polls for the next event. No event is read ahead without counting against a
    /// budget.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>>;

    /// Polls for the next published event; `None` if all were read.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<StoredEvent>, ReadError>>;

    /// Returns the event behind which the reader is.
    fn position(&self) -> EventId;
}

/// Error of a channel that cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The store is closed.
    Closed,
    /// There are too many channels.
    TooMany,
    Store(StoreError),
}

impl From<OpenError> for PublishError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Closed => Self::Closed,
            OpenError::TooMany => Self::TooManyChannels,
            OpenError::Store(error) => Self::Failed(error),
        }
    }
}

impl From<OpenError> for SubscribeError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::TooMany => Self::TooManyChannels,
            OpenError::Closed => Self::Closed,
            OpenError::Store(error) => Self::Store(error),
        }
    }
}

impl From<OpenError> for ReadError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::TooMany => Self::Store(StoreError::new(
                StoreErrorKind::Full,
                "the store has too many channels",
            )),
            OpenError::Closed => Self::Closed,
            OpenError::Store(error) => Self::Store(error),
        }
    }
}

/// A stored event.
#[derive(Debug, Clone)]
pub(crate) struct StoredEvent {
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
pub(super) const EVENT: usize = 64;

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
