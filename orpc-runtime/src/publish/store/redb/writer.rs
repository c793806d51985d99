//! The writer thread: all queued events form one transaction.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use redb::WriteTransaction;

use super::super::channels::{Channel, Channels, Place, State, Swept};
use super::super::{NewEvent, Record};
use super::beside::Beside;
use super::database::{Current, failure};
use super::error::may_pass;
use super::load::{Loaded, load};
use super::queue::{Next, Queue, Request};
use super::record::{CHANNELS, ChannelRow, EVENTS, EventRow, KEYS, KeyRow, STATE, StateRow};
use crate::publish::error::{PublishError, StoreError};
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::Origin;

/// Writes published events and makes them visible to readers once they are stored.
pub(super) struct Writer {
    channels: Arc<Channels>,
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
    /// Numbers of channels whose events are still in the file.
    orphans: Vec<u64>,
    /// Store's age when trimmed events were last removed.
    swept: u64,
}

/// Maximum number of channels from which one transaction removes trimmed events.
const SWEPT: usize = 1024;

/// An event with its number.
struct Staged {
    id: EventId,
    at: u64,
    event: NewEvent,
    channel: usize,
}

/// A channel in a transaction.
struct Touched {
    channel: Arc<Channel>,
    row: ChannelRow,
    /// Its place before the transaction.
    before: Place,
    /// Number of the first event whose idempotency key is retained.
    keys_from: u64,
    /// Its last event after the transaction.
    last_id: EventId,
    count: usize,
    /// Store's age at the last of them.
    last: u64,
    /// Their idempotency keys, each with the age at its event.
    keys: Vec<(Arc<str>, EventId, u64)>,
}

/// A waiting publisher, and its event: one of this transaction, or of an earlier one.
struct Waiting {
    request: Request,
    id: EventId,
    is_staged: bool,
}

/// Contents of one transaction.
#[derive(Default)]
struct Batch {
    staged: Vec<Staged>,
    touched: Vec<Touched>,
    by_channel: HashMap<*const Channel, usize>,
    by_key: HashMap<(usize, Arc<str>), EventId>,
    waiting: Vec<Waiting>,
}

/// Failure of a transaction.
struct Failed {
    error: StoreError,
    /// Generation of the file at that time.
    generation: u64,
    /// `true` if the transaction may be in the file nevertheless.
    is_doubtful: bool,
}

/// First and last pause before a file that cannot be written is tried again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

impl Writer {
    /// Loads the file. If it can be read but not written, as on a full disk, its events
    /// can be read.
    pub(super) fn open(
        channels: Arc<Channels>,
        current: Current,
        beside: Beside,
    ) -> Result<Self, StoreError> {
        let mut writer = Self {
            channels,
            current,
            beside,
            commit: 0,
            origin: None,
            is_known: false,
            pause: PAUSES.0,
            next_number: 0,
            orphans: Vec::new(),
            swept: 0,
        };
        let loaded = match writer.take_up() {
            Err(error) if may_pass(&error) => {
                tracing::error!(%error, "the file of events can be read and not be written");
                let (loaded, origin, _) = writer.load()?;
                writer.channels.set_origin(origin);
                loaded
            }
            loaded => loaded?,
        };
        if let Some(state) = loaded.state {
            // Beyond that time all events are too old.
            let limits = &writer.channels.limits;
            let step = Duration::from_millis(limits.age.saturating_add(limits.slack()) + 1);
            writer.channels.timeline.resume(state.moment, step);
        }
        for (name, state) in loaded.channels {
            writer.channels.insert(name, state);
        }
        Ok(writer)
    }

    /// Loads everything. Also returns the start of channels from now on, and whether it
    /// is unchanged: a new epoch begins unless it is certain that nothing is lost.
    fn load(&mut self) -> Result<(Loaded, Origin, bool), StoreError> {
        let limits = self.channels.limits;
        let mut loaded = self.current.read(|opened| load(&opened.database, &limits))?;
        for name in &loaded.damaged {
            tracing::error!(
                channel = &**name,
                "events are damaged or lost: their readers get a gap"
            );
        }
        for name in &loaded.unreadable {
            tracing::error!(channel = name, "a channel is damaged: its readers get a gap");
        }
        let found = loaded.state.map_or(Origin::new(Epoch::of(0)), |state| state.origin);
        let is_continued = loaded.is_clean()
            && loaded.state.is_some_and(|state| {
                if self.is_known {
                    state.commit >= self.commit
                } else {
                    self.beside.is_continued(state.origin.epoch, state.commit)
                }
            });
        let begun = self.origin.filter(|_| !self.is_known);
        let mut origin = match begun {
            _ if is_continued => found,
            // Writing the file is retried.
            Some(begun) => begun,
            None => Origin { epoch: Epoch::random()?, ..found },
        };
        if !is_continued {
            // Anything missing may have had these numbers.
            let is_lost = !loaded.unreadable.is_empty() || !loaded.orphans.is_empty();
            origin.floor = origin.floor.max(if is_lost { loaded.highest } else { 0 });
        }
        self.origin = Some(origin);
        for (name, state) in &mut loaded.channels {
            origin.resume(name, &mut state.log);
        }
        Ok((loaded, origin, is_continued))
    }

    /// Makes the file writable, with its content except for channels that cannot
    /// continue.
    fn take_up(&mut self) -> Result<Loaded, StoreError> {
        self.current.release()?;
        let (mut loaded, origin, is_continued) = self.load()?;
        let mut commit = loaded.state.map_or(0, |state| state.commit);
        let (generation, cleared) = self.current.try_with(|opened| {
            opened.check_writable()?;
            if !is_continued {
                commit = commit.max(self.commit) + 1;
                let moment = loaded.state.map(|state| state.moment);
                let moment = moment.unwrap_or_else(|| self.channels.timeline.moment());
                let writing = opened.database.begin_write().map_err(failure)?;
                clear_away(&writing, &mut loaded, StateRow { commit, moment, origin })?;
                writing.commit().map_err(failure)?;
            }
            Ok(opened.file.begin()?)
        });
        if let Err(error) = cleared {
            self.renew(generation);
            return Err(error);
        }
        self.beside.begin(origin.epoch, commit);
        self.commit = commit;
        self.channels.set_origin(origin);
        self.is_known = true;
        self.next_number = self.next_number.max(loaded.next_number);
        self.pause = PAUSES.0;
        Ok(loaded)
    }

    /// Reopens the file, so that it can be read.
    fn renew(&self, generation: u64) {
        if let Err(error) = self.current.renew(generation) {
            tracing::error!(%error, "the file of events cannot be read");
        }
    }

    /// Recovers from a failure: through a new descriptor, with the content of the file.
    fn recover(&mut self) -> Result<(), StoreError> {
        let loaded = self.take_up().inspect_err(|_| {
            self.pause = (self.pause * 2).min(PAUSES.1);
        })?;
        let mut found: HashMap<_, _> = loaded.channels.into_iter().collect();
        let mut origin = self.channels.origin();
        for channel in self.channels.all() {
            let mut state = channel.state();
            match (found.remove(&channel.name), &mut origin) {
                (Some(mut found), _) => {
                    if !state.log.is_unused() && !found.log.continues(&state.log) {
                        // Events that readers received earlier are lost.
                        found.log.begin(Epoch::random()?);
                    }
                    state.adopt(found);
                }
                (None, Some(origin)) if !state.log.is_unused() => {
                    origin.forget(&state.log);
                    let log = origin.log(&channel.name);
                    state.begin_anew(log);
                }
                _ => {}
            }
            self.channels.account(&mut state);
            let waiting = state.take_waiting();
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
        if let Some(origin) = origin {
            self.channels.set_origin(origin);
        }
        for (name, state) in found {
            self.channels.insert(name, state);
        }
        Ok(())
    }

    /// Writes until the queue is closed.
    pub(super) fn run(mut self, queue: &Queue) {
        let limits = self.channels.limits;
        let idle = Duration::from_millis((limits.slack() / 2).clamp(10, 5_000));
        loop {
            let is_writable = self.current.is_writable();
            match queue.take(if is_writable { idle } else { idle.min(self.pause) }) {
                Next::Requests(requests) => self.write(requests),
                // Retries here as well, so that room is found without a publisher.
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
        self.beside.close();
    }

    /// Writes events in one transaction and reports to their publishers.
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
                if state.keys.is_full() {
                    return Err(PublishError::TooMany("idempotency keys"));
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
            (touched.row.top, touched.row.last) = (id.sequence(), id.epoch());
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
        let floor = state.log.floor();
        let place = state.place.unwrap_or_else(|| {
            let number = self.next_number;
            self.next_number += 1;
            Place { number, floor, keys: 0 }
        });
        let row = row_of(place.number, state);
        let (channel, last, keys) = (Arc::clone(channel), state.last, Vec::new());
        let keys_from = state.keys.from();
        let last_id = state.log.top();
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
        self.orphans.clear();
        for touched in &batch.touched {
            let mut state = touched.channel.state();
            state.log.commit(touched.count, &self.channels.limits);
            state.place = Some(touched.place());
            state.last = touched.last;
            for (key, id, at) in &touched.keys {
                state.keys.insert(Arc::clone(key), *id, *at);
            }
            self.channels.account(&mut state);
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

    /// Runs a transaction, which also removes the events of evicted channels.
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
            for number in &self.orphans {
                remove_events(&writing, *number, 0..=u64::MAX)?;
            }
            write_state(&writing, row)?;
            is_doubtful.set(true);
            writing.commit().map_err(failure)
        });
        if written.is_ok() {
            self.beside.mark(row.commit);
        }
        written.map_err(|error| Failed { error, generation, is_doubtful: is_doubtful.get() })
    }

    /// Removes trimmed events from the file, and evicts channels, if the last sweep is
    /// long enough ago, or has left something, or all channels together are too large.
    fn sweep(&mut self) {
        let (now, slack) = (self.channels.timeline.now(), self.channels.limits.slack());
        let is_due = now.saturating_sub(self.swept) >= slack || self.channels.is_over();
        if !is_due || !self.current.is_writable() {
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
        let row = self.next_row();
        let written = self.transact(row, |writing| {
            for (name, place) in &forgotten {
                let mut rows = writing.open_table(CHANNELS).map_err(failure)?;
                rows.remove(&**name).map_err(failure)?;
                drop(rows);
                remove_events(writing, place.number, 0..=u64::MAX)?;
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
                // The rest of the recovery is retried by time.
                drop(self.recover());
            }
        }
    }
}

impl Touched {
    /// Returns `true` if the channel has all its events, as the file was read again.
    fn is_kept(&self) -> bool {
        self.channel.state().log.has_entry(self.last_id)
    }

    /// Returns the channel's place in the file once its row is written.
    fn place(&self) -> Place {
        Place { number: self.row.number, floor: self.row.floor, keys: self.keys_from }
    }

    /// Writes the channel's row, and removes trimmed events.
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

/// Removes rows of channels that cannot continue, and rows of others that are no longer
/// valid.
fn clear_away(
    writing: &WriteTransaction,
    loaded: &mut Loaded,
    row: StateRow,
) -> Result<(), StoreError> {
    for number in &loaded.orphans {
        remove_events(writing, *number, 0..=u64::MAX)?;
    }
    let mut rows = writing.open_table(CHANNELS).map_err(failure)?;
    for name in &loaded.unreadable {
        rows.remove(&**name).map_err(failure)?;
    }
    let damaged: HashSet<_> = loaded.damaged.iter().cloned().collect();
    for (name, state) in &mut loaded.channels {
        let Some(place) = state.place.filter(|_| damaged.contains(name)) else { continue };
        let row = row_of(place.number, &*state);
        let (number, kept) = (row.number, row.floor..=row.top);
        rows.insert(&**name, &*row.write(name)).map_err(failure)?;
        let mut events = writing.open_table(EVENTS).map_err(failure)?;
        let all = (number, 0)..=(number, u64::MAX);
        events.retain_in(all, |(_, event), _| kept.contains(&event)).map_err(failure)?;
        drop(events);
        let mut keys = writing.open_table(KEYS).map_err(failure)?;
        let lost = (number, row.top.saturating_add(1))..=(number, u64::MAX);
        keys.retain_in(lost, |_, _| false).map_err(failure)?;
        if let Some(place) = &mut state.place {
            place.floor = row.floor;
        }
    }
    drop(rows);
    write_state(writing, row)
}

/// Creates the row of a channel.
fn row_of(number: u64, state: &State) -> ChannelRow {
    let log = &state.log;
    let (before, top) = (log.oldest().epoch(), log.top());
    let (last, top) = (top.epoch(), top.sequence());
    ChannelRow { number, before, floor: log.floor(), top, last }
}

fn remove_events(
    writing: &WriteTransaction,
    number: u64,
    events: std::ops::RangeInclusive<u64>,
) -> Result<(), StoreError> {
    for table in [EVENTS, KEYS] {
        let mut table = writing.open_table(table).map_err(failure)?;
        let all = (number, *events.start())..=(number, *events.end());
        table.retain_in(all, |_, _| false).map_err(failure)?;
    }
    Ok(())
}

fn write_state(writing: &WriteTransaction, row: StateRow) -> Result<(), StoreError> {
    let mut table = writing.open_table(STATE).map_err(failure)?;
    table.insert((), &*row.write()).map_err(failure)?;
    Ok(())
}
