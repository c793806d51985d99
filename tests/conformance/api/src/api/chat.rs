//! A chat room for everyone.

use orpc_runtime::prelude::*;

use super::events;
use crate::Session;

/// A message to send.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SendMessage {
    #[schemars(length(min = 1, max = 2000))]
    message: String,
}

/// `chat.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Sends a message to everyone.
    #[procedure]
    pub async fn send(session: &Session, input: SendMessage) {
        // Without a reader the message has no recipient.
        drop(session.state.messages.send(input.message));
    }

    /// Every message from now on.
    #[procedure]
    pub fn on_message(session: &Session) -> impl Stream<Item = Result<String, Error>> {
        events(session.state.messages.subscribe())
    }
}
