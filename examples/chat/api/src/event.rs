//! What happens in the room.

use orpc_runtime::prelude::*;

/// Something that everyone in the room sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum RoomEvent {
    /// Somebody said something.
    Message {
        /// Who.
        name: String,
        /// What.
        message: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Somebody came.
    Joined {
        /// Who.
        name: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Somebody went, and did not come back at once.
    Left {
        /// Who.
        name: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// What happened here is no longer known: the reader was away for too long.
    Missed {
        /// When the reader is told, in milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
}
