//! The frames that only clients encode or decode. A server has no client yet: the tests are their only user.

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::protocol::codec;
use super::{
    Answer, BadMessage, CallId, Item, Message, Mode, Payload, Protocol, Request, Response,
};
use crate::core::{EventKind, EventMeta};

/// The part of a [`Codec`](super::protocol::Codec) for clients.
pub(super) trait ClientCodec {
    /// Encodes a call behind the id.
    fn encode_request(request: &Request, out: &mut Vec<u8>);
    fn decode_response(frame: &Bytes) -> Result<Message<Response<HeaderMap, Bytes>>, BadMessage>;
    /// Creates the request of an HTTP call: its query and headers say where the input is.
    fn http_request(request: &Request) -> http::Request<Bytes>;
    /// Creates the request of a batch, in which each call has a URL of that origin.
    fn batch_request(
        url: &str,
        method: Method,
        mode: Mode,
        origin: &str,
        items: &[Item],
    ) -> Request;
    /// Decodes an answer of a batch in a response with the status `common`, with the index of its call.
    fn decode_answer(text: &[u8], common: u16) -> Result<(usize, Answer), BadMessage>;
}

impl Protocol {
    /// Encodes a call.
    pub(crate) fn encode_request(self, id: &CallId, request: &Request, out: &mut Vec<u8>) {
        self.begin_message(id.as_str(), out);
        codec!(self, encode_request(request, out));
    }

    /// Decodes a message of a server.
    pub(crate) fn decode_response(
        self,
        frame: &Bytes,
    ) -> Result<Message<Response<HeaderMap, Bytes>>, BadMessage> {
        codec!(self, decode_response(frame))
    }

    /// Encodes an event. Empty data is undefined.
    pub(crate) fn encode_event(
        self,
        id: &CallId,
        (kind, data, meta): (EventKind, &[u8], &EventMeta),
        out: &mut Vec<u8>,
    ) {
        if data.is_empty() && kind == EventKind::Done {
            return self.encode_end(id, out);
        }
        self.begin_event(id.as_str(), kind, meta, out);
        out.extend_from_slice(if data.is_empty() { b"{}" } else { data });
        self.end_event(meta, out);
    }

    /// Encodes a message other than the first one of its sender.
    pub(crate) fn encode_payload<T>(self, id: &CallId, payload: &Payload<T>, out: &mut Vec<u8>) {
        match payload {
            Payload::Event { kind, data, meta } => self.encode_event(id, (*kind, data, meta), out),
            Payload::Abort => self.encode_abort(id, out),
            Payload::First(_) | Payload::Unreadable(_) | Payload::UnknownEvent => {}
        }
    }

    /// Creates the request of an HTTP call.
    pub(crate) fn http_request(self, request: &Request) -> http::Request<Bytes> {
        codec!(self, http_request(request))
    }

    /// Creates the request of a batch.
    pub(crate) fn batch_request(
        self,
        url: &str,
        method: Method,
        mode: Mode,
        origin: &str,
        items: &[Item],
    ) -> Request {
        codec!(self, batch_request(url, method, mode, origin, items))
    }

    /// Decodes an answer of a batch.
    pub(crate) fn decode_answer(
        self,
        text: &[u8],
        common: u16,
    ) -> Result<(usize, Answer), BadMessage> {
        codec!(self, decode_answer(text, common))
    }
}
