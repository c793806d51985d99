//! Gaps: events that a reader does not get.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::EventId;
use crate::core::{Error, ErrorDeclaration, ErrorEvent, EventError};

/// Events are, or may be, missing between the last event that a reader got and the next
/// one.
///
/// As the error of a stream it reaches clients as a declared error of code
/// `EVENT_GAP`, status 410, with [`GapData`]. Its event has the id of
/// [`resume`](Gap::resume), so that a client that subscribes again goes on behind
/// the gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    reason: GapReason,
    last: EventId,
    resume: EventId,
}

/// Reason of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GapReason {
    /// The channel does not have the reader's event: its epoch is another.
    Epoch,
    /// The events behind the reader's id are no longer retained.
    Trimmed,
    /// The reader's id is beyond the channel's last event: the channel lost its end.
    Ahead,
    /// Events were trimmed before the subscribed reader had read them.
    #[serde(rename = "slow")]
    Lagged,
}

/// Data of the gap's error, as clients read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct GapData {
    /// Reason of the gap.
    pub reason: GapReason,
    /// Id of the last event before the gap.
    pub last: EventId,
    /// Position from which the events continue, without a further gap.
    pub resume: EventId,
}

impl Gap {
    /// Code of the error that clients see.
    pub const CODE: &'static str = "EVENT_GAP";

    /// Its HTTP status: 410, Gone.
    pub const STATUS: u16 = 410;

    const MESSAGE: &'static str = "Events are missing";

    pub(crate) fn new(reason: GapReason, last: EventId, resume: EventId) -> Self {
        Self { reason, last, resume }
    }

    /// Creates the gap that clients read.
    pub(crate) fn of(data: &GapData) -> Self {
        Self::new(data.reason, data.last, data.resume)
    }

    /// Returns the reason of the gap.
    pub fn reason(&self) -> GapReason {
        self.reason
    }

    /// Returns the reader's position before the gap.
    pub fn last(&self) -> EventId {
        self.last
    }

    /// Returns the position from which reading continues: before the oldest retained
    /// event; for [`GapReason::Ahead`] behind the newest; for [`GapReason::Epoch`]
    /// behind the last event that the reader and the channel have in common, if that is
    /// known.
    pub fn resume(&self) -> EventId {
        self.resume
    }

    /// Returns the data for clients.
    pub fn data(&self) -> GapData {
        GapData { reason: self.reason, last: self.last, resume: self.resume }
    }

    fn into_error(self) -> Error {
        Error::custom(Self::CODE)
            .with_status(Self::STATUS)
            .with_message(Self::MESSAGE)
            .with_data(&self.data())
            .into_defined()
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.reason {
            GapReason::Epoch => "the channel has another event of that number",
            GapReason::Trimmed => "they are no longer retained",
            GapReason::Ahead => "the channel has lost its end",
            GapReason::Lagged => "the reader was too slow",
        };
        write!(f, "events after {} are missing: {why}", self.last)
    }
}

impl EventError for Gap {
    fn into_error_event(self) -> ErrorEvent<Error> {
        ErrorEvent::new(self.into_error()).id(self.resume.to_string())
    }

    fn declarations() -> Vec<ErrorDeclaration> {
        vec![
            ErrorDeclaration::new(Self::CODE)
                .with_status(Self::STATUS)
                .with_message(Self::MESSAGE)
                .with_data::<GapData>(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish::id::Epoch;

    #[test]
    fn a_gap_says_which_events_are_missing_and_why() {
        let last = EventId::new(Epoch::of(1), 7);
        for (reason, why) in [
            (GapReason::Epoch, "the channel has another event of that number"),
            (GapReason::Trimmed, "they are no longer retained"),
            (GapReason::Ahead, "the channel has lost its end"),
            (GapReason::Lagged, "the reader was too slow"),
        ] {
            let gap = Gap::new(reason, last, EventId::new(Epoch::of(1), 9));
            assert_eq!(gap.to_string(), format!("events after {last} are missing: {why}"));
        }
    }
}
