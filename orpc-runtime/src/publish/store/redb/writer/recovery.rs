//! Loading of a file at the start and after failures.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use redb::WriteTransaction;

use super::super::beside::Beside;
use super::super::database::{Current, failure};
use super::super::load::{Loaded, load};
use super::super::record::{CHANNELS, EVENTS, KEYS, KeyRow, StateRow};
use super::Writer;
use super::batch::{remove_events, row_of, write_state};
use crate::publish::error::StoreError;
use crate::publish::id::Epoch;
use crate::publish::log::Origin;
use crate::publish::store::channels::Channels;

/// First and last pause before a file that cannot be written is tried again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

impl Writer {
    /// Loads the file. If it can be read but not written, as on a full disk, its events
    /// can be read.
    pub(in super::super) fn open(
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
            swept: 0,
        };
        let loaded = match writer.take_up() {
            Ok(loaded) => loaded,
            Err(error) => {
                let (loaded, origin, _) = writer.load()?;
                tracing::error!(%error, "the file of events can be read and not be written");
                writer.channels.set_origin(origin);
                loaded
            }
        };
        if let Some(state) = loaded.state {
            // Beyond that time all events are too old.
            let limits = &writer.channels.limits;
            let step = Duration::from_millis(limits.age.saturating_add(limits.slack()));
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
            origin.highest_evicted =
                origin.highest_evicted.max(if is_lost { loaded.highest } else { 0 });
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

    /// Returns the pause before a file that cannot be written is tried again.
    #[cfg(test)]
    pub(in super::super) fn pause(&self) -> Duration {
        self.pause
    }

    /// Reopens the file, so that it can be read.
    pub(super) fn renew(&self, generation: u64) {
        if let Err(error) = self.current.renew(generation) {
            tracing::error!(%error, "the file of events cannot be read");
        }
    }

    /// Recovers from a failure, unless the file can be written.
    pub(super) fn make_writable(&mut self) -> Result<(), StoreError> {
        if self.current.is_writable() { Ok(()) } else { self.recover() }
    }

    /// Recovers from a failure: through a new descriptor, with the content of the file.
    pub(in super::super) fn recover(&mut self) -> Result<(), StoreError> {
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
            self.channels.schedule(&channel, &mut state);
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
}

/// Removes rows of channels that cannot continue, and rows of others that are no longer
/// valid.
fn clear_away(
    writing: &WriteTransaction,
    loaded: &mut Loaded,
    row: StateRow,
) -> Result<(), StoreError> {
    for number in &loaded.orphans {
        remove_events(writing, *number)?;
    }
    let mut rows = writing.open_table(CHANNELS).map_err(failure)?;
    for name in &loaded.unreadable {
        rows.remove(&**name).map_err(failure)?;
    }
    let damaged: HashSet<_> = loaded.damaged.iter().cloned().collect();
    for (name, state) in &mut loaded.channels {
        let Some(place) = state.place.filter(|_| damaged.contains(name)) else { continue };
        let row = row_of(place.number, &*state);
        let (number, kept) = (row.number, row.earliest..=row.head);
        rows.insert(&**name, &*row.write(name)).map_err(failure)?;
        let mut events = writing.open_table(EVENTS).map_err(failure)?;
        let all = (number, 0)..=(number, u64::MAX);
        events.retain_in(all.clone(), |(_, event), _| kept.contains(&event)).map_err(failure)?;
        drop(events);
        let mut keys = writing.open_table(KEYS).map_err(failure)?;
        let is_valid =
            |event, value: &[u8]| event <= row.head && KeyRow::read(number, event, value).is_ok();
        keys.retain_in(all, |(_, event), value| is_valid(event, value)).map_err(failure)?;
        if let Some(place) = &mut state.place {
            place.earliest = row.earliest;
        }
    }
    drop(rows);
    write_state(writing, row)
}
