//! Requests of a host to a channel.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Serialize};

use super::shared::Shared;
use crate::core::{Code, Error};
use crate::publish::{EventId, NewEvent, PublishError, StoreError, StoreErrorKind};

/// A command to a channel that is somewhere else, such as on a Durable Object: the body of a
/// request for [`StatefulRoom::request`](crate::stateful::StatefulRoom::request), and the meaning of
/// its response. For hosts.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ChannelCommand {
    /// Publishes an event.
    Publish(NewEvent),
    /// Revokes a client.
    #[non_exhaustive]
    Revoke {
        /// Id of the client.
        client: String,
        /// Time in milliseconds.
        time: u64,
    },
}

/// Outcome of publishing, between machines.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Published(EventId),
    Closed(usize),
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

impl ChannelCommand {
    /// Creates the command that revokes a client for a time.
    pub fn revoke(client: impl Into<String>, time: Duration) -> Self {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self::Revoke { client: client.into(), time }
    }

    /// Returns the body of a request.
    ///
    /// # Errors
    /// If it cannot be serialised. It is an internal error.
    pub fn to_body(&self) -> Result<Bytes, Error> {
        Ok(serde_json::to_vec(self)?.into())
    }

    /// Reads the response to [`Publish`](Self::Publish).
    ///
    /// # Errors
    /// As [`Publish`](crate::publish::Publish); the outcome is unknown if the response is not one of
    /// a channel.
    pub fn published(response: &[u8]) -> Result<EventId, PublishError> {
        let unavailable = |text: String| StoreError::new(StoreErrorKind::Unavailable, text);
        match serde_json::from_slice(response) {
            Ok(Outcome::Published(id)) => Ok(id),
            Ok(Outcome::TooLarge { length, limit }) => {
                Err(PublishError::TooLarge { length, limit })
            }
            Ok(Outcome::InvalidChannel) => Err(PublishError::InvalidChannel),
            Ok(Outcome::InvalidIdempotencyKey) => Err(PublishError::InvalidIdempotencyKey),
            Ok(Outcome::Failed(reason)) => Err(PublishError::Failed(unavailable(reason))),
            Ok(Outcome::Unknown(reason)) => {
                Err(PublishError::OutcomeUnknown(Some(unavailable(reason))))
            }
            Ok(Outcome::Closed(_)) | Err(_) => {
                let reason = "the response is not one of a channel".to_owned();
                Err(PublishError::OutcomeUnknown(Some(unavailable(reason))))
            }
        }
    }

    /// Reads the response to [`Revoke`](Self::Revoke): the number of closed sockets.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, if the client is not revoked.
    pub fn revoked(response: &[u8]) -> Result<usize, Error> {
        match serde_json::from_slice(response) {
            Ok(Outcome::Closed(sockets)) => Ok(sockets),
            _ => Err(Code::ServiceUnavailable.into()),
        }
    }

    /// Runs the command of a request.
    pub(super) async fn run(channel: &Arc<Shared>, body: &[u8]) -> Result<Response<Bytes>, Error> {
        let command = serde_json::from_slice(body).map_err(|_| Code::BadRequest)?;
        let outcome = match command {
            Self::Publish(event) => match Arc::clone(channel).publish(event).await {
                Ok(id) => Outcome::Published(id),
                Err(error) => Outcome::of(error),
            },
            Self::Revoke { client, time } => {
                Outcome::Closed(channel.revoke(&client, Duration::from_millis(time)).await?)
            }
        };
        Ok(Response::new(serde_json::to_vec(&outcome)?.into()))
    }
}

impl Outcome {
    fn of(error: PublishError) -> Self {
        let reason = |error: Option<&StoreError>, other: &str| {
            error.map_or_else(|| other.to_owned(), ToString::to_string)
        };
        match error {
            PublishError::TooLarge { length, limit } => Self::TooLarge { length, limit },
            PublishError::InvalidChannel => Self::InvalidChannel,
            PublishError::InvalidIdempotencyKey => Self::InvalidIdempotencyKey,
            PublishError::OutcomeUnknown(error) => {
                Self::Unknown(reason(error.as_ref(), "the outcome is unknown"))
            }
            PublishError::Failed(error) => Self::Failed(reason(Some(&error), "")),
            error => Self::Failed(error.to_string()),
        }
    }
}
