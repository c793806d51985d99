//! Loading of a file, with a check of every event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use redb::{Database, ReadTransaction, ReadableDatabase as _, TableDefinition, TableError};

use super::super::EVENT;
use super::super::channel::{Place, State};
use super::super::replays::{Fetched, Wanted};
use super::database::failure;
use super::error::damaged;
use super::record::{CHANNELS, ChannelRow, EVENTS, EventRow, KEYS, KeyRow, STATE, StateRow};
use crate::publish::error::StoreError;
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::{Limits, Log};

/// Contents of a file.
pub(super) struct Loaded {
    /// Number of the last transaction, and the start of channels.
    pub(super) state: Option<StateRow>,
    /// The channels, with their consecutive events up to the last one.
    pub(super) channels: Vec<(Arc<str>, State)>,
    /// The names of those that lost events.
    pub(super) damaged: Vec<Arc<str>>,
    /// The names of channels whose rows cannot be read.
    pub(super) unreadable: Vec<String>,
    /// Numbers of channels whose rows should not exist.
    pub(super) orphans: BTreeSet<u64>,
    /// A number that no channel has or had.
    pub(super) next_number: u64,
    /// Highest number of an event in the file.
    pub(super) highest: u64,
}

impl Loaded {
    /// Returns `true` if nothing is damaged.
    pub(super) fn is_clean(&self) -> bool {
        self.damaged.is_empty() && self.unreadable.is_empty() && self.orphans.is_empty()
    }
}

/// A channel while its events are read.
struct Found {
    name: Arc<str>,
    row: ChannelRow,
    state: State,
    /// Events were lost.
    is_damaged: bool,
}

/// Opens a table, unless it was never written to.
fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
    reading: &ReadTransaction,
    table: TableDefinition<'_, K, V>,
) -> Result<Option<redb::ReadOnlyTable<K, V>>, StoreError> {
    match reading.open_table(table) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(failure(error)),
    }
}

/// Loads everything.
pub(super) fn load(database: &Database, limits: &Limits) -> Result<Loaded, StoreError> {
    let reading = database.begin_read().map_err(failure)?;
    let state = match table(&reading, STATE)? {
        Some(table) => {
            table.get(()).map_err(failure)?.and_then(|row| StateRow::read(row.value()).ok())
        }
        None => None,
    };
    let mut loaded = Loaded {
        state,
        channels: Vec::new(),
        damaged: Vec::new(),
        unreadable: Vec::new(),
        orphans: BTreeSet::new(),
        next_number: 0,
        highest: 0,
    };
    let mut found = loaded.find(&reading)?;
    if let Some(table) = table(&reading, EVENTS)? {
        for event in table.range::<(u64, u64)>(..).map_err(failure)? {
            let (key, value) = event.map_err(failure)?;
            let (number, sequence) = key.value();
            loaded.highest = loaded.highest.max(sequence);
            match found.get_mut(&number) {
                Some(channel) => channel.take(sequence, value.value(), limits),
                None => drop(loaded.orphans.insert(number)),
            }
        }
    }
    found.values_mut().for_each(Found::end);
    if let Some(table) = table(&reading, KEYS)? {
        for key in table.range::<(u64, u64)>(..).map_err(failure)? {
            let (place, value) = key.map_err(failure)?;
            let (number, sequence) = place.value();
            match found.get_mut(&number) {
                Some(channel) => channel.take_key(sequence, value.value()),
                None => drop(loaded.orphans.insert(number)),
            }
        }
    }
    for Found { name, state, is_damaged, .. } in found.into_values() {
        if is_damaged {
            loaded.damaged.push(Arc::clone(&name));
        }
        loaded.channels.push((name, state));
    }
    let last_orphan = loaded.orphans.last().map_or(0, |last| last.saturating_add(1));
    loaded.next_number = loaded.next_number.max(last_orphan);
    Ok(loaded)
}

impl Loaded {
    /// Reads the channels by number.
    fn find(&mut self, reading: &ReadTransaction) -> Result<BTreeMap<u64, Found>, StoreError> {
        let mut found: BTreeMap<u64, Found> = BTreeMap::new();
        let Some(table) = table(reading, CHANNELS)? else { return Ok(found) };
        for row in table.range::<&str>(..).map_err(failure)? {
            let (name, value) = row.map_err(failure)?;
            let name = name.value();
            let Ok(row) = ChannelRow::read(name, value.value()) else {
                self.unreadable.push(name.to_owned());
                continue;
            };
            self.next_number = self.next_number.max(row.number.saturating_add(1));
            self.highest = self.highest.max(row.head);
            if let Some(twin) = found.remove(&row.number) {
                // Two names cannot have one number.
                self.orphans.insert(row.number);
                self.unreadable.extend([twin.name.to_string(), name.to_owned()]);
            } else if self.orphans.contains(&row.number) {
                self.unreadable.push(name.to_owned());
            } else {
                found.insert(row.number, Found::new(name, row));
            }
        }
        Ok(found)
    }
}

impl Found {
    fn new(name: &str, row: ChannelRow) -> Self {
        let mut log = Log::behind(EventId::new(row.before, row.earliest.saturating_sub(1)));
        log.set_used();
        let mut state = State::new(log);
        let (number, earliest) = (row.number, row.earliest);
        state.place = Some(Place { number, earliest, keys: 0 });
        let is_damaged = row.earliest == 0 || row.head == u64::MAX;
        Self { name: name.into(), row, state, is_damaged }
    }

    /// Adds the next event of the file.
    fn take(&mut self, sequence: u64, value: &[u8], limits: &Limits) {
        let is_row = (self.row.earliest..=self.row.head).contains(&sequence);
        let event = EventRow::read(self.row.number, sequence, value);
        let Some(event) = event.ok().filter(|_| is_row) else {
            self.is_damaged = true;
            return;
        };
        let last = self.state.log.head();
        if sequence != last.sequence() + 1 {
            // It does not follow the previous event, or the one between them is damaged.
            let epoch = if last.epoch() == event.epoch { event.epoch } else { unknown(&event) };
            self.state.log.lose(EventId::new(epoch, sequence - 1));
            self.is_damaged = true;
        }
        self.state.log.retain(event.epoch, event.record.weight(), event.at, limits);
        self.state.last = event.at;
    }

    /// Ends the channel. If its last events are lost, readers of those before them get
    /// a gap.
    fn end(&mut self) {
        if self.state.log.head().sequence() != self.row.head {
            self.state.log.lose(EventId::new(self.row.last, self.row.head));
            self.is_damaged = true;
        }
    }

    /// Adds an idempotency key, unless its event is lost.
    fn take_key(&mut self, sequence: u64, value: &[u8]) {
        match KeyRow::read(self.row.number, sequence, value) {
            Ok(KeyRow { epoch, at, key }) if sequence <= self.state.log.head().sequence() => {
                self.state.keys.insert(key, EventId::new(epoch, sequence), at);
            }
            _ => self.is_damaged = true,
        }
    }
}

/// Returns the epoch of a lost event before this one, where another epoch may have
/// begun between the two: one that no event has.
fn unknown(event: &EventRow) -> Epoch {
    event.epoch.of_channel("lost")
}

/// Reads events of a channel: consecutive ones, as many as fit.
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
        // Events without room are not copied.
        let length = EVENT as u64 + value.value().len() as u64;
        let weight = if read + length > bytes { length } else { 0 };
        let event = if weight == 0 {
            let event = EventRow::read(channel, sequence, value.value());
            Some(event.map_err(|_| damaged("an event is not what was written"))?)
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
