//! The one thread that writes: all events that wait are one transaction.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use redb::WriteTransaction;

use super::super::channels::{Channel, Channels, Place, State, Swept};
use super::super::{NewEvent, Record};
use super::database::{Current, failure};
use super::load::{Loaded, load};
use super::queue::{Next, Queue, Request};
use super::record::{CHANNELS, ChannelRow, EVENTS, KEYS, KeyRow, STATE, StateRow, StoredEvent};
use crate::publish::error::{PublishError, StoreError};
use crate::publish::id::{Epoch, EventId};

/// Writes what is published and shows it to readers once it is kept.
pub(super) struct Writer {
    channels: Arc<Channels>,
    current: Current,
    /// The number of the last transaction.
    commit: u64,
    /// Whether that is known better than by the file's mark, which may be what failed.
    is_known: bool,
    /// How long is waited before a file that cannot be written is tried again.
    pause: Duration,
    /// The number of the next channel.
    next_number: u64,
    /// Numbers of channels whose events are still in the file.
    orphans: Vec<u64>,
    /// The store's age when what was trimmed was last removed.
    swept: u64,
}

/// From how many channels one transaction removes what was trimmed.
const SWEPT: usize = 1024;

/// An event that got its number.
struct Staged {
    id: EventId,
    at: u64,
    event: NewEvent,
    channel: usize,
}

/// A channel that a transaction is about.
struct Touched {
    channel: Arc<Channel>,
    row: ChannelRow,
    /// Where it was before.
    before: Place,
    /// The number of the first event whose retry key is retained.
    keys_from: u64,
    count: usize,
    /// The store's age at the last of them.
    last: u64,
    /// Their retry keys, each with the age at its event.
    keys: Vec<(Arc<str>, EventId, u64)>,
}

/// Who is to be told, and of which event: one of this transaction, or of one before.
struct Waiting {
    request: Request,
    id: EventId,
    is_staged: bool,
}

/// What one transaction writes.
#[derive(Default)]
struct Batch {
    staged: Vec<Staged>,
    touched: Vec<Touched>,
    by_channel: HashMap<*const Channel, usize>,
    by_key: HashMap<(usize, Arc<str>), EventId>,
    waiting: Vec<Waiting>,
}

/// How a transaction failed.
struct Failed {
    error: StoreError,
    /// Which opening of the file it was.
    generation: u64,
    /// Whether it may be in the file nevertheless.
    is_doubtful: bool,
}

/// How soon a file that cannot be written is tried again, at first and at last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

impl Writer {
    /// Reads what is in the file. A file that can be read and not be written, as on
    /// a full disk, is one whose events can be read.
    pub(super) fn open(channels: Arc<Channels>, current: Current) -> Result<Self, StoreError> {
        let mut writer = Self {
            channels,
            current,
            commit: 0,
            is_known: false,
            pause: PAUSES.0,
            next_number: 0,
            orphans: Vec::new(),
            swept: 0,
        };
        let loaded = match writer.take_up() {
            Err(error @ (StoreError::Io(_) | StoreError::DiskFull(_))) => {
                tracing::error!(%error, "the file of events can be read and not be written");
                writer.load()?.0
            }
            loaded => loaded?,
        };
        if let Some(state) = loaded.state {
            // More than that and all events are too old.
            let limits = &writer.channels.limits;
            let step = Duration::from_millis(limits.age.saturating_add(limits.slack()) + 1);
            writer.channels.timeline.resume(state.moment, step);
        }
        for (name, state) in loaded.channels {
            writer.channels.insert(name, state);
        }
        Ok(writer)
    }

    /// Reads everything, and gives the number of the last transaction that there
    /// should be.
    fn load(&self) -> Result<(Loaded, Option<u64>), StoreError> {
        self.current.read(|opened| {
            let known = self.is_known.then_some(self.commit);
            let mark = known.map_or_else(|| opened.file.mark(), |known| Ok(Some(known)))?;
            let loaded = load(&opened.database, mark, &self.channels.limits)?;
            for name in &loaded.damaged {
                tracing::error!(channel = name, "events are lost: the channel begins anew");
            }
            Ok((loaded, mark))
        })
    }

    /// Makes the file one that can be written, with what is in it but for what
    /// cannot go on.
    fn take_up(&mut self) -> Result<Loaded, StoreError> {
        self.current.release()?;
        let (loaded, mark) = self.load()?;
        let mut commit = loaded.state.map_or(0, |state| state.commit);
        let is_clean = loaded.is_clean(mark);
        let (generation, cleared) = self.current.try_with(|opened| {
            opened.check_writable()?;
            if !is_clean {
                commit = commit.max(mark.filter(|mark| *mark < u64::MAX).unwrap_or(0)) + 1;
                let moment = loaded.state.map(|state| state.moment);
                let moment = moment.unwrap_or_else(|| self.channels.timeline.moment());
                let writing = opened.database.begin_write().map_err(failure)?;
                clear_away(&writing, &loaded, StateRow { commit, moment })?;
                writing.commit().map_err(failure)?;
            }
            if self.is_known || !is_clean {
                // Both marks: one may be damaged.
                opened.file.set_mark(commit.saturating_sub(1))?;
                opened.file.set_mark(commit)?;
            }
            Ok(opened.file.begin()?)
        });
        if let Err(error) = cleared {
            self.renew(generation);
            return Err(error);
        }
        self.commit = commit;
        self.is_known = true;
        self.next_number = self.next_number.max(loaded.next_number);
        self.pause = PAUSES.0;
        Ok(loaded)
    }

    /// Opens the file again, so that it can be read.
    fn renew(&self, generation: u64) {
        if let Err(error) = self.current.renew(generation) {
            tracing::error!(%error, "the file of events cannot be read");
        }
    }

    /// Goes on after a failure: through a new descriptor, with what is in the file.
    fn recover(&mut self) -> Result<(), StoreError> {
        let loaded = self.take_up().inspect_err(|_| {
            self.pause = (self.pause * 2).min(PAUSES.1);
        })?;
        let mut found: HashMap<_, _> = loaded.channels.into_iter().collect();
        for channel in self.channels.all() {
            let mut state = channel.state();
            let found = found.remove(&channel.name);
            let top = state.log.top().sequence();
            match found {
                Some(found) if top == 0 || found.log.continues(&state.log) => state.adopt(found),
                // What was in use before is not there: readers must know.
                lost if top > 0 => {
                    self.orphans.extend(lost.and_then(|lost| lost.place).map(|place| place.number));
                    state.begin_anew(Epoch::random()?);
                }
                _ => {}
            }
            let waiting = state.take_waiting();
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
        for (name, state) in found {
            self.channels.insert(name, state);
        }
        Ok(())
    }

    /// Writes until nothing comes any more.
    pub(super) fn run(mut self, queue: &Queue) {
        let limits = self.channels.limits;
        let idle = Duration::from_millis((limits.slack() / 2).clamp(10, 5_000));
        loop {
            let is_writable = self.current.is_writable();
            match queue.take(if is_writable { idle } else { idle.min(self.pause) }) {
                Next::Requests(requests) => self.write(requests),
                // Not only who publishes finds out that there is room again.
                Next::Nothing if !is_writable => {
                    if let Err(error) = self.recover() {
                        tracing::debug!(%error, "the file of events cannot be written yet");
                    }
                }
                Next::Nothing => {}
                Next::Closed => break,
            }
            self.sweep();
        }
        self.channels.close();
        self.current.close();
    }

    /// Writes events in one transaction and tells their publishers.
    fn write(&mut self, requests: Vec<Request>) {
        if !self.current.is_writable()
            && let Err(error) = self.recover()
        {
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

    /// Gives an event its number, unless it has one already.
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
                if state.keys.is_full() {
                    return Err(PublishError::TooMany("retry keys"));
                }
            }
            let id = state.log.next().ok_or(PublishError::TooMany("events"))?;
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
            touched.row.top = id.sequence();
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

    /// A channel that gets events.
    fn touch(&mut self, channel: &Arc<Channel>, state: &State) -> Touched {
        let floor = state.log.floor();
        let place = state.place.unwrap_or_else(|| {
            let number = self.next_number;
            self.next_number += 1;
            Place { number, floor, keys: 0 }
        });
        let (epoch, top) = (state.log.epoch(), state.log.top().sequence());
        let row = ChannelRow { number: place.number, epoch, floor, top };
        let (channel, last, keys) = (Arc::clone(channel), state.last, Vec::new());
        let keys_from = state.keys.from();
        Touched { channel, row, before: place, keys_from, count: 0, last, keys }
    }

    /// Keeps the staged events, then shows them to readers.
    fn commit(&mut self, batch: &Batch) -> Result<(), Failed> {
        let number = self.commit + 1;
        let row = StateRow { commit: number, moment: self.channels.timeline.moment() };
        let written = self.transact(row, |writing| {
            let mut events = writing.open_table(EVENTS).map_err(failure)?;
            let mut keys = writing.open_table(KEYS).map_err(failure)?;
            for Staged { id, at, event, channel } in &batch.staged {
                let place = (batch.touched[*channel].row.number, id.sequence());
                let value = StoredEvent::write(place.0, place.1, *at, event);
                events.insert(place, &*value).map_err(failure)?;
                if let Some(key) = &event.key {
                    let value = KeyRow::write(place.0, place.1, *at, key);
                    keys.insert(place, &*value).map_err(failure)?;
                }
            }
            drop((events, keys));
            batch.touched.iter().try_for_each(|touched| touched.write(writing))
        });
        if let Err(failed) = written {
            for Touched { channel, .. } in &batch.touched {
                channel.state().log.abort();
                self.channels.forget_one(channel);
            }
            tracing::error!(error = %failed.error, "events could not be kept");
            self.renew(failed.generation);
            if self.recover().is_err() {
                return Err(failed);
            }
            let kept = batch.touched.iter().filter(|touched| touched.is_kept()).count();
            return match kept {
                // It was in the file after all.
                kept if kept == batch.touched.len() => Ok(()),
                0 => Err(Failed { is_doubtful: false, ..failed }),
                // Of some channels, others being damaged.
                _ => Err(Failed { is_doubtful: true, ..failed }),
            };
        }
        self.commit = number;
        self.orphans.clear();
        for touched in &batch.touched {
            let mut state = touched.channel.state();
            state.log.commit(touched.count, &self.channels.limits);
            state.place = Some(touched.place());
            state.last = touched.last;
            for (key, id, at) in &touched.keys {
                state.keys.insert(Arc::clone(key), *id, *at);
            }
            let waiting = state.take_waiting();
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
        Ok(())
    }

    /// Runs a transaction, which also removes the events of channels that are gone.
    fn transact(
        &self,
        row: StateRow,
        write: impl FnOnce(&WriteTransaction) -> Result<(), StoreError>,
    ) -> Result<(), Failed> {
        let is_doubtful = Cell::new(false);
        let (generation, written) = self.current.try_with(|opened| {
            opened.check_writable()?;
            let writing = opened.database.begin_write().map_err(failure)?;
            write(&writing)?;
            for number in &self.orphans {
                remove_events(&writing, *number)?;
            }
            write_state(&writing, row)?;
            is_doubtful.set(true);
            writing.commit().map_err(failure)?;
            Ok(opened.file.set_mark(row.commit)?)
        });
        written.map_err(|error| Failed { error, generation, is_doubtful: is_doubtful.get() })
    }

    /// Removes from the file what was trimmed, and forgets channels, if the last
    /// time is long enough ago or something is left from then.
    fn sweep(&mut self) {
        let (now, slack) = (self.channels.timeline.now(), self.channels.limits.slack());
        if now.saturating_sub(self.swept) < slack || !self.current.is_writable() {
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
        if forgotten.is_empty() && trimmed.is_empty() && self.orphans.is_empty() {
            return;
        }
        let moment = self.channels.timeline.moment();
        let row = StateRow { commit: self.commit + 1, moment };
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
                self.orphans.clear();
                for touched in trimmed {
                    touched.channel.state().place = Some(touched.place());
                }
            }
            Err(failed) => {
                tracing::error!(error = %failed.error, "trimmed events could not be removed");
                self.renew(failed.generation);
                // What is left of it is tried again by time.
                drop(self.recover());
            }
        }
    }
}

impl Touched {
    /// Whether the channel has all its events, as the file was read again.
    fn is_kept(&self) -> bool {
        let top = self.channel.state().log.top();
        top.epoch() == self.row.epoch && top.sequence() >= self.row.top
    }

    /// Where the channel is in the file once its row is written.
    fn place(&self) -> Place {
        Place { number: self.row.number, floor: self.row.floor, keys: self.keys_from }
    }

    /// Writes the channel's row, and removes what was trimmed.
    fn write(&self, writing: &WriteTransaction) -> Result<(), StoreError> {
        let Self { channel, row, before, keys_from, .. } = self;
        if before.floor < row.floor {
            let mut events = writing.open_table(EVENTS).map_err(failure)?;
            let trimmed = (row.number, before.floor)..(row.number, row.floor);
            events.retain_in(trimmed, |_, _| false).map_err(failure)?;
        }
        if before.keys < *keys_from {
            let mut keys = writing.open_table(KEYS).map_err(failure)?;
            let forgotten = (row.number, before.keys)..(row.number, *keys_from);
            keys.retain_in(forgotten, |_, _| false).map_err(failure)?;
        }
        let mut rows = writing.open_table(CHANNELS).map_err(failure)?;
        rows.insert(&*channel.name, &*row.write(&channel.name)).map_err(failure)?;
        Ok(())
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

/// Removes what is in the file of channels that cannot go on.
fn clear_away(
    writing: &WriteTransaction,
    loaded: &Loaded,
    row: StateRow,
) -> Result<(), StoreError> {
    for number in &loaded.orphans {
        remove_events(writing, *number)?;
    }
    let mut rows = writing.open_table(CHANNELS).map_err(failure)?;
    for name in &loaded.damaged {
        rows.remove(&**name).map_err(failure)?;
    }
    drop(rows);
    write_state(writing, row)
}

fn remove_events(writing: &WriteTransaction, number: u64) -> Result<(), StoreError> {
    for table in [EVENTS, KEYS] {
        let mut table = writing.open_table(table).map_err(failure)?;
        let all = (number, 0)..=(number, u64::MAX);
        table.retain_in(all, |_, _| false).map_err(failure)?;
    }
    Ok(())
}

fn write_state(writing: &WriteTransaction, row: StateRow) -> Result<(), StoreError> {
    let mut table = writing.open_table(STATE).map_err(failure)?;
    table.insert((), &*row.write()).map_err(failure)?;
    Ok(())
}
