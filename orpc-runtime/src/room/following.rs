//! Iterators that hibernate and follow a channel of a publisher.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::procedure::{HibernatingIterator, HibernationId};
use crate::publish::{ReadError, Receiver, Subscription};
use crate::socket::{SendError, Socket};
use crate::wire::SharedEvent;

impl<T> Subscription<T>
where
    T: Serialize + JsonSchema + Send + 'static,
{
    /// Returns an iterator for a procedure that is sent the events and hibernates between
    /// them: for channels with many readers.
    ///
    /// All iterators of a channel share one task, which reads the channel, and the
    /// encoded events. To the client it is the iterator that the subscription is as a
    /// stream, with the same events, ids and errors: a gap ends it with `EVENT_GAP`, and
    /// a client that comes back with the id of that event goes on behind the gap. It
    /// works on sockets alone.
    ///
    /// A socket without room holds up no other. Nothing is queued for it: its events are
    /// read again from the channel as it has room.
    ///
    /// It needs a tokio runtime with time.
    ///
    /// ```
    /// use orpc_runtime::prelude::*;
    /// use orpc_runtime::HibernatingIterator;
    /// use orpc_runtime::publish::{Publisher, ReadError, SubscribeError};
    ///
    /// #[derive(Serialize, JsonSchema)]
    /// pub struct Message { text: String }
    ///
    /// pub struct App { messages: Publisher<Message> }
    ///
    /// #[procedure]
    /// pub fn on_message(
    ///     app: &App,
    ///     last: Option<&LastEventId>,
    /// ) -> Result<HibernatingIterator<Message, (), ReadError>, SubscribeError> {
    ///     Ok(app.messages.subscribe("lobby", last)?.hibernate())
    /// }
    /// ```
    pub fn hibernate(self) -> HibernatingIterator<T, (), ReadError> {
        self.hibernate_with(())
    }

    /// Returns the same iterator under the conditions of its owner.
    pub(crate) fn hibernate_with(
        self,
        owner: impl IteratorOwner,
    ) -> HibernatingIterator<T, (), ReadError> {
        HibernatingIterator::on_socket(move |socket, id| {
            let (reader, channel, fanout) = self.into_parts();
            owner.open(socket, id.as_json());
            let receiver = Arc::new(SocketIterator { socket: socket.clone(), id, owner });
            let joined = fanout.join(&channel, reader, Arc::clone(&receiver) as _)?;
            if let Some(registration) = joined {
                socket.guard(receiver.id.as_json(), Box::new(registration));
            }
            Ok(())
        })
    }
}

/// Conditions for the events of an iterator; `()` for none.
pub(crate) trait IteratorOwner: Send + Sync + 'static {
    /// Called with the iterator's id before it is sent events.
    fn open(&self, socket: &Socket, id: &str) {
        _ = (socket, id);
    }

    /// Returns `true` if the iterator may be sent events: checked before each. Otherwise
    /// the socket is being closed.
    fn may_go_on(&self, socket: &Socket) -> bool {
        _ = socket;
        true
    }
}

impl IteratorOwner for () {}

/// An iterator on its socket.
struct SocketIterator<T, O> {
    socket: Socket,
    id: HibernationId<T, (), ReadError>,
    owner: O,
}

impl<T: 'static, O: IteratorOwner> Receiver for SocketIterator<T, O> {
    fn socket(&self) -> &Socket {
        &self.socket
    }

    fn try_send(&self, event: &SharedEvent) -> Result<(), SendError> {
        if !self.owner.may_go_on(&self.socket) {
            return Err(SendError::Closed);
        }
        let id = self.id.as_json();
        self.socket.try_send_event(id, |out| event.encode(self.socket.protocol(), id, out))
    }

    fn end(&self, event: &SharedEvent) {
        let id = self.id.as_json();
        // A socket that has ended, or does not read, is told nothing further.
        _ = self.socket.send_event(id, true, |out| event.encode(self.socket.protocol(), id, out));
    }
}
