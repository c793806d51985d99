//! Channels whose readers can go away and come back.

use orpc_runtime::HibernatingIterator;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, ReadError, SubscribeError};
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
        Ok(session.state.publisher.publish(&input.channel, &input.payload).await?)
    }

    /// The events of a channel from now on, or behind the last one that the client saw.
    #[procedure]
    pub fn subscribe(
        session: &Session,
        input: Subscribe,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<Value>, ReadError>>, SubscribeError> {
        session.state.publisher.subscribe(&input.channel, last)
    }
}

/// `following.*`, for tests of this repository alone.
#[router(context = Session)]
pub mod following {
    use super::*;

    /// Follows a channel by an iterator that hibernates, over WebSocket.
    #[procedure]
    pub fn subscribe(
        session: &Session,
        input: Subscribe,
        last: Option<&LastEventId>,
    ) -> Result<HibernatingIterator<Value, (), ReadError>, SubscribeError> {
        Ok(session.state.publisher.subscribe(&input.channel, last)?.hibernate())
    }
}
