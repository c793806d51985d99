//! The server's side of a socket of a durable iterator.

use std::any::Any;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::client::DurableClient;
use super::ids::{Held, TokenHash};
use super::issuer::Issuer;
use super::sessions::Sessions;
use super::token::Claims;
use crate::core::{Code, Error, LastEventId};
use crate::procedure::HibernatingIterator;
use crate::publish::{EventId, ReadError};
use crate::serve::Admitted;
use crate::socket::Socket;
use crate::value::Value;

/// A client with the state of its socket.
pub(super) struct Seat {
    pub(super) client: DurableClient,
    /// Token that the socket is opened with.
    pub(super) token: TokenHash,
    /// Id of the client, if it chose the id and the socket is open.
    pub(super) held: OnceLock<Held>,
    pub(super) channels: Arc<dyn Channels>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) sessions: Arc<Sessions>,
}

/// The iterator of a channel, for any type of events.
pub(super) type ReadingIterator = HibernatingIterator<Value, (), ReadError>;

/// Channels of a durable object, for any type of events.
pub(super) trait Channels: Send + Sync {
    /// Subscribes a client to its channel, behind the event of that id.
    fn subscribe(
        self: Arc<Self>,
        socket: Socket,
        client: DurableClient,
        last: Option<LastEventId>,
    ) -> Result<(ReadingIterator, EventId), Error>;
}

impl Seat {
    /// Returns the seat of a socket.
    pub(super) fn of(socket: &Socket) -> Result<&Self, Error> {
        Self::among(socket.extensions()).ok_or_else(Error::hidden)
    }

    pub(super) fn among(extensions: &http::Extensions) -> Option<&Self> {
        let any: &dyn Any = &*extensions.get::<Admitted>()?.0;
        any.downcast_ref()
    }

    /// Accepts a newer token for the socket. It may change only the methods that the
    /// client may call, its attachment and its expiry.
    pub(super) fn renew(&self, socket: &Socket, token: &str) -> Result<(), Error> {
        let refused = |text: &'static str| Error::new(Code::Unauthorized).with_message(text);
        let now = SystemTime::now();
        let new = Claims::verify(token, &self.issuer.keys, now);
        let new = new.map_err(|_| refused("Invalid Token"))?;
        let own = self.client.claims();
        if new.chn != own.chn {
            return Err(refused(
                "Updated token must have the same channel with the original token",
            ));
        }
        if new.tags != own.tags {
            return Err(refused(
                "Updated token must have the exact same tags with the original token",
            ));
        }
        let renewed = self.issuer.ids.renew(self.client.id(), &new, &TokenHash::of(token), now);
        renewed.map_err(|_| refused("Invalid Token"))?;
        self.client.renew(new);
        self.sessions.renewed(socket);
        Ok(())
    }
}
