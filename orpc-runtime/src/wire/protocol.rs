//! The protocols, and the choice of one.

use std::borrow::{Borrow, Cow};

use bytes::Bytes;
#[cfg(feature = "http")]
use http::HeaderName;
use http::{HeaderMap, StatusCode};

#[cfg(feature = "websocket")]
use super::BeginningKind;
#[cfg(feature = "http")]
use super::BodyKind;
#[cfg(feature = "websocket")]
use super::beginning::Members;
use super::query::last_parameter;
use super::{
    Answer, BadBatch, BadMessage, CallId, Item, Message, Mode, PartName, Request, Response, sse, v2,
};
#[cfg(feature = "http")]
use crate::core::HeaderNames;
use crate::core::{EventKind, EventMeta};

/// A protocol that the server speaks, of a socket or a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Protocol {
    /// That of the clients of release 1.
    #[default]
    V1,
}

/// A protocol whose calls are recognised and refused, in a format that their clients read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ForeignProtocol {
    V2,
}

/// Calls a function of the codec of a protocol, without a table of functions.
macro_rules! codec {
    ($protocol:expr, $function:ident($($argument:expr),*)) => {
        match $protocol {
            Protocol::V1 => $crate::wire::v1::V1::$function($($argument),*),
        }
    };
}

#[cfg(test)]
pub(super) use codec;

/// One protocol: the encoding and decoding of its frames.
///
/// A message of a channel begins with the id of its call; what follows is the same for all calls, so that an event can
/// be encoded once for many of them.
pub(super) trait Codec {
    fn decode_request(frame: &Bytes) -> Result<Message<Request>, BadMessage>;
    /// Returns the id, as JSON text, and the kind of a message.
    #[cfg(feature = "websocket")]
    fn beginning<'a>(members: &Members<'a>) -> Option<(&'a [u8], BeginningKind)>;
    /// Encodes the start of a message, up to the id, which is JSON text.
    fn begin_message(id: &str, out: &mut Vec<u8>);
    /// Encodes a response behind the id.
    fn encode_response<H, B>(response: &Response<H, B>, out: &mut Vec<u8>)
    where
        H: Borrow<HeaderMap>,
        B: AsRef<[u8]>;
    /// Encodes the part of an event between the id and the data.
    fn begin_event(kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>);
    /// Encodes the part of an event behind the data.
    fn end_event(meta: &EventMeta, out: &mut Vec<u8>);
    /// Encodes the end of an iterator without a value, behind the id.
    fn encode_end(out: &mut Vec<u8>);
    /// Encodes the end of a call or iterator, behind the id.
    fn encode_abort(out: &mut Vec<u8>);

    /// Parameter of a query with the calls of a batch.
    fn batch_parameter() -> &'static str;
    /// Returns the name of the header that marks a batch.
    #[cfg(feature = "http")]
    fn batch_header() -> &'static HeaderName;
    /// Returns the response mode, if the headers mark a batch.
    fn batch_mode(headers: &HeaderMap) -> Option<Mode>;
    fn decode_batch(text: &Bytes, limit: usize) -> Result<Vec<Item>, BadBatch>;
    fn encode_answer(answer: &Answer, index: usize, common: StatusCode, out: &mut Vec<u8>);
    /// Returns the body of the response to a refused batch, as JSON text.
    fn batch_refusal(bad: BadBatch) -> &'static [u8];
    /// Returns the body of the answer to a call without a procedure, as JSON text.
    fn unmatched() -> &'static [u8];
    /// Returns the body of the answer to a call whose result does not fit into a batch, as JSON text.
    fn unsupported() -> &'static [u8];

    /// Parameter of a query with the envelope of a call.
    fn input_parameter() -> &'static str;
    /// Returns the name of an event's kind in a `text/event-stream` body.
    fn event_name(kind: EventKind) -> &'static str;
    #[cfg(feature = "http")]
    fn event_kind(name: &str) -> Option<EventKind>;
    /// Determines the content of an HTTP body from its headers.
    #[cfg(feature = "http")]
    fn body_kind(headers: &HeaderMap) -> BodyKind;

    /// Returns the name of the part of a form with the file of that number; without one, with the envelope.
    fn encode_part_name(file: Option<usize>) -> Cow<'static, str>;
    fn decode_part_name(name: &str) -> PartName;
}

/// The choice.
impl Protocol {
    /// Chooses the protocol of a socket by its upgrade request. No client of version 1 tells its version.
    pub(crate) fn of_socket(_upgrade: &HeaderMap) -> Self {
        Self::V1
    }

    /// Chooses the protocol of an HTTP request by its headers.
    #[cfg(feature = "http")]
    pub(crate) fn of_request(
        headers: &HeaderMap,
        names: HeaderNames,
    ) -> Result<Self, ForeignProtocol> {
        if v2::http::is_request(headers, names) { Err(ForeignProtocol::V2) } else { Ok(Self::V1) }
    }

    /// Number of protocols.
    pub(super) const COUNT: usize = Self::V1 as usize + 1;
}

/// Messages of a channel.
impl Protocol {
    /// Decodes a message of a client.
    pub(crate) fn decode_request(self, frame: &Bytes) -> Result<Message<Request>, BadMessage> {
        match codec!(self, decode_request(frame)) {
            Err(BadMessage::NoId) => v2::decode(frame),
            decoded => decoded,
        }
    }

    /// Returns the id and kind of a message that is too long to be decoded.
    #[cfg(feature = "websocket")]
    pub(super) fn beginning<'a>(self, members: &Members<'a>) -> Option<(&'a [u8], BeginningKind)> {
        codec!(self, beginning(members)).or_else(|| v2::beginning(members))
    }

    /// Encodes the response to a call.
    pub(crate) fn encode_response<H, B>(
        self,
        id: &CallId,
        response: &Response<H, B>,
        out: &mut Vec<u8>,
    ) where
        H: Borrow<HeaderMap>,
        B: AsRef<[u8]>,
    {
        self.begin_message(id.as_str(), out);
        codec!(self, encode_response(response, out));
    }

    /// Encodes the end of an iterator without a value.
    pub(crate) fn encode_end(self, id: &CallId, out: &mut Vec<u8>) {
        self.begin_message(id.as_str(), out);
        codec!(self, encode_end(out));
    }

    /// Encodes the message that stops the other side's iterator, or ends a call.
    pub(crate) fn encode_abort(self, id: &CallId, out: &mut Vec<u8>) {
        self.begin_message(id.as_str(), out);
        codec!(self, encode_abort(out));
    }

    pub(super) fn begin_message(self, id: &str, out: &mut Vec<u8>) {
        codec!(self, begin_message(id, out));
    }

    pub(super) fn begin_event(
        self,
        id: &str,
        kind: EventKind,
        meta: &EventMeta,
        out: &mut Vec<u8>,
    ) {
        self.begin_message(id, out);
        self.begin_tail(kind, meta, out);
    }

    pub(super) fn begin_tail(self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>) {
        codec!(self, begin_event(kind, meta, out));
    }

    pub(super) fn end_event(self, meta: &EventMeta, out: &mut Vec<u8>) {
        codec!(self, end_event(meta, out));
    }
}

/// Batches.
impl Protocol {
    /// Returns the response mode, if the headers mark a batch.
    pub(crate) fn batch_mode(self, headers: &HeaderMap) -> Option<Mode> {
        codec!(self, batch_mode(headers))
    }

    /// Returns `false` only if no header marks a batch.
    #[cfg(feature = "http")]
    pub(crate) fn may_be_batch(self, names: HeaderNames) -> bool {
        names.may_have(codec!(self, batch_header()))
    }

    /// Returns the text of a batch in a query, or empty text.
    pub(crate) fn batch_in_query(self, query: Option<&str>) -> String {
        last_parameter(query, codec!(self, batch_parameter()))
    }

    /// Decodes a batch of at most `limit` calls.
    pub(crate) fn decode_batch(self, text: &Bytes, limit: usize) -> Result<Vec<Item>, BadBatch> {
        codec!(self, decode_batch(text, limit))
    }

    /// Encodes the answer to the call with that index, as part of a response with the status `common`.
    pub(crate) fn encode_answer(
        self,
        answer: &Answer,
        index: usize,
        common: StatusCode,
        out: &mut Vec<u8>,
    ) {
        codec!(self, encode_answer(answer, index, common, out));
    }

    /// Returns the body of the response to a refused batch, as JSON text.
    pub(crate) fn batch_refusal(self, bad: BadBatch) -> &'static [u8] {
        codec!(self, batch_refusal(bad))
    }

    /// Returns the body of the answer to a call without a procedure, as JSON text.
    pub(crate) fn unmatched(self) -> &'static [u8] {
        codec!(self, unmatched())
    }

    /// Returns the body of the answer to a call whose result does not fit into a batch, as JSON text.
    pub(crate) fn unsupported(self) -> &'static [u8] {
        codec!(self, unsupported())
    }
}

/// HTTP and forms.
impl Protocol {
    /// Returns the envelope of a call in a query, or empty text.
    pub(crate) fn input_in_query(self, query: Option<&str>) -> String {
        last_parameter(query, codec!(self, input_parameter()))
    }

    /// Determines the content of a body from its headers.
    #[cfg(feature = "http")]
    pub(crate) fn body_kind(self, headers: &HeaderMap) -> BodyKind {
        codec!(self, body_kind(headers))
    }

    pub(super) fn begin_http_event(self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>) {
        sse::begin(codec!(self, event_name(kind)), meta, out);
    }

    pub(super) fn end_http_event(self, out: &mut Vec<u8>) {
        sse::end(out);
    }

    #[cfg(feature = "http")]
    pub(super) fn event_kind(self, name: &str) -> Option<EventKind> {
        codec!(self, event_kind(name))
    }

    pub(super) fn encode_part_name(self, file: Option<usize>) -> Cow<'static, str> {
        codec!(self, encode_part_name(file))
    }

    /// Reads the name of a part of a form.
    pub(crate) fn decode_part_name(self, name: &str) -> PartName {
        codec!(self, decode_part_name(name))
    }
}

impl ForeignProtocol {
    /// Encodes the response to a call of a channel.
    pub(crate) fn encode_response(self, id: &CallId, out: &mut Vec<u8>) {
        match self {
            Self::V2 => v2::encode_response(id.as_str(), out),
        }
    }

    /// Recognises an envelope that the chosen protocol cannot read.
    #[cfg(feature = "http")]
    pub(crate) fn of_envelope(text: &[u8]) -> Option<Self> {
        v2::http::is_envelope(text).then_some(Self::V2)
    }

    /// Returns `true` if a request over HTTP is a batch.
    #[cfg(feature = "http")]
    pub(crate) fn is_batch(self, headers: &HeaderMap) -> bool {
        match self {
            Self::V2 => v2::http::is_batch(headers),
        }
    }

    /// Returns the text of a batch in a query, or empty text.
    #[cfg(feature = "http")]
    pub(crate) fn batch_in_query(self, query: Option<&str>) -> String {
        match self {
            Self::V2 => last_parameter(query, v2::http::BATCH),
        }
    }

    /// Encodes the response to a batch: an error for each of at most `limit` calls, because its client looks for its
    /// calls in the body alone.
    #[cfg(feature = "http")]
    pub(crate) fn encode_batch(self, text: &[u8], limit: usize) -> Vec<u8> {
        match self {
            Self::V2 => v2::http::encode_batch(text, limit),
        }
    }

    /// Returns status and body of the response to a call over HTTP.
    #[cfg(feature = "http")]
    pub(crate) fn response(self) -> (StatusCode, &'static str) {
        match self {
            Self::V2 => (StatusCode::NOT_IMPLEMENTED, v2::ERROR),
        }
    }
}
