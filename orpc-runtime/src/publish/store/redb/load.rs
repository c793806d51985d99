//! What a file has, checked event by event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableError};

use super::super::EVENT;
use super::super::channels::{Place, State};
use super::super::replays::{Fetched, Wanted};
use super::database::failure;
use super::record::{CHANNELS, ChannelRow, EVENTS, KEYS, KeyRow, STATE, StateRow, StoredEvent};
use crate::publish::error::StoreError;
use crate::publish::id::EventId;
use crate::publish::log::{Limits, Log};

/// What was found in a file.
pub(super) struct Loaded {
    /// The number of the last transaction.
    pub(super) state: Option<StateRow>,
    /// The channels all of whose events are there.
    pub(super) channels: Vec<(Arc<str>, State)>,
    /// The names of channels that cannot go on: events are damaged or missing.
    pub(super) damaged: Vec<String>,
    /// The numbers of channels of which nothing should be there.
    pub(super) orphans: BTreeSet<u64>,
    /// A number that no channel has or had.
    pub(super) next_number: u64,
}

impl Loaded {
    /// Whether everything can go on as it is.
    pub(super) fn is_clean(&self, mark: Option<u64>) -> bool {
        let commit = self.state.map_or(0, |state| state.commit);
        self.damaged.is_empty() && self.orphans.is_empty() && mark <= Some(commit)
    }
}

/// A channel while its events are read.
struct Found {
    name: Arc<str>,
    row: ChannelRow,
    state: State,
    /// The number that the next event must have.
    next: u64,
    is_damaged: bool,
}

/// Reads everything. `mark` is the number of the last transaction that is known
/// to be committed: a file that has lost it has lost events, and nobody knows
/// which, so all its channels are damaged.
pub(super) fn load(
    database: &Database,
    mark: Option<u64>,
    limits: &Limits,
) -> Result<Loaded, StoreError> {
    let reading = database.begin_read().map_err(failure)?;
    let state = match reading.open_table(STATE) {
        Ok(table) => {
            table.get(()).map_err(failure)?.and_then(|row| StateRow::read(row.value()).ok())
        }
        Err(TableError::TableDoesNotExist(_)) => None,
        Err(error) => return Err(failure(error)),
    };
    let is_whole = mark.is_none_or(|mark| state.is_some_and(|state| state.commit >= mark));

    let mut loaded = Loaded {
        state,
        channels: Vec::new(),
        damaged: Vec::new(),
        orphans: BTreeSet::new(),
        next_number: 0,
    };
    let mut found = BTreeMap::new();
    match reading.open_table(CHANNELS) {
        Ok(table) => {
            for row in table.iter().map_err(failure)? {
                let (name, value) = row.map_err(failure)?;
                let name = name.value();
                let Ok(row) = ChannelRow::read(name, value.value()) else {
                    loaded.damaged.push(name.to_owned());
                    continue;
                };
                loaded.next_number = loaded.next_number.max(row.number.saturating_add(1));
                let mut state = State::new(Log::recovered(row.epoch, row.top));
                state.place = Some(Place { number: row.number, floor: row.floor, keys: 0 });
                let is_damaged = !is_whole;
                let channel = Found { name: name.into(), row, state, next: row.floor, is_damaged };
                if let Some(twin) = found.insert(row.number, channel) {
                    // Two names cannot have one number.
                    loaded.damaged.push(twin.name.to_string());
                    if let Some(channel) = found.get_mut(&row.number) {
                        channel.is_damaged = true;
                    }
                }
            }
        }
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(failure(error)),
    }
    match reading.open_table(EVENTS) {
        Ok(table) => {
            for event in table.iter().map_err(failure)? {
                let (key, value) = event.map_err(failure)?;
                let (number, sequence) = key.value();
                match found.get_mut(&number) {
                    Some(channel) => channel.take(sequence, value.value(), limits),
                    None => drop(loaded.orphans.insert(number)),
                }
            }
        }
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(failure(error)),
    }
    match reading.open_table(KEYS) {
        Ok(table) => {
            for key in table.iter().map_err(failure)? {
                let (place, value) = key.map_err(failure)?;
                let (number, sequence) = place.value();
                match found.get_mut(&number) {
                    Some(channel) => channel.take_key(sequence, value.value()),
                    None => drop(loaded.orphans.insert(number)),
                }
            }
        }
        Err(TableError::TableDoesNotExist(_)) => {}
        Err(error) => return Err(failure(error)),
    }
    for (number, channel) in found {
        if channel.is_damaged || channel.next != channel.row.top.saturating_add(1) {
            loaded.orphans.insert(number);
            loaded.damaged.push(channel.name.to_string());
        } else {
            loaded.channels.push((channel.name, channel.state));
        }
    }
    let last_orphan = loaded.orphans.last().map_or(0, |last| last.saturating_add(1));
    loaded.next_number = loaded.next_number.max(last_orphan);
    Ok(loaded)
}

impl Found {
    /// Takes in the next event of the file.
    fn take(&mut self, sequence: u64, value: &[u8], limits: &Limits) {
        let number = self.row.number;
        match StoredEvent::read(number, sequence, value) {
            Ok(event) if sequence == self.next && sequence <= self.row.top => {
                let bytes = event.record.weight();
                self.state.log.retain(sequence, bytes, event.at, limits);
                self.state.last = event.at;
                self.next += 1;
            }
            _ => self.is_damaged = true,
        }
    }

    /// Takes in a retry key.
    fn take_key(&mut self, sequence: u64, value: &[u8]) {
        match KeyRow::read(self.row.number, sequence, value) {
            Ok(KeyRow { at, key }) if sequence <= self.row.top => {
                self.state.keys.insert(key, EventId::new(self.row.epoch, sequence), at);
            }
            _ => self.is_damaged = true,
        }
    }
}

/// Reads events of a channel: as many as there are without a hole, and as there is room
/// for.
pub(super) fn read_events(
    database: &Database,
    wanted: Wanted,
    bytes: u64,
) -> Result<Fetched, StoreError> {
    let Wanted { channel, first, last } = wanted;
    let reading = database.begin_read().map_err(failure)?;
    let table = reading.open_table(EVENTS).map_err(failure)?;
    let mut records = Vec::new();
    let mut read = 0;
    let range = table.range((channel, first)..=(channel, last)).map_err(failure)?;
    for (sequence, event) in (first..=last).zip(range) {
        let (key, value) = event.map_err(failure)?;
        if key.value() != (channel, sequence) {
            break;
        }
        // What there is no room for is not copied.
        let length = EVENT as u64 + value.value().len() as u64;
        let weight = if read + length > bytes { length } else { 0 };
        let event =
            if weight == 0 {
                let event = StoredEvent::read(channel, sequence, value.value());
                Some(event.map_err(|_| {
                    StoreError::Corrupt("an event is not what was written".to_owned())
                })?)
            } else {
                None
            };
        let weight = event.as_ref().map_or(weight, |event| event.record.weight());
        match event {
            Some(event) if read + weight <= bytes => {
                read += weight;
                records.push(event.record);
            }
            _ if records.is_empty() => return Ok(Fetched::TooLarge(weight)),
            _ => break,
        }
    }
    Ok(Fetched::Records(records))
}
