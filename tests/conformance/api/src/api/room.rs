//! Rooms that clients read by iterators that outlive their sockets.

use orpc_runtime::durable::{DurableClient, DurableIterator, DurableObject};
use orpc_runtime::prelude::*;

use crate::Session;

/// A room: its channel has its name.
#[derive(Debug)]
pub struct Room;

/// Message to a room.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RoomMessage {
    from: String,
    text: String,
}

/// The room to enter, and the name in it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct OpenRoom {
    #[schemars(length(min = 1, max = 64))]
    room: String,
    #[schemars(length(min = 1, max = 32))]
    name: String,
}

/// Attachment of a client, for the methods.
#[derive(Debug, Serialize, Deserialize)]
struct Guest {
    name: String,
}

/// Something to say.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Say {
    #[schemars(length(min = 1, max = 2000))]
    text: String,
}

/// A text to return.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct EchoText {
    text: String,
}

impl DurableObject for Room {
    type Event = RoomMessage;
    type Context = Session;
    type Methods = methods::router;
}

/// `room.*`
#[router(context = Session)]
pub mod procedures {
    use super::*;

    /// Enters a room: what is said there, and methods to take part.
    #[procedure]
    pub async fn open(session: &Session, input: OpenRoom) -> Result<DurableIterator<Room>, Error> {
        let iterator = session.state.rooms.iterator(input.room);
        let iterator = iterator.method::<methods::say>().method::<methods::tools::router>();
        Ok(iterator.attachment(&Guest { name: input.name })?)
    }
}

/// The methods of a room's iterators.
#[router(context = Session)]
pub mod methods {
    use super::*;

    /// Says something to everyone in the room.
    #[procedure]
    pub async fn say(session: &Session, call: &Call, input: Say) -> Result<(), Error> {
        let client = DurableClient::of(call)?;
        let guest: Guest = client.attachment()?.ok_or(Code::Forbidden)?;
        let message = RoomMessage { from: guest.name, text: input.text };
        session.state.rooms.publish(client.channel(), &message).await?;
        Ok(())
    }

    /// One level down.
    #[router]
    pub mod tools {
        use super::*;

        /// Answers.
        #[procedure]
        pub async fn ping() -> &'static str {
            "pong"
        }

        /// Gives the text back.
        #[procedure]
        pub async fn echo(input: EchoText) -> String {
            input.text
        }
    }
}
