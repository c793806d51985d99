//! Readers of the log of a channel.

use std::sync::Arc;
use std::task::{Context, Poll};

use super::super::error::{ReadError, StoreError, StoreErrorKind};
use super::super::id::EventId;
use super::super::log::{Chunk, Read};
use super::channel::{Channel, Registration, State};
use super::{Reader, Record, StoredEvent};

/// Amount that a reader takes from the log at once: one event, so that a reader that stops
/// holds no others. Of the cold store it requests that number of events, of which it gets what fits into a reservation.
const CHUNK: Chunk = Chunk { events: 1024, bytes: 1 };

/// The next event; without waiting it is `None` at the end.
pub(super) type Polled = Poll<Result<Option<StoredEvent>, ReadError>>;

/// Reads events from the log, which has all or the newest ones in memory.
pub(super) struct LogReader {
    pub(super) reader: Registration,
}

impl LogReader {
    pub(super) fn new(reader: Registration) -> Self {
        Self { reader }
    }

    /// Polls for the next event. If it is not in memory, returns what `cold` does with the
    /// numbers of the first and the last event to read.
    pub(super) fn poll<R>(
        &mut self,
        cx: &Context<'_>,
        waits: bool,
        cold: impl FnOnce(&Channel, &State, (u64, u64)) -> R,
    ) -> Result<Polled, R> {
        let channel = Arc::clone(&self.reader.channel);
        let mut state = channel.state();
        if self.reader.cursor.is_at_head(&state.log) {
            return Ok(self.at_head(&mut state, cx, waits));
        }
        let channels = &self.reader.channels;
        state.log.trim(channels.timeline.now(), &channels.limits);
        channels.account(&mut state);
        if let Some((id, record)) = self.reader.cursor.read_one(&state.log) {
            drop(state);
            return Ok(Poll::Ready(Ok(Some(record.at(id)))));
        }
        match self.reader.cursor.read(&state.log, CHUNK) {
            Read::Events(events) => {
                drop(state);
                let event = events.into_iter().next();
                Ok(Poll::Ready(Ok(event.map(|(id, record)| record.at(id)))))
            }
            Read::Gap(gap) => Ok(Poll::Ready(Err(ReadError::Gap(gap)))),
            Read::Nothing => Ok(self.at_head(&mut state, cx, waits)),
            Read::ColdStore { first, last } => Err(cold(&channel, &state, (first, last))),
        }
    }

    /// Waits for the next event.
    fn at_head(&self, state: &mut State, cx: &Context<'_>, waits: bool) -> Polled {
        if !waits {
            return Poll::Ready(Ok(None));
        }
        if state.is_closed {
            return Poll::Ready(Err(ReadError::Closed));
        }
        if let Some(error) = state.failure() {
            return Poll::Ready(Err(ReadError::Store(error)));
        }
        self.reader.wait(state, cx.waker());
        Poll::Pending
    }

    /// Polls for the next event of a log that has all events in memory.
    fn poll_memory(&mut self, cx: &Context<'_>, waits: bool) -> Polled {
        self.poll(cx, waits, |_, _, _| Poll::Ready(Err(not_stored()))).unwrap_or_else(|lost| lost)
    }
}

impl Reader for LogReader {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>> {
        // Waiting gives an event or an error.
        self.poll_memory(cx, true).map(|next| next?.ok_or(ReadError::Closed))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Polled {
        self.poll_memory(cx, false)
    }

    fn position(&self) -> EventId {
        self.reader.cursor.position()
    }
}

/// Returns the error of events that the log retains and no store has.
pub(super) fn not_stored() -> ReadError {
    damaged("events are neither in memory nor in the store")
}

/// Returns the error of a log and a cold store that do not have the same events.
pub(super) fn damaged(reason: &str) -> ReadError {
    let message = format!("the store is damaged: {reason}");
    ReadError::Store(StoreError::new(StoreErrorKind::Damaged, message))
}

impl Record {
    /// Wraps the record as the event of that id.
    pub(super) fn at(self, id: EventId) -> StoredEvent {
        StoredEvent { id, envelope: self.envelope, audience: self.audience }
    }
}
