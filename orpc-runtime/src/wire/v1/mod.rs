//! Version 1 of the protocol, as in the clients of release 1.16.1.

mod batch;
#[cfg(test)]
mod client;
mod form;
#[cfg(feature = "http")]
mod http;
mod outline;
mod peer;
mod sse;

use std::borrow::{Borrow, Cow};

use ::http::{HeaderMap, StatusCode};
use bytes::Bytes;

use super::protocol::Codec;
use super::{Answer, BadBatch, BadMessage, Item, Message, Mode, PartName, Request, Response};
#[cfg(feature = "websocket")]
use super::{BeginningKind, beginning::Members};
use crate::core::{EventKind, EventMeta};

/// The codec of version 1.
pub(super) enum V1 {}

impl Codec for V1 {
    fn decode_request(frame: &Bytes) -> Result<Message<Request>, BadMessage> {
        peer::decode_request(frame)
    }

    #[cfg(feature = "websocket")]
    fn beginning<'a>(members: &Members<'a>) -> Option<(&'a [u8], BeginningKind)> {
        let kind = match members.get("t") {
            Some(b"3") => BeginningKind::Event,
            Some(b"4") => BeginningKind::Other,
            _ => BeginningKind::Call,
        };
        members.get("i").map(|id| (id, kind))
    }

    fn begin_message(id: &str, out: &mut Vec<u8>) {
        peer::begin_message(id, out);
    }

    fn encode_response<H, B>(response: &Response<H, B>, out: &mut Vec<u8>)
    where
        H: Borrow<HeaderMap>,
        B: AsRef<[u8]>,
    {
        peer::encode_response(response, out);
    }

    fn begin_event(kind: EventKind, _meta: &EventMeta, out: &mut Vec<u8>) {
        peer::begin_event(kind, out);
    }

    fn end_event(meta: &EventMeta, out: &mut Vec<u8>) {
        peer::end_event(meta, out);
    }

    fn encode_end(out: &mut Vec<u8>) {
        peer::encode_end(out);
    }

    fn encode_abort(out: &mut Vec<u8>) {
        peer::encode_abort(out);
    }

    fn batch_parameter() -> &'static str {
        "batch"
    }

    #[cfg(feature = "http")]
    fn batch_header() -> &'static ::http::HeaderName {
        &batch::X_ORPC_BATCH
    }

    fn batch_mode(headers: &HeaderMap) -> Option<Mode> {
        batch::mode(headers)
    }

    fn decode_batch(text: &Bytes, limit: usize) -> Result<Vec<Item>, BadBatch> {
        batch::decode(text, limit)
    }

    fn encode_answer(answer: &Answer, index: usize, common: StatusCode, out: &mut Vec<u8>) {
        batch::encode_answer(answer, index, common, out);
    }

    fn batch_refusal(bad: BadBatch) -> &'static [u8] {
        batch::refusal(bad)
    }

    fn unmatched() -> &'static [u8] {
        batch::UNMATCHED
    }

    fn unsupported() -> &'static [u8] {
        batch::UNSUPPORTED
    }

    fn input_parameter() -> &'static str {
        "data"
    }

    fn event_name(kind: EventKind) -> &'static str {
        sse::event_name(kind)
    }

    #[cfg(feature = "http")]
    fn event_kind(name: &str) -> Option<EventKind> {
        sse::event_kind(name)
    }

    #[cfg(feature = "http")]
    fn body_kind(headers: &HeaderMap) -> super::BodyKind {
        http::body_kind(headers)
    }

    fn encode_part_name(file: Option<usize>) -> Cow<'static, str> {
        form::encode_name(file)
    }

    fn decode_part_name(name: &str) -> PartName {
        form::decode_name(name)
    }
}
