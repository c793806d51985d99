//! The events of the room.

use orpc_runtime::prelude::*;

use crate::people::Person;

/// Something that everyone in the room sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum RoomEvent {
    /// A message.
    Message {
        /// Its author.
        from: Person,
        /// Its text.
        message: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Somebody joined.
    Joined {
        /// The newcomer.
        who: Person,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Somebody left, and did not return at once.
    Left {
        /// The person who left.
        who: Person,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Events are missing here: the reader was away for longer than they are kept.
    Missed {
        /// The time of this event, in milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
}
