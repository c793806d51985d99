//! What clients can call.

use orpc_runtime::prelude::*;

use crate::log::RoomEvent;
use crate::room::Room;

/// A message to the room.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SendMessage {
    /// Who sends it.
    #[schemars(length(min = 1, max = 40))]
    name: String,
    /// What it says.
    #[schemars(length(min = 1, max = 2000))]
    message: String,
}

/// Who wants to know what happens.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Follow {
    /// The name under which others see the reader come and go; without one,
    /// nobody notices.
    #[schemars(length(min = 1, max = 40))]
    pub(crate) name: Option<String>,
}

/// Why a message was not sent.
#[derive(Debug, RpcError)]
pub enum SendError {
    /// The author sends too fast.
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    #[serde(rename_all = "camelCase")]
    TooFast {
        /// Seconds until the next message is welcome.
        retry_after: u32,
    },
}

impl SendMessage {
    /// Says it in the room.
    pub fn send(self, room: &Room) -> Result<(), SendError> {
        room.admit(&self.name)
            .map_err(|wait| SendError::TooFast { retry_after: wait.as_secs_f64().ceil() as u32 })?;
        room.say(self.name, self.message);
        Ok(())
    }
}

/// The chat room.
pub fn router() -> Router<Room> {
    Router::new().nest("chat", chat::router())
}

/// `chat.*`
#[router(context = Room)]
pub mod chat {
    use super::*;

    /// Sends a message to everyone in the room.
    #[procedure]
    pub async fn send(room: &Room, input: SendMessage) -> Result<(), SendError> {
        input.send(room)
    }

    /// Everything that happens from the last event on that the client saw; for a
    /// newcomer, from a few before now.
    #[procedure]
    pub fn on_message(
        room: &Room,
        input: Follow,
        last: Option<&LastEventId>,
    ) -> impl Stream<Item = Event<RoomEvent>> {
        room.follow(input.name, last.map(LastEventId::as_str))
    }
}
