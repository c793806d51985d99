//! Sockets of several processes, as the recipients of a message.

use super::message::{Action, Message, Selector};
use super::rooms::SharedRoom;
use crate::publish::{EventId, PublishError};
use crate::room::node::SharedSocketId;
use crate::socket::{CloseCode, Frame, Notice, Socket};

/// The sockets that are in the room, in any process, when it receives the message.
///
/// A message is published once. All processes receive the messages of a room in one order, that of the returned ids,
/// and those of one process in the order in which it sent them if each is awaited before the next. A socket that does
/// not read is closed with 1013, as in a room of one process.
///
/// An error is [`PublishError::OutcomeUnknown`] if the message may have been sent.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent to the sockets yet"]
pub struct SharedSockets<'a> {
    room: &'a SharedRoom,
    to: Selector,
    except: Vec<SharedSocketId>,
}

impl<'a> SharedSockets<'a> {
    pub(super) fn new(room: &'a SharedRoom, to: Selector) -> Self {
        Self { room, to, except: Vec::new() }
    }

    /// Removes a socket of this process, such as the sender.
    pub fn except(self, socket: &Socket) -> Self {
        let id = self.room.rooms().id(socket);
        self.except_id(id)
    }

    /// Removes a socket of any process.
    pub fn except_id(mut self, id: SharedSocketId) -> Self {
        self.except.push(id);
        self
    }

    /// Sends a message beside those of calls: see [`Socket::send`]. The room has received it in the order of the ids,
    /// which are those of a [`Publisher`](crate::publish::Publisher).
    ///
    /// # Errors
    /// If it was not published.
    pub async fn send(self, notice: &Notice) -> Result<EventId, PublishError> {
        self.send_raw(notice).await
    }

    /// Sends a message of any form, for clients of your own: see [`Socket::send_raw`].
    ///
    /// # Errors
    /// If it was not published, or is a text that is not UTF-8.
    pub async fn send_raw(self, frame: impl Into<Frame>) -> Result<EventId, PublishError> {
        let action = frame.into().try_into()?;
        self.publish(action).await
    }

    /// Closes the sockets once their queued messages are sent.
    ///
    /// # Errors
    /// If it was not published.
    pub async fn close(self, code: CloseCode, reason: &str) -> Result<EventId, PublishError> {
        self.publish(Action::Close { code: code.into(), reason: reason.to_owned() }).await
    }

    async fn publish(self, action: Action) -> Result<EventId, PublishError> {
        let Self { room, to, except } = self;
        room.publish(&Message::new(to, except, action)).await
    }
}
