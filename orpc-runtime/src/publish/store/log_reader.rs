//! Readers of the log of a channel.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::super::error::{ReadError, StoreError, StoreErrorKind};
use super::super::id::EventId;
use super::super::log::{Chunk, Read};
use super::channel::{Registration, State};
use super::replays::{Replay, Replays, Taken, Wanted};
use super::{Reader, Record, StoredEvent};

/// Amount that a reader takes from the log at once: one event, so that a reader that stops
/// holds no others. Of the cold store it requests that number of events.
const CHUNK: Chunk = Chunk { events: 64, bytes: 1 };

/// Reads events in memory from the log, and others from the cold store.
pub(super) struct LogReader {
    reader: Registration,
    cold_store: Option<Arc<Replays>>,
    replay: Option<Replay>,
    /// Revision of the log for which the replay was requested.
    revision: u64,
}

impl LogReader {
    pub(super) fn new(reader: Registration, cold_store: Option<Arc<Replays>>) -> Self {
        Self { reader, cold_store, replay: None, revision: 0 }
    }

    /// Polls for the next event; without waiting it is `None` at the end.
    fn poll(
        &mut self,
        cx: &Context<'_>,
        waits: bool,
    ) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        loop {
            if let Some(replay) = &self.replay {
                let position = self.reader.cursor.position();
                let sequence = position.sequence().saturating_add(1);
                match ready!(replay.poll_take(cx)) {
                    Taken::Event(record) => {
                        let state = self.reader.channel.state();
                        // The file may have lost its end in the meantime; the log
                        // reports it.
                        let is_current = state.revision() == self.revision;
                        let is_there = sequence <= state.log.head().sequence();
                        if is_current && is_there && state.log.has_entry(position) {
                            let id = state.log.id(sequence);
                            self.reader.cursor.advance(id);
                            return Poll::Ready(Ok(Some(record.at(id))));
                        }
                    }
                    Taken::Nothing => {}
                    // They were trimmed or lost in the meantime; the log reports it.
                    Taken::Missing => {
                        let state = self.reader.channel.state();
                        let is_current = state.revision() == self.revision;
                        let is_there = state.log.earliest() <= sequence;
                        if is_current && is_there && state.log.has_entry(position) {
                            let missing = damaged("events are missing");
                            return Poll::Ready(Err(ReadError::Store(missing)));
                        }
                    }
                    Taken::Failed(error) => return Poll::Ready(Err(error)),
                }
                self.replay = None;
            }
            let channel = Arc::clone(&self.reader.channel);
            let mut state = channel.state();
            if self.reader.cursor.is_at_head(&state.log) {
                return self.at_head(&mut state, cx, waits);
            }
            let channels = &self.reader.channels;
            state.log.trim(channels.timeline.now(), &channels.limits);
            channels.account(&mut state);
            if let Some((id, record)) = self.reader.cursor.read_one(&state.log) {
                drop(state);
                return Poll::Ready(Ok(Some(record.at(id))));
            }
            match self.reader.cursor.read(&state.log, CHUNK) {
                Read::Events(events) => {
                    drop(state);
                    let event = events.into_iter().next();
                    return Poll::Ready(Ok(event.map(|(id, record)| record.at(id))));
                }
                Read::Gap(gap) => return Poll::Ready(Err(ReadError::Gap(gap))),
                Read::Nothing => return self.at_head(&mut state, cx, waits),
                Read::ColdStore { first, last } => {
                    let number = state.cold_number(&channel);
                    let (Some(cold_store), Some(number)) = (&self.cold_store, number) else {
                        let lost = damaged("events are neither in memory nor in the store");
                        return Poll::Ready(Err(ReadError::Store(lost)));
                    };
                    let wanted = Wanted { channel: number, first, last };
                    self.revision = state.revision();
                    self.replay = Some(cold_store.ask(wanted));
                }
            }
        }
    }
}

impl LogReader {
    /// Waits for the next event.
    fn at_head(
        &self,
        state: &mut State,
        cx: &Context<'_>,
        waits: bool,
    ) -> Poll<Result<Option<StoredEvent>, ReadError>> {
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
}

impl Reader for LogReader {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>> {
        // Waiting gives an event or an error.
        self.poll(cx, true).map(|next| next?.ok_or(ReadError::Closed))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        self.poll(cx, false)
    }

    fn position(&self) -> EventId {
        self.reader.cursor.position()
    }
}

/// Returns the error of a log and a cold store that do not have the same events.
fn damaged(reason: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("the store is damaged: {reason}"))
}

impl Record {
    /// Wraps the record as the event of that id.
    pub(super) fn at(self, id: EventId) -> StoredEvent {
        StoredEvent { id, envelope: self.envelope, audience: self.audience }
    }
}
