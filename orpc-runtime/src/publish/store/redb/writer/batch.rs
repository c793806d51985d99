//! Contents of a transaction, and their rows.

use std::collections::HashMap;
use std::sync::Arc;

use redb::WriteTransaction;

use super::super::database::failure;
use super::super::queue::Request;
use super::super::record::{CHANNELS, ChannelRow, EVENTS, KEYS, STATE, StateRow};
use crate::publish::error::StoreError;
use crate::publish::id::EventId;
use crate::publish::store::NewEvent;
use crate::publish::store::channel::{Channel, Place, State};

/// An event with its number.
pub(super) struct Staged {
    pub(super) id: EventId,
    pub(super) at: u64,
    pub(super) event: NewEvent,
    pub(super) channel: usize,
}

/// A channel in a transaction.
pub(super) struct Touched {
    pub(super) channel: Arc<Channel>,
    pub(super) row: ChannelRow,
    /// Its place before the transaction.
    pub(super) before: Place,
    /// Number of the first event whose idempotency key is retained.
    pub(super) keys_from: u64,
    /// Its last event after the transaction.
    pub(super) last_id: EventId,
    pub(super) count: usize,
    /// Store's age at the last of them.
    pub(super) last: u64,
    /// Their idempotency keys, each with the age at its event.
    pub(super) keys: Vec<(Arc<str>, EventId, u64)>,
}

/// A waiting publisher, and its event: one of this transaction, or of an earlier one.
pub(super) struct Waiting {
    pub(super) request: Request,
    pub(super) id: EventId,
    pub(super) is_staged: bool,
}

/// Contents of one transaction.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) staged: Vec<Staged>,
    pub(super) touched: Vec<Touched>,
    pub(super) by_channel: HashMap<*const Channel, usize>,
    pub(super) by_key: HashMap<(usize, Arc<str>), EventId>,
    pub(super) waiting: Vec<Waiting>,
}

impl Touched {
    /// Returns `true` if the channel has all its events, as the file was read again.
    pub(super) fn is_kept(&self) -> bool {
        self.channel.state().log.has_entry(self.last_id)
    }

    /// Returns the channel's place in the file once its row is written.
    pub(super) fn place(&self) -> Place {
        Place { number: self.row.number, earliest: self.row.earliest, keys: self.keys_from }
    }

    /// Writes the channel's row, and removes trimmed events.
    pub(super) fn write(&self, writing: &WriteTransaction) -> Result<(), StoreError> {
        let Self { channel, row, before, keys_from, .. } = self;
        if before.earliest < row.earliest {
            let mut events = writing.open_table(EVENTS).map_err(failure)?;
            let trimmed = (row.number, before.earliest)..(row.number, row.earliest);
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

/// Creates the row of a channel.
pub(super) fn row_of(number: u64, state: &State) -> ChannelRow {
    let log = &state.log;
    let (before, head) = (log.start().epoch(), log.head());
    let (last, head) = (head.epoch(), head.sequence());
    ChannelRow { number, before, earliest: log.earliest(), head, last }
}

/// Removes the events and the idempotency keys of a channel.
pub(super) fn remove_events(writing: &WriteTransaction, number: u64) -> Result<(), StoreError> {
    for table in [EVENTS, KEYS] {
        let mut table = writing.open_table(table).map_err(failure)?;
        table.retain_in((number, 0)..=(number, u64::MAX), |_, _| false).map_err(failure)?;
    }
    Ok(())
}

pub(super) fn write_state(writing: &WriteTransaction, row: StateRow) -> Result<(), StoreError> {
    let mut table = writing.open_table(STATE).map_err(failure)?;
    table.insert((), &*row.write()).map_err(failure)?;
    Ok(())
}
