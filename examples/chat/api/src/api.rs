//! What clients can call.

use std::sync::Arc;

use orpc_runtime::prelude::*;

use crate::log::RoomEvent;
use crate::people::{Author, Visitor, authenticate, limit, visit};
use crate::room::Room;

/// A message to the room.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SendMessage {
    /// What it says.
    #[schemars(length(min = 1, max = 2000))]
    pub(crate) message: String,
}

/// The chat room.
pub fn router() -> Router<Arc<Room>> {
    Router::new().nest("chat", chat::router())
}

/// `chat.*`
#[router(context = Arc<Room>, with = visit)]
pub mod chat {
    use super::*;

    /// Sends a message to everyone in the room.
    #[procedure(with = [authenticate, limit])]
    pub async fn send(room: &Arc<Room>, author: &Author, input: SendMessage) {
        room.say(author.name.clone(), input.message);
    }

    /// Everything that happens from the last event on that the client saw; for a
    /// newcomer, from a few before now. Others see a reader with a name come and go.
    #[procedure]
    pub fn on_message(
        room: &Arc<Room>,
        visitor: &Visitor,
        last: Option<&LastEventId>,
    ) -> impl Stream<Item = Event<RoomEvent>> {
        room.follow(visitor.name.clone(), last.map(LastEventId::as_str))
    }
}
