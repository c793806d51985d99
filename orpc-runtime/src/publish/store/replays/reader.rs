//! Readers of logs whose older events are in a cold store.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::{Replay, Replays, Taken, Wanted};
use crate::publish::error::ReadError;
use crate::publish::id::EventId;
use crate::publish::store::channel::{Channel, Registration, State};
use crate::publish::store::log_reader::{LogReader, Polled, damaged, not_stored};
use crate::publish::store::{Reader, StoredEvent};

/// Reads events in memory from the log, and others from the cold store.
pub(in crate::publish::store) struct ReplayReader {
    log: LogReader,
    replays: Arc<Replays>,
    replay: Option<Replay>,
    /// Revision of the log for which the replay was requested.
    revision: u64,
}

impl ReplayReader {
    pub(in crate::publish::store) fn new(reader: Registration, replays: Arc<Replays>) -> Self {
        Self { log: LogReader::new(reader), replays, replay: None, revision: 0 }
    }

    /// Polls for the next event; without waiting it is `None` at the end.
    fn poll(&mut self, cx: &Context<'_>, waits: bool) -> Polled {
        loop {
            if let Some(replay) = &self.replay {
                let reader = &mut self.log.reader;
                let position = reader.cursor.position();
                let sequence = position.sequence().saturating_add(1);
                match ready!(replay.poll_take(cx)) {
                    Taken::Event(record) => {
                        let state = reader.channel.state();
                        // The file may have lost its end in the meantime; the log
                        // reports it.
                        let is_current = state.revision() == self.revision;
                        let is_there = sequence <= state.log.head().sequence();
                        if is_current && is_there && state.log.has_entry(position) {
                            let id = state.log.id(sequence);
                            reader.cursor.advance(id);
                            return Poll::Ready(Ok(Some(record.at(id))));
                        }
                    }
                    Taken::Nothing => {}
                    // They were trimmed or lost in the meantime; the log reports it.
                    Taken::Missing => {
                        let state = reader.channel.state();
                        let is_current = state.revision() == self.revision;
                        let is_there = state.log.earliest() <= sequence;
                        if is_current && is_there && state.log.has_entry(position) {
                            return Poll::Ready(Err(damaged("events are missing")));
                        }
                    }
                    Taken::Failed(error) => return Poll::Ready(Err(error)),
                }
                self.replay = None;
            }
            let wanted = |channel: &Channel, state: &State, (first, last)| {
                let channel = state.cold_number(channel)?;
                Some((Wanted { channel, first, last }, state.revision()))
            };
            match self.log.poll(cx, waits, wanted) {
                Ok(polled) => return polled,
                Err(Some((wanted, revision))) => {
                    self.revision = revision;
                    self.replay = Some(self.replays.ask(wanted));
                }
                Err(None) => return Poll::Ready(Err(not_stored())),
            }
        }
    }
}

impl Reader for ReplayReader {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>> {
        // Waiting gives an event or an error.
        self.poll(cx, true).map(|next| next?.ok_or(ReadError::Closed))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Polled {
        self.poll(cx, false)
    }

    fn position(&self) -> EventId {
        self.log.position()
    }
}

impl State {
    /// Returns the number under which the channel's events are read that are not in memory.
    fn cold_number(&self, channel: &Channel) -> Option<u64> {
        let copy = self.copy.as_ref().map(|_| channel.number);
        self.place.map(|place| place.number).or(copy)
    }

    /// Returns the number of times that the log was replaced by another one.
    fn revision(&self) -> u64 {
        self.copy.as_ref().map_or(0, |copy| copy.revision)
    }
}
