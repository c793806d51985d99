//! The one thread that writes: all events that wait are one transaction.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use redb::WriteTransaction;

use super::super::channels::{Channel, Channels, Place, State, Swept};
use super::super::{NewEvent, Record};
use super::database::{Current, Opened, failure, guarded};
use super::disk::Disk;
use super::load::{Loaded, load};
use super::queue::{Next, Queue, Request};
use super::record::{CHANNELS, ChannelRow, EVENTS, KEYS, KeyRow, STATE, StateRow, StoredEvent};
use crate::publish::error::{PublishError, StoreError};
use crate::publish::id::{Epoch, EventId};

/// Writes what is published and shows it to readers once it is kept.
pub(super) struct Writer {
    disk: Box<dyn Disk>,
    syncs: bool,
    channels: Arc<Channels>,
    current: Current,
    /// What the last descriptor wrote and could not sync.
    unsynced: Vec<(u64, Vec<u8>)>,
    /// The number of the last transaction.
    commit: u64,
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
    /// Whether it may be in the file nevertheless.
    is_doubtful: bool,
}

impl Writer {
    /// Opens the file and reads what is in it.
    pub(super) fn open(
        disk: Box<dyn Disk>,
        syncs: bool,
        channels: Arc<Channels>,
        current: Current,
    ) -> Result<Self, StoreError> {
        let (unsynced, orphans) = (Vec::new(), Vec::new());
        let mut writer = Self {
            disk,
            syncs,
            channels,
            current,
            unsynced,
            commit: 0,
            next_number: 0,
            orphans,
            swept: 0,
        };
        let loaded = writer.reopen(None)?;
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

    /// Opens the file through a new descriptor, and clears away what cannot go on.
    /// `known` is the number of the last transaction where that is known better
    /// than by the file's mark, which may be what failed.
    fn reopen(&mut self, known: Option<u64>) -> Result<Loaded, StoreError> {
        let opened = Opened::open(&*self.disk, self.syncs, &self.unsynced)?;
        self.unsynced.clear();
        let channels = Arc::clone(&self.channels);
        let read = guarded(|| {
            let mark = if known.is_some() { known } else { opened.file.mark()? };
            let loaded = load(&opened.database, mark, &channels.limits)?;
            for name in &loaded.damaged {
                tracing::error!(channel = name, "events are lost: the channel begins anew");
            }
            let mut commit = loaded.state.map_or(0, |state| state.commit);
            if !loaded.is_clean(mark) {
                commit = commit.max(mark.filter(|mark| *mark != u64::MAX).unwrap_or(0)) + 1;
                let moment = loaded.state.map(|state| state.moment);
                let moment = moment.unwrap_or_else(|| channels.timeline.moment());
                let writing = opened.database.begin_write().map_err(failure)?;
                clear_away(&writing, &loaded, StateRow { commit, moment })?;
                writing.commit().map_err(failure)?;
            }
            if known.is_some() || !loaded.is_clean(mark) {
                // Both marks: one may be damaged.
                opened.file.set_mark(commit.saturating_sub(1))?;
                opened.file.set_mark(commit)?;
            }
            if known.is_none() {
                opened.file.begin()?;
            }
            Ok((loaded, commit))
        });
        match read {
            Ok((loaded, commit)) => {
                self.commit = commit;
                self.next_number = self.next_number.max(loaded.next_number);
                self.current.set(opened);
                Ok(loaded)
            }
            Err(error) => {
                self.unsynced = discard(opened);
                Err(error)
            }
        }
    }

    /// Goes on after a failure: through a new descriptor, with what is in the file.
    fn recover(&mut self) -> Result<(), StoreError> {
        if let Some(opened) = self.current.take() {
            self.unsynced = discard(opened);
        }
        let loaded = self.reopen(Some(self.commit))?;
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
            match queue.take(idle) {
                Next::Requests(requests) => self.write(requests),
                Next::Nothing => {}
                Next::Closed => break,
            }
            self.sweep();
        }
        self.channels.close();
        if let Some(opened) = self.current.take() {
            // Shut down as it should be; what fails now is found when it is opened.
            let finish = opened.file.finish();
            drop(guarded(|| {
                drop(opened.database);
                Ok(finish()?)
            }));
        }
    }

    /// Writes events in one transaction and tells their publishers.
    fn write(&mut self, requests: Vec<Request>) {
        if self.current.with(|_| ()).is_none()
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
        let written = self.current.with(|opened| {
            guarded(|| {
                let writing = opened.database.begin_write().map_err(failure)?;
                write(&writing)?;
                for number in &self.orphans {
                    remove_events(&writing, *number)?;
                }
                write_state(&writing, row)?;
                is_doubtful.set(true);
                writing.commit().map_err(failure)?;
                Ok(opened.file.set_mark(row.commit)?)
            })
        });
        let closed = || Err(StoreError::Io(Arc::new(std::io::Error::other("the file is closed"))));
        written
            .unwrap_or_else(closed)
            .map_err(|error| Failed { error, is_doubtful: is_doubtful.get() })
    }

    /// Removes from the file what was trimmed, and forgets channels, if the last
    /// time is long enough ago or something is left from then.
    fn sweep(&mut self) {
        let (now, slack) = (self.channels.timeline.now(), self.channels.limits.slack());
        if now.saturating_sub(self.swept) < slack || self.current.with(|_| ()).is_none() {
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
                // What is left is told to who publishes next.
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

/// Closes a file that failed, and gives what it wrote and could not sync.
fn discard(opened: Opened) -> Vec<(u64, Vec<u8>)> {
    let Opened { file, database } = opened;
    let unsynced = file.retire();
    // It cannot write any more, not even that it was shut down.
    drop(guarded(|| {
        drop(database);
        Ok(())
    }));
    unsynced
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
