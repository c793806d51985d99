//! A client on a socket of a channel.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use serde::{Deserialize, Serialize};

use super::shared::Shared;
use crate::clock;
use crate::core::{Error, LastEventId};
use crate::durable::builtin::ReadingIterator;
use crate::durable::client::DurableClient;
use crate::durable::ids::TokenHash;
use crate::durable::token::Claims;
use crate::procedure::{HibernatingIterator, HibernationId};
use crate::publish::{EventId, Gap, ReadError, Subscriber};
use crate::room::EncodedEvent;
use crate::socket::{AttachmentError, SendError, Socket, SocketConfig};
use crate::stateful::LoggedEvent;
use crate::value::Value;

/// Id of the iterator that reads a channel, for any type of events.
type ReadingId = HibernationId<Value, (), ReadError>;

/// An event of such an iterator.
pub(super) type ReadingEvent = EncodedEvent<Value, (), ReadError>;

/// A client with the state of its socket, which survives an eviction.
pub(in crate::durable) struct Member {
    pub(in crate::durable) client: DurableClient,
    /// Token that the socket was opened with; `None` once it is restored.
    pub(super) token: Option<TokenHash>,
    pub(super) channel: Weak<Shared>,
    reading: Mutex<Reading>,
}

/// The reading of the channel: a socket has at most one iterator.
#[derive(Default)]
struct Reading {
    id: Option<ReadingId>,
    /// Position of the iterator, if it has not had all events.
    behind: Option<EventId>,
    /// `true` while a task reads events for it.
    is_catching_up: bool,
}

/// The state of a member in the attachment of its socket.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Id of the client, unless it is that in the token.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "t")]
    claims: Claims,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    reading: Option<ReadingId>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    behind: Option<EventId>,
}

impl Member {
    pub(super) fn new(client: DurableClient, token: TokenHash, channel: Weak<Shared>) -> Self {
        Self { client, token: Some(token), channel, reading: Mutex::default() }
    }

    /// Returns the member on a socket.
    pub(in crate::durable) fn of(socket: &Socket) -> Result<&Arc<Self>, Error> {
        socket.extensions().get::<Arc<Self>>().ok_or_else(Error::hidden)
    }

    /// Returns the channel, unless its room is gone.
    pub(in crate::durable) fn channel(&self) -> Result<Arc<Shared>, Error> {
        self.channel.upgrade().ok_or_else(Error::hidden)
    }

    /// Subscribes the client to its channel, behind the event of that id; also returns the
    /// position.
    pub(in crate::durable) async fn subscribe(
        &self,
        last: Option<&LastEventId>,
    ) -> Result<(ReadingIterator, EventId), Error> {
        let channel = self.channel()?;
        let start = channel.start(last).await?;
        let position = start.as_ref().map_or_else(Gap::last, |position| *position);
        let iterator = HibernatingIterator::on_socket(move |socket, id| {
            channel.begin(socket, id, start)?;
            Ok(())
        });
        Ok((iterator, position))
    }

    /// Adds the member to the configuration of a new socket.
    pub(super) fn accept(self, config: SocketConfig) -> Result<SocketConfig, AttachmentError> {
        let config =
            config.attach_own(&self.kept(self.client.claims().as_ref(), &self.reading()))?;
        Ok(config.extension(Arc::new(self)))
    }

    /// Adds the member of a socket that was kept.
    pub(super) fn restore(config: SocketConfig, channel: Weak<Shared>) -> SocketConfig {
        let kept = match config.own::<Kept>() {
            Ok(Some(kept)) if !config.has_extension::<Arc<Self>>() => kept,
            Ok(_) => return config,
            Err(error) => {
                tracing::error!(%error, "a socket of a channel cannot be restored");
                return config;
            }
        };
        let Kept { id, claims, reading, behind } = kept;
        let id = id.or_else(|| claims.cid.clone()).unwrap_or_default();
        let reading = Reading { id: reading, behind, is_catching_up: false };
        let client = DurableClient::new(&id, claims);
        let member = Self { client, token: None, channel, reading: Mutex::new(reading) };
        config.extension(Arc::new(member))
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self, claims: &Claims, reading: &Reading) -> Kept {
        let id = self.client.id();
        Kept {
            id: (claims.cid.as_deref() != Some(id)).then(|| id.to_owned()),
            claims: claims.clone(),
            reading: reading.id.clone(),
            behind: reading.behind,
        }
    }

    fn keep(&self, socket: &Socket, reading: &Reading) -> Result<(), AttachmentError> {
        socket.attach_own(&self.kept(&self.client.claims(), reading))
    }

    /// Replaces the token.
    pub(super) fn renew(&self, socket: &Socket, claims: Claims) -> Result<(), AttachmentError> {
        socket.attach_own(&self.kept(&claims, &self.reading()))?;
        self.client.renew(claims);
        Ok(())
    }

    /// Begins to read behind a position, instead of what the socket has read before.
    pub(super) fn begin(
        &self,
        socket: &Socket,
        id: ReadingId,
        position: EventId,
    ) -> Result<(), AttachmentError> {
        let mut reading = self.reading();
        let is_catching_up = reading.is_catching_up;
        let next = Reading { id: Some(id.clone()), behind: Some(position), is_catching_up };
        self.keep(socket, &next)?;
        let former = std::mem::replace(&mut *reading, next).id;
        drop(reading);
        if let Some(former) = former.filter(|former| *former != id) {
            socket.release(former.as_json());
        }
        Ok(())
    }

    /// Returns `true` if the iterator is to catch up by a task of its own, which the caller begins.
    pub(super) fn begin_catching_up(&self) -> bool {
        let mut reading = self.reading();
        let begins = reading.behind.is_some() && !reading.is_catching_up;
        reading.is_catching_up |= begins;
        begins
    }

    /// Returns the position of the iterator that catches up. `None` ends its task.
    pub(super) fn behind(&self) -> Option<(ReadingId, EventId)> {
        let mut reading = self.reading();
        let behind = reading.id.clone().zip(reading.behind);
        reading.is_catching_up = behind.is_some();
        behind
    }

    /// Moves the iterator that catches up; `None` is behind all events.
    pub(super) fn move_to(&self, socket: &Socket, id: &ReadingId, position: Option<EventId>) {
        let mut reading = self.reading();
        // Another iterator may have begun.
        if reading.id.as_ref() == Some(id) {
            self.move_reading(socket, &mut reading, position);
        }
    }

    fn move_reading(&self, socket: &Socket, reading: &mut Reading, position: Option<EventId>) {
        reading.behind = position;
        if let Err(error) = self.keep(socket, reading) {
            tracing::error!(%error, socket = socket.id(), "a position is not kept");
        }
    }

    /// Lets an iterator that has had all events catch up from a position on.
    pub(super) fn fall_behind(&self, socket: &Socket, position: EventId) {
        let mut reading = self.reading();
        if reading.id.is_some() && reading.behind.is_none() {
            self.move_reading(socket, &mut reading, Some(position));
        }
    }

    /// Sends an event that was just published, unless the iterator has not had those before.
    pub(super) fn deliver(&self, socket: &Socket, event: &LoggedEvent, encoded: &ReadingEvent) {
        let id = {
            let reading = self.reading();
            reading.id.clone().filter(|_| reading.behind.is_none())
        };
        if let Some(id) = id {
            // A socket that has ended, or does not read, is told nothing further: its client comes
            // back with the last event that it received.
            _ = self.send(socket, event, || encoded.send(socket, &id));
        }
    }

    /// Sends an event if it is for the client.
    pub(super) fn send(
        &self,
        socket: &Socket,
        event: &LoggedEvent,
        send: impl FnOnce() -> Result<(), SendError>,
    ) -> Result<(), SendError> {
        if !self.client.may_go_on(socket, clock::wall()) {
            return Err(SendError::Closed);
        }
        let is_for = |subscriber: Subscriber| {
            event.audience.as_ref().is_none_or(|audience| audience.includes(&subscriber))
        };
        if event.audience.is_some()
            && !is_for(Subscriber::new(self.client.id()).tags(self.client.tags()))
        {
            return Ok(());
        }
        send()
    }

    /// Ends the reading of an iterator.
    pub(super) fn end(&self, socket: &Socket, id: &ReadingId) {
        let mut reading = self.reading();
        if reading.id.as_ref() == Some(id) {
            reading.id = None;
            reading.behind = None;
            if let Err(error) = self.keep(socket, &reading) {
                tracing::error!(%error, socket = socket.id(), "the end of an iterator is not kept");
            }
        }
    }

    /// Ends an iterator with an error.
    pub(super) fn fail(&self, socket: &Socket, id: &ReadingId, error: ReadError) {
        self.end(socket, id);
        match ReadingEvent::declared_error(error) {
            Ok(event) => _ = event.send(socket, id),
            Err(error) => error.log("an event of a channel"),
        }
    }
}
