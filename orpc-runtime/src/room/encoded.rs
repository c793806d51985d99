//! Events that are serialised once for all their recipients.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;

use crate::core::{
    Error, ErrorEvent, Event, EventError, EventKind, EventMeta, EventPayload, WriteError, present,
};
use crate::procedure::HibernationId;
use crate::publish::Published;
use crate::schema::{OutputEncoder, OutputError};
use crate::socket::{Frame, SendError, Socket};
use crate::wire::{Protocol, SharedEvent};

/// An event of hibernating iterators: serialised once, sent to any number of them.
///
/// The message follows the peer protocol: the official client reads it as an event of
/// an ordinary iterator.
pub struct EncodedEvent<T, R = (), E = Infallible> {
    event: SharedEvent,
    types: PhantomData<fn(T, R, E)>,
}

impl<T, R, E> EncodedEvent<T, R, E>
where
    T: Serialize + JsonSchema + 'static,
    R: Serialize + JsonSchema + 'static,
    E: EventError,
{
    /// Serialises an event with its id, retry time and comments.
    ///
    /// # Errors
    /// If the value cannot be serialised, or the id or a comment would break its
    /// line in an event stream. It is an internal error.
    pub fn new(event: &Event<T, R>) -> Result<Self, Error> {
        match event.payload() {
            EventPayload::Message(value) => Self::value(EventKind::Message, event.meta(), value),
            EventPayload::Done(value) => Self::value(EventKind::Done, event.meta(), value),
        }
    }

    /// Serialises a value.
    ///
    /// # Errors
    /// If it cannot be serialised. It is an internal error.
    pub fn message(value: &T) -> Result<Self, Error> {
        Self::value(EventKind::Message, &EventMeta::default(), value)
    }

    /// Serialises the return value, which ends the iterator.
    ///
    /// # Errors
    /// If it cannot be serialised. It is an internal error.
    pub fn done(value: &R) -> Result<Self, Error> {
        Self::value(EventKind::Done, &EventMeta::default(), value)
    }

    /// Serialises a declared error, which ends the iterator.
    ///
    /// # Errors
    /// If the id of an [`ErrorEvent`](crate::ErrorEvent) would break its line in
    /// an event stream.
    pub fn declared_error(error: E) -> Result<Self, Error> {
        Self::end(error.into_error_event())
    }

    /// Serialises any other error, which ends the iterator. The client gets an
    /// undeclared error. One with a source is sent as an internal error, and the source
    /// is logged.
    ///
    /// # Errors
    /// If the id of an [`ErrorEvent`](crate::ErrorEvent) would break its line in
    /// an event stream.
    pub fn undeclared_error(error: impl EventError) -> Result<Self, Error> {
        let (error, meta) = error.into_error_event().into_parts();
        Self::end(ErrorEvent::with_meta(error.into_undefined(), meta))
    }

    fn end(event: ErrorEvent<Error>) -> Result<Self, Error> {
        let (error, meta) = event.into_parts();
        error.log("an event that is sent to iterators");
        Ok(Self::write(EventKind::Error, &meta, |out| Ok(error.write_envelope(out)?))?)
    }

    fn value<V>(kind: EventKind, meta: &EventMeta, value: &V) -> Result<Self, Error>
    where
        V: Serialize + JsonSchema + 'static,
    {
        let encoder = OutputEncoder::shared::<V>()?;
        Ok(Self::write(kind, meta, |out| Ok(encoder.write(present(value), out)?))?)
    }

    fn write(
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    ) -> Result<Self, WriteError> {
        Ok(Self { event: SharedEvent::write(kind, meta, envelope)?, types: PhantomData })
    }
}

impl<T, R, E> EncodedEvent<T, R, E> {
    /// Sends the event to a hibernating iterator on the socket.
    ///
    /// # Errors
    /// If the socket is closed, its client does not read, or has stopped the iterator.
    pub fn send(&self, socket: &Socket, id: &HibernationId<T, R, E>) -> Result<(), SendError> {
        let write = |out: &mut _| self.event.encode(socket.protocol(), id.as_json(), out);
        socket.send_event(id.as_json(), self.event.is_last(), write)
    }

    /// Sends the event, unless the client has to read first: then the sender keeps it.
    #[cfg(feature = "durable")]
    pub(crate) fn try_send(
        &self,
        socket: &Socket,
        id: &HibernationId<T, R, E>,
    ) -> Result<(), SendError> {
        let write = |out: &mut _| self.event.encode(socket.protocol(), id.as_json(), out);
        socket.try_send_event(id.as_json(), write)
    }

    /// Creates an event from an envelope that was serialised before.
    pub(crate) fn of_envelope(meta: EventMeta, envelope: Bytes) -> Self {
        Self { event: SharedEvent::new(EventKind::Message, meta, envelope), types: PhantomData }
    }

    /// Returns the message for the iterator of that id, for a transport of your own.
    pub fn frame(&self, id: &HibernationId<T, R, E>) -> Frame {
        let mut text = Vec::new();
        self.event.encode(Protocol::default(), id.as_json(), &mut text);
        Frame::Text(text.into())
    }
}

/// Converts an event of a publisher, with the envelope serialised when it was
/// published.
impl<T, E> From<&Published<T>> for EncodedEvent<T, (), E> {
    fn from(event: &Published<T>) -> Self {
        let id = event.id().map(|id| id.text());
        Self::of_envelope(EventMeta { id, ..EventMeta::default() }, event.envelope().clone())
    }
}

impl<T, R, E> Clone for EncodedEvent<T, R, E> {
    fn clone(&self) -> Self {
        Self { event: self.event.clone(), types: PhantomData }
    }
}

impl<T, R, E> fmt::Debug for EncodedEvent<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedEvent")
            .field("is_last", &self.event.is_last())
            .finish_non_exhaustive()
    }
}
