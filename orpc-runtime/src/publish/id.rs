//! The position of an event: its epoch and its number.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A sequence of events of one channel, each published behind the one before: a random
/// number of 128 bits, stored with every event.
///
/// It corresponds to a term in Raft. Two stores that have an event of the same epoch
/// and number have the same events up to it. New events get a new epoch if a store
/// cannot prove that it has all earlier events: when events are kept in memory and the
/// process starts, when their file is a copy or lost its end, when the machine was
/// rebooted. Existing events keep their epochs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(u128);

/// Id of an event, and a position in a channel: behind that event, before the next.
///
/// A reader that returns with an id continues behind it exactly if the event of that
/// number has that epoch, whether it is retained or is the last one that was trimmed.
/// Otherwise it gets a [`Gap`](super::Gap).
///
/// Its text, which clients send back as Last-Event-ID, is `epoch.sequence`: 32
/// lower-case hexadecimal digits, a dot, and the number of the event in decimal
/// digits. Number 0 is the position before the first event.
///
/// ```
/// use orpc_runtime::publish::EventId;
///
/// let text = "00112233445566778899aabbccddeeff.42";
/// let id: EventId = text.parse().unwrap();
/// assert_eq!(id.sequence(), 42);
/// assert_eq!(id.to_string(), text);
/// for malformed in ["", "42", "$", "00112233445566778899aabbccddeeff.042"] {
///     assert!(malformed.parse::<EventId>().is_err());
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventId {
    epoch: Epoch,
    sequence: u64,
}

/// Error of a text that is not an [`EventId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed event id")]
pub struct ParseEventIdError;

/// Number of digits of an epoch.
const EPOCH: usize = 32;

/// Maximum number of digits of an event's number.
const MAX_SEQUENCE: usize = 20;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Epoch {
    /// Creates a random epoch.
    pub(crate) fn random() -> std::io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        Ok(Self::of(u128::from_be_bytes(bytes)))
    }

    /// Derives the epoch in which a channel begins in a store of this epoch, by the
    /// SipHash of its name: ids of one channel are not valid in another.
    pub(crate) fn of_channel(self, name: &str) -> Self {
        use siphasher::sip128::{Hasher128 as _, SipHasher24};
        use std::hash::Hasher as _;

        let mut hasher = SipHasher24::new_with_key(&self.number().to_be_bytes());
        hasher.write(name.as_bytes());
        Self::of(hasher.finish128().as_u128())
    }

    /// Creates an epoch from its number.
    pub(crate) const fn of(number: u128) -> Self {
        Self(number)
    }

    /// Reads the text of an epoch.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_epoch = text.len() == EPOCH
            && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_epoch.then(|| u128::from_str_radix(text, 16).ok().map(Self::of)).flatten()
    }

    /// Returns its number.
    pub(crate) const fn number(self) -> u128 {
        self.0
    }
}

impl EventId {
    /// Creates the position behind an event.
    pub(crate) const fn new(epoch: Epoch, sequence: u64) -> Self {
        Self { epoch, sequence }
    }

    /// Returns the epoch of the event.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Returns its text, as [`to_string`](ToString::to_string) does at several times the cost:
    /// every reader of an event writes it.
    pub(crate) fn text(&self) -> String {
        let mut epoch = [0; EPOCH];
        for (digits, byte) in epoch.chunks_exact_mut(2).zip(self.epoch.number().to_be_bytes()) {
            digits[0] = DIGITS[usize::from(byte >> 4)];
            digits[1] = DIGITS[usize::from(byte & 15)];
        }
        let mut text = String::with_capacity(EPOCH + 1 + MAX_SEQUENCE);
        text.push_str(str::from_utf8(&epoch).unwrap_or_default());
        text.push('.');
        text.push_str(itoa::Buffer::new().format(self.sequence));
        text
    }

    /// Returns the number of the event in its channel. Numbers are consecutive over all
    /// epochs; 0 is before the first event.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl FromStr for EventId {
    type Err = ParseEventIdError;

    /// Accepts exactly the output of [`to_string`](ToString::to_string).
    fn from_str(text: &str) -> Result<Self, ParseEventIdError> {
        let (epoch, sequence) = text.split_once('.').ok_or(ParseEventIdError)?;
        let epoch = Epoch::parse(epoch).ok_or(ParseEventIdError)?;
        // `parse` alone accepts a sign and leading zeros.
        let is_number = sequence.bytes().all(|byte| byte.is_ascii_digit())
            && (sequence == "0" || !sequence.starts_with('0'));
        if !is_number {
            return Err(ParseEventIdError);
        }
        let sequence = sequence.parse().map_err(|_| ParseEventIdError)?;
        Ok(Self { epoch, sequence })
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.number())
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.sequence)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for EventId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EventId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{32}\\.(0|[1-9][0-9]{0,19})$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_id_is_that_of_its_display() {
        for number in [0, 1, 0xf, 0x10, 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210, u128::MAX] {
            for sequence in [0, 1, 10, 12_345, u64::MAX] {
                let id = EventId::new(Epoch::of(number), sequence);
                assert_eq!(id.text(), id.to_string());
                assert_eq!(id.text().parse(), Ok(id));
            }
        }
    }

    #[test]
    fn the_schema_of_an_id_is_in_place_and_has_its_name() {
        let pattern = "^[0-9a-f]{32}\\.(0|[1-9][0-9]{0,19})$";
        let root = schemars::schema_for!(EventId).to_value();
        assert_eq!((&root["title"], &root["pattern"]), (&"EventId".into(), &pattern.into()));
        let list = schemars::schema_for!(Vec<EventId>).to_value();
        assert_eq!(list["items"], serde_json::json!({ "type": "string", "pattern": pattern }));
    }
}
