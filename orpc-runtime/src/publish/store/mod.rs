//! Where events are kept. A store is a log of each channel: what is live and what
//! is replayed are read from the same place, by position.

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

/// Keeps events and gives them to readers.
///
/// One file per implementation, one suite of tests for all. A store of several
/// nodes is the stream that is its source for what is live as well: Redis Streams
/// (`XADD`, `XREAD BLOCK` from a position), NATS JetStream (an ordered consumer
/// from a sequence). It never stores an event and announces it apart from that,
/// as then two nodes can see two orders.
pub(crate) trait Store: Send + Sync + 'static {
    /// Keeps an event as durably as the store was opened for, then shows it to
    /// readers, then gives its id. Once polled the outcome is unknown until the
    /// future is ready.
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>>;

    /// A reader that begins there.
    fn subscribe(&self, channel: &str, start: Start) -> Result<Box<dyn Follow>, SubscribeError>;

    /// Takes no more events, ends all readers, and gives back what the store holds
    /// open once what was accepted is kept.
    fn close(&self) -> BoxFuture<'static, ()>;

    /// How many channels are known, for tests and metrics.
    fn channels(&self) -> usize;
}

/// One reader's end of a store.
pub(crate) trait Follow: Send {
    /// The next event, once there is one. Nothing is read ahead that counts for nobody.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Kept>, ReadError>>;

    /// The same without waiting for what is not published yet: none if everything
    /// was read.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Kept>, ReadError>>;

    /// Behind which event the reader stands.
    fn position(&self) -> EventId;
}

/// An event to be kept.
#[derive(Debug, Clone)]
pub(crate) struct NewEvent {
    pub(crate) channel: Arc<str>,
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
    pub(crate) key: Option<Arc<str>>,
}

/// An event that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) id: EventId,
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
}

/// What a channel's log holds of an event.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) envelope: Bytes,
    pub(crate) audience: Option<Arc<Audience>>,
}

/// Where a reader begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start {
    /// With what is published from now on.
    #[default]
    Now,
    /// With the oldest event that is retained.
    Oldest,
    /// Behind that event.
    After(EventId),
}

/// What an event weighs beside its bytes.
const EVENT: usize = 64;

impl Record {
    /// What is kept of an event.
    fn of(event: &NewEvent) -> Self {
        Self { envelope: event.envelope.clone(), audience: event.audience.clone() }
    }

    /// How many bytes count for the limits of the channel.
    fn weight(&self) -> u64 {
        let audience = self.audience.as_deref().map_or(0, Audience::weight);
        (EVENT + self.envelope.len() + audience) as u64
    }
}

impl NewEvent {
    /// How many bytes it takes while it waits.
    pub(crate) fn weight(&self) -> usize {
        let audience = self.audience.as_deref().map_or(0, Audience::weight);
        EVENT + self.envelope.len() + audience + self.key.as_deref().map_or(0, str::len)
    }
}
