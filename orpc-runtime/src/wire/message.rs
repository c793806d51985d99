//! The calls of a channel of messages.

use std::borrow::Borrow;
use std::ops::Deref;
use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, Method};
use smol_str::SmolStr;

use super::ForeignProtocol;
use super::headers::BadHeader;
use crate::core::{EventKind, EventMeta, UnicodeHeaders};

/// Maximum length of a call's id, as JSON text. Every event repeats it.
const MAX_ID: usize = 1024;

/// Decode error of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadMessage {
    #[error("not a message of the peer protocol")]
    Syntax,
    #[error("the id is neither a string nor a number of at most {MAX_ID} bytes")]
    Id,
    /// It may be a message of another protocol.
    #[error("the message has no id")]
    NoId,
}

/// Id of a call as JSON text, which answers repeat unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CallId(SmolStr);

impl CallId {
    /// Reads an id that is JSON text.
    pub(super) fn new(text: &str) -> Result<Self, BadMessage> {
        let is_scalar =
            text.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
        if is_scalar && text.len() <= MAX_ID { Ok(Self(text.into())) } else { Err(BadMessage::Id) }
    }

    /// Creates the id of a known call.
    pub(crate) fn known(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the id as JSON text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message of a call. `T` is the first one of its sender: a [`Request`] of the client, a [`Response`] of the server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Message<T> {
    pub(crate) id: CallId,
    pub(crate) payload: Payload<T>,
}

/// Content of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Payload<T> {
    First(T),
    /// A call of which only the id can be read.
    Unreadable(BadCall),
    /// An event of an iterator, which follows the first message.
    Event {
        kind: EventKind,
        data: Bytes,
        meta: EventMeta,
    },
    /// An event of an unknown kind.
    UnknownEvent,
    /// The end of a call, or of the other side's iterator.
    Abort,
}

/// Error of a call that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadCall {
    #[error(transparent)]
    Header(#[from] BadHeader),
    /// The call breaks this rule of its protocol.
    #[error("Malformed call: {0}")]
    Malformed(&'static str),
    #[error("the call is in a protocol that the server does not speak")]
    Foreign(ForeignProtocol),
}

/// A call. Its texts are slices of the message, not copies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) url: SmolStr,
    pub(crate) method: Method,
    pub(crate) headers: MessageHeaders,
    pub(crate) unicode: UnicodeHeaders,
    pub(crate) body: Body,
    /// Member of the value that is the input, if the input is not the whole value.
    pub(crate) member: Option<&'static str>,
}

/// Headers of a call in a message. Most calls have none, for which there is no map.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageHeaders(Option<Box<HeaderMap>>);

static NO_HEADERS: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);

impl From<HeaderMap> for MessageHeaders {
    fn from(headers: HeaderMap) -> Self {
        Self((!headers.is_empty()).then(|| Box::new(headers)))
    }
}

impl Borrow<HeaderMap> for MessageHeaders {
    fn borrow(&self) -> &HeaderMap {
        self
    }
}

impl Deref for MessageHeaders {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        self.0.as_deref().unwrap_or_else(|| &NO_HEADERS)
    }
}

/// The response to a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response<H, B> {
    pub(crate) status: u16,
    /// A [`HeaderMap`], owned or borrowed. `content-type` may be absent if the body implies it.
    pub(crate) headers: H,
    pub(crate) body: Body<B>,
}

/// Body of a request or response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body<B = Bytes> {
    /// An envelope; empty text is undefined.
    Envelope(B),
    /// An event iterator; its events follow.
    Events,
    /// A body without an envelope: the value is undefined.
    Nowhere,
    /// A form with files.
    Form(B),
}
