//! A reader that goes along with the log of a channel.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::future::BoxFuture;

use super::super::error::{ReadError, StoreError};
use super::super::id::EventId;
use super::super::log::{Chunk, Read};
use super::channels::Reader;
use super::{Follow, Kept, Record};

/// How much a reader takes at once. That is all that is ever held for it.
const CHUNK: Chunk = Chunk { events: 64, bytes: 256 * 1024 };

/// Events that are not in memory.
pub(super) trait Elsewhere: Send + Sync {
    /// The events of a channel, from the first to at most the last: as many as
    /// there is room for, at least one. None where the first is not there any more.
    fn read(
        &self,
        channel: u64,
        first: u64,
        last: u64,
        bytes: u64,
    ) -> BoxFuture<'static, Result<Vec<Record>, ReadError>>;
}

/// Reads what is in memory from there, and the rest from elsewhere.
pub(super) struct Follower {
    reader: Reader,
    elsewhere: Option<Arc<dyn Elsewhere>>,
    reading: Option<Reading>,
}

struct Reading {
    first: u64,
    records: BoxFuture<'static, Result<Vec<Record>, ReadError>>,
}

impl Follower {
    pub(super) fn new(reader: Reader, elsewhere: Option<Arc<dyn Elsewhere>>) -> Self {
        Self { reader, elsewhere, reading: None }
    }

    fn poll(&mut self, cx: &mut Context<'_>, waits: bool) -> Poll<Result<Vec<Kept>, ReadError>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let first = reading.first;
                let records = ready!(reading.records.as_mut().poll(cx));
                self.reading = None;
                let records = records?;
                if !records.is_empty() {
                    return Poll::Ready(Ok(self.arrived(first, records)));
                }
                // They were trimmed meanwhile, which the log says.
                if self.reader.channel.state().log.floor() <= first {
                    let missing = StoreError::Corrupt("events are missing".to_owned());
                    return Poll::Ready(Err(ReadError::Store(missing)));
                }
            }
            let channel = Arc::clone(&self.reader.channel);
            let mut state = channel.state();
            let channels = &self.reader.channels;
            state.log.trim(channels.timeline.now(), &channels.limits);
            match self.reader.cursor.read(&state.log, CHUNK) {
                Read::Events(events) => {
                    let epoch = state.log.epoch();
                    drop(state);
                    let kept = events
                        .into_iter()
                        .map(|(sequence, record)| record.at(EventId::new(epoch, sequence)));
                    return Poll::Ready(Ok(kept.collect()));
                }
                Read::Gap(gap) => return Poll::Ready(Err(ReadError::Gap(gap))),
                Read::Nothing if !waits => return Poll::Ready(Ok(Vec::new())),
                Read::Nothing if state.is_closed => return Poll::Ready(Err(ReadError::Closed)),
                Read::Nothing => {
                    self.reader.wait(&mut state, cx.waker());
                    return Poll::Pending;
                }
                Read::Elsewhere { first, last } => {
                    let (Some(elsewhere), Some(place)) = (&self.elsewhere, state.place) else {
                        let lost = StoreError::Corrupt("events are nowhere".to_owned());
                        return Poll::Ready(Err(ReadError::Store(lost)));
                    };
                    let records = elsewhere.read(place.number, first, last, CHUNK.bytes);
                    self.reading = Some(Reading { first, records });
                }
            }
        }
    }

    /// Events from elsewhere.
    fn arrived(&mut self, first: u64, records: Vec<Record>) -> Vec<Kept> {
        let epoch = self.reader.cursor.position().epoch();
        let mut kept = Vec::with_capacity(records.len());
        for (sequence, record) in (first..).zip(records) {
            kept.push(record.at(EventId::new(epoch, sequence)));
            self.reader.cursor.advance(sequence);
        }
        kept
    }
}

impl Follow for Follower {
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<Kept>, ReadError>> {
        self.poll(cx, true)
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<Kept>, ReadError>> {
        self.poll(cx, false)
    }

    fn position(&self) -> EventId {
        self.reader.cursor.position()
    }
}

impl Record {
    fn at(self, id: EventId) -> Kept {
        Kept { id, envelope: self.envelope, audience: self.audience }
    }
}
