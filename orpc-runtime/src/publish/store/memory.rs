//! Events in the memory of the process.

use std::future::ready;
use std::sync::Arc;
use std::task::Waker;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::super::clock::Timeline;
use super::super::durability::Durability;
use super::super::error::PublishError;
use super::super::id::EventId;
use super::super::log::Limits;
use super::channels::Channels;
use super::log_reader::LogReader;
use super::{NewEvent, Opening, Record, Start, Store};

/// Maximum number of channels that one call sweeps. More may expire at once than one
/// call should wait for.
const SWEPT: usize = 64;

/// Keeps events until the process ends.
pub(crate) struct MemoryStore(Arc<Channels>);

impl MemoryStore {
    pub(crate) fn new(timeline: Timeline, limits: Limits, max_channels: usize) -> Self {
        Self(Channels::new(timeline, limits, max_channels))
    }

    fn publish_now(&self, event: NewEvent) -> Result<EventId, PublishError> {
        let channels = &*self.0;
        // In memory a sweep needs no further work.
        drop(channels.sweep(SWEPT));
        let published = channels.with(&Arc::clone(&event.channel), |_, state| {
            let now = channels.timeline.now();
            state.trim(now, &channels.limits);
            if let Some(known) = event.key.as_deref().and_then(|key| state.keys.get(key)) {
                return Ok((known, Vec::new()));
            }
            if event.key.is_some() && !channels.has_room_for_key(state) {
                return Err(PublishError::TooManyKeys);
            }
            let id = state.log.next().ok_or_else(PublishError::no_numbers)?;
            let record = Record::of(&event);
            let bytes = record.weight();
            state.log.append(record, bytes, now);
            state.log.commit(1, &channels.limits);
            state.last = now;
            if let Some(key) = event.key {
                state.keys.insert(key, id, now);
            }
            Ok((id, state.take_waiting()))
        });
        let (id, waiting) = published??;
        waiting.into_iter().for_each(Waker::wake);
        Ok(id)
    }
}

impl Store for MemoryStore {
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        ready(self.publish_now(event)).boxed()
    }

    fn subscribe(&self, channel: &str, start: Start) -> Opening {
        drop(self.0.sweep(SWEPT));
        let reader = self.0.register(channel, start);
        ready(reader.map(|reader| Box::new(LogReader::new(reader)) as _)).boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.0.close();
        ready(()).boxed()
    }

    fn durability(&self) -> Durability {
        Durability::Memory
    }

    fn channels(&self) -> usize {
        self.0.len()
    }
}

/// A dropped store has no readers.
impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.0.close();
    }
}
