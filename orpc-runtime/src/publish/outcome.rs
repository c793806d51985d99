//! The outcome of publishing, between machines.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::error::{PublishError, StoreError, StoreErrorKind};
use super::id::EventId;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Published(EventId),
    TooLarge {
        length: usize,
        limit: usize,
    },
    InvalidChannel,
    InvalidIdempotencyKey,
    /// Nothing was published.
    Failed(String),
    Unknown(String),
}

/// Writes an outcome.
pub(crate) fn write_outcome(outcome: Result<EventId, PublishError>) -> serde_json::Result<Bytes> {
    let reason = |error: Option<&StoreError>, other: &str| {
        error.map_or_else(|| other.to_owned(), ToString::to_string)
    };
    let outcome = match outcome {
        Ok(id) => Outcome::Published(id),
        Err(PublishError::TooLarge { length, limit }) => Outcome::TooLarge { length, limit },
        Err(PublishError::InvalidChannel) => Outcome::InvalidChannel,
        Err(PublishError::InvalidIdempotencyKey) => Outcome::InvalidIdempotencyKey,
        Err(PublishError::OutcomeUnknown(error)) => {
            Outcome::Unknown(reason(error.as_ref(), "the outcome is unknown"))
        }
        Err(PublishError::Failed(error)) => Outcome::Failed(reason(Some(&error), "")),
        Err(error) => Outcome::Failed(error.to_string()),
    };
    serde_json::to_vec(&outcome).map(Bytes::from)
}

/// Reads an outcome, which is unknown if the text is none.
pub(crate) fn read_outcome(text: &[u8]) -> Result<EventId, PublishError> {
    let unavailable = |text: String| StoreError::new(StoreErrorKind::Unavailable, text);
    let unknown = |text| Err(PublishError::OutcomeUnknown(Some(unavailable(text))));
    match serde_json::from_slice(text) {
        Ok(Outcome::Published(id)) => Ok(id),
        Ok(Outcome::TooLarge { length, limit }) => Err(PublishError::TooLarge { length, limit }),
        Ok(Outcome::InvalidChannel) => Err(PublishError::InvalidChannel),
        Ok(Outcome::InvalidIdempotencyKey) => Err(PublishError::InvalidIdempotencyKey),
        Ok(Outcome::Failed(reason)) => Err(PublishError::Failed(unavailable(reason))),
        Ok(Outcome::Unknown(reason)) => unknown(reason),
        Err(_) => unknown("the response is not one of a channel".to_owned()),
    }
}
