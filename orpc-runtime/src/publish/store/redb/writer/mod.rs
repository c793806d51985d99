//! The writer thread: all queued events form one transaction.

mod batch;
mod recovery;

use std::cell::Cell;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use redb::WriteTransaction;

use self::batch::{Batch, Staged, Touched, Waiting, remove_events, row_of, write_state};
use super::beside::Beside;
use super::database::{Current, failure};
use super::queue::{Next, Queue, Request};
use super::record::{CHANNELS, EVENTS, EventRow, KEYS, KeyRow, StateRow};
use crate::publish::error::{PublishError, StoreError};
use crate::publish::id::Epoch;
use crate::publish::log::Origin;
use crate::publish::store::Record;
use crate::publish::store::channel::{Channel, Place, State};
use crate::publish::store::channels::{Channels, Swept};

/// Writes published events and makes them visible to readers once they are stored.
pub(super) struct Writer {
    pub(super) channels: Arc<Channels>,
    current: Current,
    /// Witness of the file.
    beside: Beside,
    /// Number of the last transaction.
    commit: u64,
    /// First numbers of channels without an event, once they are known.
    origin: Option<Origin>,
    /// `true` after the first recovery: from then on the writer's own commit number is
    /// compared, not the witness.
    is_known: bool,
    /// Pause before a file that cannot be written is tried again.
    pause: Duration,
    /// Number of the next channel.
    next_number: u64,
    /// Store's age when trimmed events were last removed.
    pub(super) swept: u64,
}

/// Maximum number of channels from which one transaction removes trimmed events.
pub(super) const SWEPT: usize = if cfg!(test) { 16 } else { 1024 };

/// Failure of a transaction.
struct Failed {
    error: StoreError,
    /// Generation of the file at that time.
    generation: u64,
    /// `true` if the transaction may be in the file nevertheless.
    is_doubtful: bool,
}

impl Writer {
    /// Writes until the queue is closed.
    pub(super) fn run(mut self, queue: &Queue) {
        let limits = self.channels.limits;
        let idle = Duration::from_millis((limits.slack() / 2).clamp(10, 5_000));
        loop {
            let is_writable = self.current.is_writable();
            match queue.take(if is_writable { idle } else { idle.min(self.pause) }) {
                Next::Requests(requests) => self.write(requests),
                // Retries here as well, so that room is found without a publisher.
                Next::Nothing => {
                    if let Err(error) = self.make_writable() {
                        tracing::debug!(%error, "the file of events cannot be written yet");
                    }
                }
                Next::Closed => break,
            }
            if self.current.is_writable() {
                self.sweep();
            }
        }
        self.channels.close();
        self.current.close();
        self.beside.close();
    }

    /// Writes events in one transaction and reports to their publishers.
    pub(super) fn write(&mut self, requests: Vec<Request>) {
        if let Err(error) = self.make_writable() {
            for request in requests {
                request.answer(Err(PublishError::Failed(error.clone())));
            }
            return;
        }
        let mut batch = Batch::default();
        for request in requests {
            self.stage(request, &mut batch);
        }
        let outcome = if batch.staged.is_empty() { Ok(()) } else { self.commit(&batch) };
        for Waiting { request, id, is_staged } in batch.waiting {
            request.answer(match &outcome {
                Err(failed) if is_staged => Err(failed.as_publish_error()),
                _ => Ok(id),
            });
        }
    }

    /// Numbers an event, unless its idempotency key has one already.
    fn stage(&mut self, request: Request, batch: &mut Batch) {
        let channels = Arc::clone(&self.channels);
        let event = request.event.clone();
        let staged = channels.with(&event.channel, |channel, state| {
            let now = channels.timeline.now();
            state.trim(now, &channels.limits);
            let place = std::ptr::from_ref(&**channel);
            let known = batch.by_channel.get(&place).copied();
            if let Some(key) = &event.key {
                if let Some(id) = state.keys.get(key) {
                    return Ok((id, false));
                }
                let staged = known.and_then(|index| batch.by_key.get(&(index, Arc::clone(key))));
                if let Some(id) = staged {
                    return Ok((*id, true));
                }
                if !channels.has_room_for_key(state) {
                    return Err(PublishError::TooManyKeys);
                }
            }
            let id = state.log.next().ok_or_else(PublishError::no_numbers)?;
            let record = Record::of(&event);
            let bytes = record.weight();
            state.log.append(record, bytes, now);
            let index = known.unwrap_or_else(|| {
                batch.by_channel.insert(place, batch.touched.len());
                batch.touched.push(self.touch(channel, state));
                batch.touched.len() - 1
            });
            if let Some(key) = &event.key {
                batch.by_key.insert((index, Arc::clone(key)), id);
            }
            let touched = &mut batch.touched[index];
            (touched.row.head, touched.row.last) = (id.sequence(), id.epoch());
            touched.last_id = id;
            touched.count += 1;
            touched.last = now;
            touched.keys.extend(event.key.as_ref().map(|key| (Arc::clone(key), id, now)));
            batch.staged.push(Staged { id, at: now, event: event.clone(), channel: index });
            Ok((id, true))
        });
        match staged.map_err(PublishError::from).flatten() {
            Ok((id, is_staged)) => batch.waiting.push(Waiting { request, id, is_staged }),
            Err(error) => request.answer(Err(error)),
        }
    }

    /// Adds a channel to the transaction.
    fn touch(&mut self, channel: &Arc<Channel>, state: &State) -> Touched {
        let earliest = state.log.earliest();
        let place = state.place.unwrap_or_else(|| {
            let number = self.next_number;
            self.next_number += 1;
            Place { number, earliest, keys: 0 }
        });
        let row = row_of(place.number, state);
        let (channel, last, keys) = (Arc::clone(channel), state.last, Vec::new());
        let keys_from = state.keys.from();
        let last_id = state.log.head();
        Touched { channel, row, before: place, keys_from, last_id, count: 0, last, keys }
    }

    /// Stores the staged events, then makes them visible to readers.
    fn commit(&mut self, batch: &Batch) -> Result<(), Failed> {
        let row = self.next_row();
        let number = row.commit;
        let written = self.transact(row, |writing| {
            let mut events = writing.open_table(EVENTS).map_err(failure)?;
            let mut keys = writing.open_table(KEYS).map_err(failure)?;
            for Staged { id, at, event, channel } in &batch.staged {
                let place = (batch.touched[*channel].row.number, id.sequence());
                let value = EventRow::write(place.0, *id, *at, event);
                events.insert(place, &*value).map_err(failure)?;
                if let Some(key) = &event.key {
                    let value = KeyRow::write(place.0, *id, *at, key);
                    keys.insert(place, &*value).map_err(failure)?;
                }
            }
            drop((events, keys));
            batch.touched.iter().try_for_each(|touched| touched.write(writing))
        });
        if let Err(failed) = written {
            for Touched { channel, .. } in &batch.touched {
                channel.state().log.abort();
            }
            tracing::error!(error = %failed.error, "events could not be kept");
            self.renew(failed.generation);
            let recovered = self.recover();
            let kept = batch.touched.iter().filter(|touched| touched.is_kept()).count();
            // Not before: the file may have the event of a channel that is new.
            for Touched { channel, .. } in &batch.touched {
                self.channels.forget_one(channel);
            }
            if recovered.is_err() {
                return Err(failed);
            }
            return match kept {
                // It was in the file after all.
                kept if kept == batch.touched.len() => Ok(()),
                0 => Err(Failed { is_doubtful: false, ..failed }),
                // Of some channels only; others are damaged.
                _ => Err(Failed { is_doubtful: true, ..failed }),
            };
        }
        self.commit = number;
        for touched in &batch.touched {
            let mut state = touched.channel.state();
            state.log.commit(touched.count, &self.channels.limits);
            state.place = Some(touched.place());
            state.last = touched.last;
            for (key, id, at) in &touched.keys {
                state.keys.insert(Arc::clone(key), *id, *at);
            }
            self.channels.schedule(&touched.channel, &mut state);
            let waiting = state.take_waiting();
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
        Ok(())
    }

    /// Returns the row of the next transaction.
    fn next_row(&self) -> StateRow {
        let origin = self.channels.origin().or(self.origin);
        let origin = origin.unwrap_or(Origin::new(Epoch::of(0)));
        StateRow { commit: self.commit + 1, moment: self.channels.timeline.moment(), origin }
    }

    /// Runs a transaction.
    fn transact(
        &mut self,
        row: StateRow,
        write: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>,
    ) -> Result<(), Failed> {
        self.beside.touch();
        let is_doubtful = Cell::new(false);
        let (generation, written) = self.current.try_with(|opened| {
            opened.check_writable()?;
            let writing = opened.database.begin_write().map_err(failure)?;
            write(&writing)?;
            write_state(&writing, row)?;
            is_doubtful.set(true);
            writing.commit().map_err(failure)
        });
        if written.is_ok() {
            self.beside.mark(row.commit);
        }
        written.map_err(|error| Failed { error, generation, is_doubtful: is_doubtful.get() })
    }

    /// Removes trimmed events from the file, which can be written, and evicts channels, if the
    /// last sweep is long enough ago, or has left something, or all channels together are too large.
    pub(super) fn sweep(&mut self) {
        let (now, slack) = (self.channels.timeline.now(), self.channels.limits.slack());
        let is_due = now.saturating_sub(self.swept) >= slack || self.channels.is_over();
        if !is_due {
            return;
        }
        let Swept { forgotten, trimmed: looked_at } = self.channels.sweep(SWEPT);
        if forgotten.len() + looked_at.len() < SWEPT {
            self.swept = now;
        }
        let mut trimmed = Vec::new();
        for channel in looked_at {
            let state = channel.state();
            if state.is_trimmed() {
                trimmed.push(self.touch(&channel, &state));
            }
        }
        if forgotten.is_empty() && trimmed.is_empty() {
            return;
        }
        let row = self.next_row();
        let written = self.transact(row, |writing| {
            for (name, place) in &forgotten {
                let mut rows = writing.open_table(CHANNELS).map_err(failure)?;
                rows.remove(&**name).map_err(failure)?;
                drop(rows);
                remove_events(writing, place.number)?;
            }
            trimmed.iter().try_for_each(|touched| touched.write(writing))
        });
        match written {
            Ok(()) => {
                self.commit = row.commit;
                for touched in trimmed {
                    touched.channel.state().place = Some(touched.place());
                }
            }
            Err(failed) => {
                tracing::error!(error = %failed.error, "trimmed events could not be removed");
                self.renew(failed.generation);
                // The rest of the recovery is retried by time.
                drop(self.recover());
            }
        }
    }
}

impl Failed {
    fn as_publish_error(&self) -> PublishError {
        let error = self.error.clone();
        if self.is_doubtful {
            PublishError::OutcomeUnknown(Some(error))
        } else {
            PublishError::Failed(error)
        }
    }
}
