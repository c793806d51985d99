//! Events, which a stream procedure yields besides plain values.

use std::time::Duration;

use memchr::memchr3;
use serde::Serialize;

use super::{Code, Error, ErrorDeclaration, RpcError};

/// One step of an event iterator: a value, or the return value that ends it,
/// with the fields of a server-sent event.
///
/// A stream procedure may yield plain values; it yields `Event`s when a client
/// should be able to resume (an [`id`](Event::id)), wait longer before it does
/// ([`retry`](Event::retry)), or receive a return value ([`Event::done`]).
///
/// ```
/// use std::time::Duration;
/// use orpc_runtime::Event;
///
/// let event: Event<&str> = Event::new("hello").id("42").retry(Duration::from_secs(3));
/// assert_eq!(event.meta().id(), Some("42"));
/// ```
///
/// The fields follow the WHATWG HTML Standard, section "Server-sent events".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<T, R = ()> {
    payload: EventPayload<T, R>,
    meta: EventMeta,
}

/// Payload of an [`Event`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventPayload<T, R = ()> {
    /// A value; the iterator continues.
    Message(T),
    /// The return value; the iterator ends and is not polled again.
    Done(R),
}

/// The fields of an event beside its data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventMeta {
    pub(crate) id: Option<String>,
    pub(crate) retry: Option<Duration>,
    pub(crate) comments: Vec<String>,
}

impl<T, R> Event<T, R> {
    /// Creates an event that carries a value.
    pub fn new(value: T) -> Self {
        Self { payload: EventPayload::Message(value), meta: EventMeta::default() }
    }

    /// Creates the last event: its value becomes the return value of the client's
    /// iterator.
    pub fn done(value: R) -> Self {
        Self { payload: EventPayload::Done(value), meta: EventMeta::default() }
    }

    /// Sets the id, which a client sends back as Last-Event-ID to resume.
    ///
    /// An id must not contain CR, LF or NUL: such an event is not sent, the
    /// stream ends with an INTERNAL_SERVER_ERROR and the reason is logged.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.meta.id = Some(id.into());
        self
    }

    /// Sets how long a client waits before it reconnects, sent in whole milliseconds.
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Self {
        self.meta.retry = Some(after);
        self
    }

    /// Adds a comment. A comment must not contain CR or LF.
    #[must_use]
    pub fn comment(mut self, text: impl Into<String>) -> Self {
        self.meta.comments.push(text.into());
        self
    }

    /// Returns the payload of the event.
    pub fn payload(&self) -> &EventPayload<T, R> {
        &self.payload
    }

    /// Returns the id, retry time and comments.
    pub fn meta(&self) -> &EventMeta {
        &self.meta
    }

    /// Replaces the id, retry time and comments.
    pub(crate) fn with_meta(self, meta: EventMeta) -> Self {
        Self { meta, ..self }
    }

    pub(crate) fn from_parts(value: T, meta: EventMeta) -> Self {
        Self { payload: EventPayload::Message(value), meta }
    }

    /// Takes the event apart.
    pub fn into_parts(self) -> (EventPayload<T, R>, EventMeta) {
        (self.payload, self.meta)
    }
}

/// An event whose id or comment would break its line in an event stream. It is
/// refused on every wire, so that a stream is the same on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidMeta {
    #[error("an event id contains CR, LF or NUL")]
    Id,
    #[error("an event comment contains CR or LF")]
    Comment,
}

impl EventMeta {
    /// Checks that every wire can carry the fields.
    pub(crate) fn check(&self) -> Result<(), InvalidMeta> {
        if self.id().is_some_and(|id| memchr3(b'\r', b'\n', b'\0', id.as_bytes()).is_some()) {
            return Err(InvalidMeta::Id);
        }
        if self.comments().any(|text| text.contains(['\r', '\n'])) {
            return Err(InvalidMeta::Comment);
        }
        Ok(())
    }

    /// Returns the id of the event.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the time that a client waits before it reconnects.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Returns the comments in the order they were added.
    pub fn comments(&self) -> impl Iterator<Item = &str> {
        self.comments.iter().map(String::as_str)
    }
}

/// Item of a procedure's stream: a serialisable value, or an [`Event`] of one.
#[diagnostic::on_unimplemented(
    message = "write `#[derive(Serialize, JsonSchema)]` for `{Self}` and the types in it: it is an item of a stream",
    label = "not an item: it lacks `Serialize`, `JsonSchema` or both",
    note = "an item is such a value, an `Event` of one, or a `Result` of either"
)]
pub trait EventItem: Send {
    /// The value of a message.
    type Value: Serialize + schemars::JsonSchema + Send + 'static;
    /// The return value.
    type Return: Serialize + schemars::JsonSchema + Send + 'static;
    /// Converts the item into an event.
    fn into_event(self) -> Event<Self::Value, Self::Return>;

    /// Returns the envelope of a value that was serialised before.
    #[doc(hidden)]
    fn encoded(_value: &Self::Value) -> Option<&[u8]> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<T, R> EventItem for Event<T, R>
where
    T: Serialize + schemars::JsonSchema + Send + 'static,
    R: Serialize + schemars::JsonSchema + Send + 'static,
{
    type Value = T;
    type Return = R;

    fn into_event(self) -> Event<T, R> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> EventItem for T
where
    T: Serialize + schemars::JsonSchema + Send + 'static,
{
    type Value = T;
    type Return = ();

    fn into_event(self) -> Event<T, ()> {
        Event::new(self)
    }
}

/// An error of a stream with the fields of a server-sent event: an id or a time
/// after which a client may reconnect.
///
/// A stream of `Result<T, ErrorEvent<E>>` ends with it, where a plain
/// `Result<T, E>` ends with the error alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorEvent<E> {
    error: E,
    meta: EventMeta,
}

impl<E> ErrorEvent<E> {
    /// Creates an event that carries an error.
    pub fn new(error: E) -> Self {
        Self { error, meta: EventMeta::default() }
    }

    /// Sets the id, with the rules of [`Event::id`].
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.meta.id = Some(id.into());
        self
    }

    /// Sets how long a client waits before it reconnects, sent in whole milliseconds.
    #[must_use]
    pub fn retry(mut self, after: Duration) -> Self {
        self.meta.retry = Some(after);
        self
    }

    pub(crate) fn with_meta(error: E, meta: EventMeta) -> Self {
        Self { error, meta }
    }

    /// Takes the event apart.
    pub fn into_parts(self) -> (E, EventMeta) {
        (self.error, self.meta)
    }
}

/// Error of a procedure's stream: an [`RpcError`](crate::RpcError), or an [`ErrorEvent`]
/// of one.
#[diagnostic::on_unimplemented(
    message = "write `#[derive(Debug, RpcError)]` for `{Self}`, or yield `Result<_, orpc_runtime::Error>`: a stream ends with an RPC error",
    label = "not an RPC error"
)]
pub trait EventError: Send + 'static {
    /// Converts the error into its wire form.
    fn into_error_event(self) -> ErrorEvent<Error>;

    /// Returns the errors that are part of the procedure's type.
    fn declarations() -> Vec<ErrorDeclaration>;
}

#[diagnostic::do_not_recommend]
impl<E: RpcError> EventError for E {
    fn into_error_event(self) -> ErrorEvent<Error> {
        ErrorEvent::new(self.into_error())
    }

    fn declarations() -> Vec<ErrorDeclaration> {
        E::declarations()
    }
}

#[diagnostic::do_not_recommend]
impl<E: RpcError> EventError for ErrorEvent<E> {
    fn into_error_event(self) -> ErrorEvent<Error> {
        ErrorEvent { error: self.error.into_error(), meta: self.meta }
    }

    fn declarations() -> Vec<ErrorDeclaration> {
        E::declarations()
    }
}

/// The id of the last event that a reconnecting client saw, as it sent it.
///
/// Ids are opaque text; [`parse`](LastEventId::parse) reads one of your own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LastEventId(String);

impl LastEventId {
    /// Wraps the text of an id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the id as a `T`, for example a `u64` sequence number.
    ///
    /// # Errors
    /// A BAD_REQUEST without details if the text is not a valid `T`: clients may send
    /// any text in the header.
    pub fn parse<T: std::str::FromStr>(&self) -> Result<T, Error> {
        self.0
            .parse()
            .map_err(|_| Error::new(Code::BadRequest).with_message("Malformed last event id"))
    }
}

impl std::fmt::Display for LastEventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for LastEventId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
