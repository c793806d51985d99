//! Requests of a host to a channel.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Serialize};

use super::shared::Shared;
use crate::core::{Code, Error};
use crate::publish::{EventId, NewEvent, PublishError, read_outcome, write_outcome};

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

/// Outcome of revoking a client, between machines.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Closed(usize),
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
        read_outcome(response)
    }

    /// Reads the response to [`Revoke`](Self::Revoke): the number of closed sockets.
    ///
    /// # Errors
    /// SERVICE_UNAVAILABLE, if the client is not revoked.
    pub fn revoked(response: &[u8]) -> Result<usize, Error> {
        match serde_json::from_slice(response) {
            Ok(Outcome::Closed(sockets)) => Ok(sockets),
            Err(_) => Err(Code::ServiceUnavailable.into()),
        }
    }

    /// Runs the command of a request.
    pub(super) async fn run(channel: &Arc<Shared>, body: &[u8]) -> Result<Response<Bytes>, Error> {
        let command = serde_json::from_slice(body).map_err(|_| Code::BadRequest)?;
        let outcome = match command {
            Self::Publish(event) => write_outcome(Arc::clone(channel).publish(event).await)?,
            Self::Revoke { client, time } => {
                let closed = channel.revoke(&client, Duration::from_millis(time)).await?;
                serde_json::to_vec(&Outcome::Closed(closed))?.into()
            }
        };
        Ok(Response::new(outcome))
    }
}
