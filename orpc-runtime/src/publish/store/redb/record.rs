//! Rows of the tables. Each value has a checksum of its own, which covers its key: redb
//! checks its pages when a file is opened, not when one is read.

use std::sync::Arc;

use bytes::Bytes;
use redb::TableDefinition;

use super::super::{NewEvent, Record};
use crate::publish::clock::Moment;
use crate::publish::id::{Epoch, EventId};
use crate::publish::log::Origin;

/// Events by the number of their channel and their own number.
pub(super) const EVENTS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("events");

/// Idempotency keys by the number of the channel and that of the event.
pub(super) const KEYS: TableDefinition<'_, (u64, u64), &[u8]> = TableDefinition::new("keys");

/// Channels by name.
pub(super) const CHANNELS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("channels");

/// State of the store, in one row.
pub(super) const STATE: TableDefinition<'_, (), &[u8]> = TableDefinition::new("state");

/// A value that differs from what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// An event with the age of the store at its publication.
pub(super) struct EventRow {
    pub(super) epoch: Epoch,
    pub(super) at: u64,
    pub(super) record: Record,
}

/// A channel: its number, and the range of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChannelRow {
    pub(super) number: u64,
    /// Epoch of the last trimmed event, whose number is `earliest - 1`.
    pub(super) before: Epoch,
    pub(super) earliest: u64,
    pub(super) head: u64,
    /// Epoch of the last event, whose number is `head`.
    pub(super) last: Epoch,
}

/// Number and time of the last transaction, and the start of further channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StateRow {
    pub(super) commit: u64,
    pub(super) moment: Moment,
    pub(super) origin: Origin,
}

/// An idempotency key with the epoch of its event and the age of the store at its publication.
pub(super) struct KeyRow {
    pub(super) epoch: Epoch,
    pub(super) at: u64,
    pub(super) key: Arc<str>,
}

/// Appends the checksum of a key and the value written so far.
fn sealed(key: &[&[u8]], value: Vec<u8>) -> Vec<u8> {
    let checksum = checksum(key, &value);
    let mut value = value;
    value.extend_from_slice(&checksum.to_le_bytes());
    value
}

/// Removes the checksum, if it matches the key and the value.
fn opened<'v>(key: &[&[u8]], value: &'v [u8]) -> Result<&'v [u8], Damaged> {
    let (value, expected) = value.split_last_chunk::<4>().ok_or(Damaged)?;
    if checksum(key, value) == u32::from_le_bytes(*expected) { Ok(value) } else { Err(Damaged) }
}

fn checksum(key: &[&[u8]], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for part in key {
        hasher.update(part);
    }
    hasher.update(value);
    hasher.finalize()
}

fn number(bytes: &mut &[u8]) -> Result<u64, Damaged> {
    let (number, rest) = bytes.split_first_chunk().ok_or(Damaged)?;
    *bytes = rest;
    Ok(u64::from_le_bytes(*number))
}

fn epoch(bytes: &mut &[u8]) -> Result<Epoch, Damaged> {
    let (epoch, rest) = bytes.split_first_chunk().ok_or(Damaged)?;
    *bytes = rest;
    Ok(Epoch::of(u128::from_le_bytes(*epoch)))
}

impl EventRow {
    /// Serialises an event.
    pub(super) fn write(channel: u64, id: EventId, at: u64, event: &NewEvent) -> Vec<u8> {
        let audience = event.audience.as_deref().map(serde_json::to_vec);
        // An audience consists of lists of texts, which always serialise.
        let audience = audience.and_then(Result::ok).unwrap_or_default();
        let mut value = Vec::with_capacity(event.envelope.len() + audience.len() + 36);
        value.extend(id.epoch().number().to_le_bytes());
        value.extend(at.to_le_bytes());
        value.extend((audience.len() as u64).to_le_bytes());
        value.extend(&audience);
        value.extend_from_slice(&event.envelope);
        sealed(&[&channel.to_le_bytes(), &id.sequence().to_le_bytes()], value)
    }

    /// Reads the value of an event.
    pub(super) fn read(channel: u64, sequence: u64, value: &[u8]) -> Result<Self, Damaged> {
        let key: [&[u8]; 2] = [&channel.to_le_bytes(), &sequence.to_le_bytes()];
        let mut value = opened(&key, value)?;
        let epoch = epoch(&mut value)?;
        let at = number(&mut value)?;
        let length = usize::try_from(number(&mut value)?).map_err(|_| Damaged)?;
        let (audience, envelope) = value.split_at_checked(length).ok_or(Damaged)?;
        let audience = if audience.is_empty() {
            None
        } else {
            Some(Arc::new(serde_json::from_slice(audience).map_err(|_| Damaged)?))
        };
        Ok(Self {
            epoch,
            at,
            record: Record { envelope: Bytes::copy_from_slice(envelope), audience },
        })
    }
}

impl KeyRow {
    pub(super) fn write(channel: u64, id: EventId, at: u64, key: &str) -> Vec<u8> {
        let mut value = id.epoch().number().to_le_bytes().to_vec();
        value.extend(at.to_le_bytes());
        value.extend_from_slice(key.as_bytes());
        sealed(&[&channel.to_le_bytes(), &id.sequence().to_le_bytes()], value)
    }

    pub(super) fn read(channel: u64, sequence: u64, value: &[u8]) -> Result<Self, Damaged> {
        let key: [&[u8]; 2] = [&channel.to_le_bytes(), &sequence.to_le_bytes()];
        let mut value = opened(&key, value)?;
        let epoch = epoch(&mut value)?;
        let at = number(&mut value)?;
        let key = std::str::from_utf8(value).map_err(|_| Damaged)?;
        Ok(Self { epoch, at, key: key.into() })
    }
}

impl ChannelRow {
    pub(super) fn write(&self, name: &str) -> Vec<u8> {
        let mut value = self.number.to_le_bytes().to_vec();
        value.extend(self.before.number().to_le_bytes());
        value.extend(self.earliest.to_le_bytes());
        value.extend(self.head.to_le_bytes());
        value.extend(self.last.number().to_le_bytes());
        sealed(&[name.as_bytes()], value)
    }

    pub(super) fn read(name: &str, value: &[u8]) -> Result<Self, Damaged> {
        let mut value = opened(&[name.as_bytes()], value)?;
        let (number_of_row, before) = (number(&mut value)?, epoch(&mut value)?);
        let (earliest, head) = (number(&mut value)?, number(&mut value)?);
        let last = epoch(&mut value)?;
        Ok(Self { number: number_of_row, before, earliest, head, last })
    }
}

impl StateRow {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut value = self.commit.to_le_bytes().to_vec();
        value.extend(self.moment.age.to_le_bytes());
        value.extend(self.moment.wall.to_le_bytes());
        value.extend(self.origin.epoch.number().to_le_bytes());
        value.extend(self.origin.highest_evicted.to_le_bytes());
        sealed(&[], value)
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, Damaged> {
        let mut value = opened(&[], value)?;
        let commit = number(&mut value)?;
        let moment = Moment { age: number(&mut value)?, wall: number(&mut value)? };
        let (epoch, highest_evicted) = (epoch(&mut value)?, number(&mut value)?);
        let origin = Origin { epoch, highest_evicted };
        Ok(Self { commit, moment, origin })
    }
}
