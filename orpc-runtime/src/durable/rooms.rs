//! Channels as rooms of a process.

use std::future::ready;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::channel::{Channel, DurableChannel};
use super::tokens::channel_of;
use crate::core::{Code, Error};
use crate::publish::{EventId, NewEvent, PublishError, PublishSink};
use crate::stateful::{StatefulRoom as _, StatefulRooms};
use crate::websocket::WebSocketService;

impl<O: DurableChannel> StatefulRooms<Channel<O>> {
    /// Serves the sockets of durable iterators, each in the room of its token's channel. The
    /// keys are [secrets](StatefulRooms::secrets).
    ///
    /// Pages of every origin may connect, since the token in the URL authorises a client, and not a
    /// cookie.
    ///
    /// | request | response |
    /// |---|---|
    /// | no upgrade | 426 |
    /// | no `id` | 401 `ID is required` |
    /// | no `token` | 401 `Token is required` |
    /// | an invalid token, or not valid with this id | 401 `Invalid Token` |
    /// | a channel with [too many sockets](DurableChannel::SOCKETS_PER_CHANNEL) | 503 |
    pub fn durable_iterators(&self) -> WebSocketService<Channel<O>> {
        let keys = O::keys(|name| self.secret(name));
        let service = self.websocket_named(move |request| {
            let keys = keys.as_ref().map_err(|error| Error::internal(*error))?;
            channel_of(&request.uri, keys)
                .map_err(|text| Error::new(Code::Unauthorized).with_message(text))
        });
        let service = service.allow_any_origin();
        match Channel::<O>::gate() {
            Some(gate) => service.gated(Arc::clone(&gate.0)),
            None => service,
        }
    }
}

/// Publishes to the room of each event's channel, of 1 to 256 bytes.
impl<O: DurableChannel> PublishSink for StatefulRooms<Channel<O>> {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        match self.room(event.channel()) {
            Some(room) => Box::pin(async move { room.room().publish_event(event).await }),
            None => Box::pin(ready(Err(PublishError::InvalidChannel))),
        }
    }
}
