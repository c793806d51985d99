//! The server's side of a socket of a durable iterator.

use std::any::Any;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::bindings::Held;
use super::builtin::ReadingIterator;
use super::client::DurableClient;
use super::credentials::INVALID;
use super::ids::TokenHash;
use super::issuer::Issuer;
use super::sessions::Sessions;
use super::shared_ids::Refused;
use super::token::Claims;
use crate::clock;
use crate::core::{Code, Error, EventError as _, LastEventId};
use crate::publish::{EventId, Publisher, Subscriber};
use crate::room::IteratorOwner;
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
    /// The iterator that reads the channel: a socket has at most one.
    pub(super) reading: Mutex<Option<Box<str>>>,
    pub(super) publisher: Publisher<Value>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) sessions: Arc<Sessions>,
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

    /// Subscribes the client to its channel, behind the event of that id.
    pub(super) async fn subscribe(
        &self,
        last: Option<&LastEventId>,
    ) -> Result<(ReadingIterator, EventId), Error> {
        let client = &self.client;
        let mut subscription = self.publisher.subscribe(client.channel(), last)?;
        let opened = subscription.opened().await;
        let position = opened.map_err(|error| error.into_error_event().into_parts().0)?;
        let subscriber = Subscriber::new(client.id()).tags(client.tags());
        let owner = Reading(client.clone());
        Ok((subscription.subscriber(subscriber).hibernate_with(owner), position))
    }

    /// Accepts a newer token for the socket. It may change only the methods that the
    /// client may call, its attachment and its expiry.
    pub(super) async fn renew(&self, socket: &Socket, token: &str) -> Result<(), Error> {
        let now = clock::wall();
        let new = Claims::renewal(token, &self.issuer.keys, &self.client.claims(), now)?;
        let hash = TokenHash::of(token);
        let renewed = self.sessions.renew(self.client.id(), &new, &hash, now).await;
        renewed.map_err(|refused| match refused {
            Refused::BadId(_) => Error::new(Code::Unauthorized).with_message(INVALID),
            Refused::Full | Refused::Unreachable => Error::new(Code::ServiceUnavailable),
        })?;
        self.client.renew(new);
        self.sessions.renewed(socket);
        Ok(())
    }
}

/// The reading of a channel by one client.
struct Reading(DurableClient);

impl IteratorOwner for Reading {
    fn open(&self, socket: &Socket, id: &str) {
        let Ok(seat) = Seat::of(socket) else { return };
        let mut reading = seat.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let former = reading.replace(id.into());
        drop(reading);
        if let Some(former) = former.filter(|former| **former != *id) {
            socket.release(&former);
        }
    }

    fn may_go_on(&self, socket: &Socket) -> bool {
        self.0.may_go_on(socket, clock::wall())
    }
}
