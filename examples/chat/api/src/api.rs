//! Procedures of the chat.

use std::sync::Arc;

use orpc_runtime::prelude::*;
use orpc_runtime::publish::{ReadError, SubscribeError};

use crate::event::RoomEvent;
use crate::people::{Author, Person, Visitor, authenticate, limit, visit};
use crate::room::Room;

/// A message to the room.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SendMessage {
    /// Its text.
    #[schemars(length(min = 1, max = 2000))]
    pub(crate) message: String,
}

/// The people in the room.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Present {
    /// The public id of the caller's session, where the call has one.
    pub you: Option<String>,
    /// Everyone who follows the room under a name, in the order of their names.
    pub people: Vec<Person>,
}

/// Returns the router of the chat room.
pub fn router() -> Router<Arc<Room>> {
    Router::new().nest("chat", chat::router())
}

/// `chat.*`
#[router(context = Arc<Room>, with = visit)]
pub mod chat {
    use super::*;

    /// Sends a message to everyone in the room.
    #[procedure(with = [authenticate, limit])]
    pub async fn send(room: &Arc<Room>, author: &Author, input: SendMessage) -> Result<(), Error> {
        room.say(author.0.clone(), input.message).await
    }

    /// Lists everyone in the room now.
    #[procedure]
    pub async fn people(room: &Arc<Room>, visitor: &Visitor) -> Present {
        Present { you: visitor.id.clone(), people: room.people() }
    }

    /// Streams the events after the last one that the client saw, or all that are kept,
    /// and then later ones. Others see a reader with a name join and leave.
    #[procedure]
    pub fn on_message(
        room: &Arc<Room>,
        visitor: &Visitor,
        last: Option<&LastEventId>,
    ) -> Result<impl Stream<Item = Result<Published<RoomEvent>, ReadError>>, SubscribeError> {
        room.follow(visitor.person.clone(), last)
    }
}
