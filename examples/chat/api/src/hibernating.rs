//! The same procedures on hibernating iterators: of somebody who follows the
//! room nothing is left on the server but the socket, with a name and the
//! iterator's id attached to it.

use std::sync::Arc;

use orpc_runtime::prelude::*;
use orpc_runtime::websocket::SocketHooks;
use orpc_runtime::{Close, HibernatingIterator, HibernationId};

use crate::api::SendMessage;
use crate::log::RoomEvent;
use crate::people::{Author, Visitor, authenticate, limit, visit};
use crate::room::Room;

/// What is attached to the socket of somebody who follows the room.
#[derive(Serialize, Deserialize)]
pub struct Follower {
    /// The name under which others see the follower come and go.
    name: Option<String>,
    /// Where events go.
    pub events: HibernationId<RoomEvent>,
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
        socket: &Socket,
        visitor: &Visitor,
        last: Option<&LastEventId>,
    ) -> HibernatingIterator<RoomEvent> {
        let (room, socket, last) = (Arc::clone(room), socket.clone(), last.cloned());
        let name = visitor.name.clone();
        HibernatingIterator::new(move |events| {
            // A socket that follows again does so under another name.
            leave(&room, &socket);
            if let Some(name) = &name {
                room.enter(name);
            }
            let follower = Follower { name, events };
            room.follow_asleep(&socket, &follower, last.as_ref().map(LastEventId::as_str))
        })
    }
}

/// Tells the room who leaves.
pub struct Doorkeeper(pub Arc<Room>);

impl SocketHooks for Doorkeeper {
    fn close(&self, socket: &Socket, _: &Close) {
        leave(&self.0, socket);
    }
}

fn leave(room: &Room, socket: &Socket) {
    if let Ok(Some(Follower { name: Some(name), .. })) = socket.attachment() {
        room.leave(name);
    }
}
