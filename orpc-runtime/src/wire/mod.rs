//! Wire protocols without I/O: bytes in, frames out, and back.
//!
//! A frame belongs to no protocol: a [`Request`], a [`Response`], a [`Message`] of a channel, a call or an answer of a
//! batch, an event, a form. A [`Protocol`] is chosen for each socket and each request; its folder encodes and decodes
//! the frames, those of a client as well.

mod batch;
#[cfg(feature = "websocket")]
mod beginning;
#[cfg(feature = "http")]
mod body;

#[cfg(test)]
mod client;
mod durable;
mod events;
mod form;
mod headers;
mod message;
mod multipart;
mod object;
mod protocol;
mod query;
mod result_headers;
mod sse;
#[cfg(feature = "http")]
mod sse_reader;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod v1;
mod v2;

pub(crate) use batch::{Answer, BadBatch, Item, Mode};
#[cfg(feature = "websocket")]
pub(crate) use beginning::{Beginning, BeginningKind, MAX_BEGINNING, NoBeginning};
#[cfg(feature = "http")]
pub(crate) use body::BodyKind;
#[cfg(feature = "durable")]
pub(crate) use durable::{DURABLE_ITERATOR, POSITION};
pub(crate) use events::{HttpEvents, PeerEvents, SharedEvent};
pub(crate) use form::{Form, Part, PartHead, PartName};
pub(crate) use headers::BadHeader;
pub(crate) use message::{
    BadCall, BadMessage, Body, CallId, Message, MessageHeaders, Payload, Request, Response,
};
pub(crate) use multipart::{
    MAX_HEAD as MAX_FORM_HEAD, Malformed as MalformedForm, Piece, Reader as FormReader,
};
pub(crate) use protocol::{ForeignProtocol, Protocol};
pub(crate) use result_headers::{CarriedWith, RateHeaders, carried};
#[cfg(feature = "http")]
pub(crate) use sse::comment;
#[cfg(feature = "http")]
pub(crate) use sse_reader::{SseEvent, SseReader, TooLong};
