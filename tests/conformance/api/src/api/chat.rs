//! A chat room for everyone.

use orpc_runtime::prelude::*;
use orpc_runtime::publish::Published;

use super::{EVERYONE, events};
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
    pub async fn send(session: &Session, input: SendMessage) -> Result<(), Error> {
        session.state.messages.publish(EVERYONE, &input.message).await?;
        Ok(())
    }

    /// Every message from now on.
    #[procedure]
    pub fn on_message(
        session: &Session,
    ) -> Result<impl Stream<Item = Result<Published<String>, Error>>, Error> {
        events(&session.state.messages)
    }
}
