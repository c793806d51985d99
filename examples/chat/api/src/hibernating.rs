//! The same procedures on hibernating iterators: somebody who follows the room
//! costs the server a socket with a name and the iterator's id attached to it.

use std::sync::Arc;

use orpc_runtime::prelude::*;
use orpc_runtime::publish::EventId;
#[cfg(not(target_family = "wasm"))]
use orpc_runtime::{CloseFrame, websocket::SocketHooks};
use orpc_runtime::{HibernatingIterator, HibernationId};

use crate::api::{Present, SendMessage};
use crate::event::RoomEvent;
use crate::lobby::{Lobby, enter};
use crate::people::{Author, Person, Visitor, authenticate, limit, visit};
use crate::room::Room;

/// Attachment of the socket of a follower of the room.
#[derive(Serialize, Deserialize)]
pub struct Follower {
    /// The person whom others see join and leave.
    pub(crate) person: Option<Person>,
    /// The iterator that gets the events.
    pub events: HibernationId<RoomEvent>,
    /// The last event sent before the iterator hibernated; `None` until it does.
    pub(crate) seen: Option<EventId>,
}

impl Follower {
    /// Returns `true` if the follower hibernates and has not received an event yet.
    pub(crate) fn is_before(&self, event: EventId) -> bool {
        self.seen
            .is_some_and(|seen| seen.epoch() != event.epoch() || seen.sequence() < event.sequence())
    }
}

/// Returns the router of the chat room.
pub fn router() -> Router<Lobby> {
    Router::new().nest("chat", chat::router())
}

/// `chat.*`
#[router(context = Lobby, with = [enter, visit])]
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
        socket: &Socket,
        visitor: &Visitor,
        last: Option<&LastEventId>,
    ) -> HibernatingIterator<RoomEvent> {
        let (room, socket, last) = (Arc::clone(room), socket.clone(), last.cloned());
        let person = visitor.person.clone();
        HibernatingIterator::new(move |events| {
            // A socket that follows again may do so under another name.
            leave(&room, &socket);
            if let Some(person) = &person {
                room.enter(person);
            }
            let follower = Follower { person, events, seen: None };
            room.follow_asleep(socket, follower, last.as_ref())
        })
    }
}

/// The hooks that tell the room of sockets that close.
#[cfg(not(target_family = "wasm"))]
pub struct Doorkeeper(pub Arc<Room>);

#[cfg(not(target_family = "wasm"))]
impl SocketHooks for Doorkeeper {
    fn close(&self, socket: &Socket, _: &CloseFrame) {
        leave(&self.0, socket);
    }
}

pub(crate) fn leave(room: &Room, socket: &Socket) {
    if let Ok(Some(Follower { person: Some(person), .. })) = socket.attachment() {
        room.leave(person);
    }
}
