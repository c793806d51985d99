//! Sockets of a message to a room.

use serde::de::DeserializeOwned;

use super::encoded::EncodedEvent;
use crate::procedure::HibernationId;
use crate::socket::{CloseCode, Frame, Notice, SendError, Socket};

/// The sockets that were in the room when this was created. A socket that has ended
/// since is skipped.
#[derive(Debug, Clone)]
pub struct Sockets(Vec<Socket>);

/// Outcome of a message to several sockets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Number of sockets to which the message is queued.
    pub sent: usize,
    /// Number of sockets that are closed because their clients do not read.
    pub overloaded: usize,
    /// Number of sockets without the message: closed, without an iterator, or with one
    /// that their clients have stopped.
    pub skipped: usize,
}

impl Delivery {
    fn count(&mut self, sent: Result<(), SendError>) {
        match sent {
            Ok(()) => self.sent += 1,
            Err(SendError::Full) => self.overloaded += 1,
            Err(SendError::Closed | SendError::Released) => self.skipped += 1,
        }
    }
}

impl Sockets {
    pub(super) fn new(sockets: Vec<Socket>) -> Self {
        Self(sockets)
    }

    /// Removes a socket, such as the sender.
    #[must_use]
    pub fn except(mut self, socket: &Socket) -> Self {
        self.0.retain(|own| own != socket);
        self
    }

    /// Removes the socket of that id.
    pub(super) fn remove(&mut self, id: u64) {
        self.0.retain(|own| own.id() != id);
    }

    /// Returns the number of sockets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no sockets.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the sockets, in the order of their ids.
    pub fn iter(&self) -> std::slice::Iter<'_, Socket> {
        self.0.iter()
    }

    /// Sends a message beside those of calls: see [`Socket::send`].
    pub fn send(&self, notice: &Notice) -> Delivery {
        self.send_raw(notice)
    }

    /// Sends a message of any form, for clients of your own: see [`Socket::send_raw`].
    pub fn send_raw(&self, frame: impl Into<Frame>) -> Delivery {
        let frame = frame.into();
        let mut delivery = Delivery::default();
        for socket in &self.0 {
            delivery.count(socket.send_raw(frame.clone()));
        }
        delivery
    }

    /// Sends an event to a hibernating iterator of each socket. `iterator` finds its id
    /// in the socket's attachment; a socket without an attachment, or with one of
    /// another type, is skipped.
    pub fn send_event<A, T, R, E>(
        &self,
        event: &EncodedEvent<T, R, E>,
        iterator: impl Fn(&A) -> Option<&HibernationId<T, R, E>>,
    ) -> Delivery
    where
        A: DeserializeOwned,
    {
        let mut delivery = Delivery::default();
        for socket in &self.0 {
            let attachment = socket.attachment::<A>().inspect_err(|error| {
                tracing::debug!(%error, socket = socket.id(), "a socket is skipped");
            });
            match attachment.ok().flatten().as_ref().and_then(&iterator) {
                Some(id) => delivery.count(event.send(socket, id)),
                None => delivery.skipped += 1,
            }
        }
        delivery
    }

    /// Closes the sockets once their queued messages are sent.
    pub fn close(&self, code: CloseCode, reason: &str) {
        for socket in &self.0 {
            socket.close(code, reason);
        }
    }
}

impl IntoIterator for Sockets {
    type Item = Socket;
    type IntoIter = std::vec::IntoIter<Socket>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Sockets {
    type Item = &'a Socket;
    type IntoIter = std::slice::Iter<'a, Socket>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
