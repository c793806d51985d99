//! Channels whose readers can go away and come back.

use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, PublishError, ReadError};
use serde_json::Value;

use crate::Session;

/// Event to publish, and its channel.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Publish {
    #[schemars(length(min = 1, max = 64))]
    channel: String,
    payload: Value,
}

/// Channel to read.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Subscribe {
    #[schemars(length(min = 1, max = 64))]
    channel: String,
}

/// `publisher.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Publishes an event, and gives its id.
    #[procedure]
    pub async fn publish(session: &Session, input: Publish) -> Result<EventId, Error> {
        let published = session.state.publisher.publish(&input.channel, &input.payload).await;
        published.map_err(|error| match error {
            // Numbers may be longer when they are written again.
            PublishError::TooLarge { .. } => Error::new(Code::PayloadTooLarge),
            error => error.into(),
        })
    }

    /// The events of a channel from now on, or behind the last one that the client saw.
    #[procedure]
    pub async fn subscribe(
        session: &Session,
        input: Subscribe,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Value>, ReadError>>, Error> {
        let mut events = session.state.publisher.subscribe(&input.channel, last)?;
        // Events that are published once the client has its iterator are among its own.
        events.opened().await?;
        Ok(events)
    }
}

/// `following.*`, for tests of this repository alone.
#[router(context = Session)]
pub mod following {
    use super::*;

    /// Follows a channel by an iterator that hibernates, over WebSocket.
    #[procedure]
    pub async fn subscribe(
        session: &Session,
        input: Subscribe,
        last: Option<&LastEventId>,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, Error> {
        let mut events = session.state.publisher.subscribe(&input.channel, last)?;
        events.opened().await?;
        Ok(events.hibernate())
    }
}
