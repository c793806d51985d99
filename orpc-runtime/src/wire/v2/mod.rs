//! Version 2 of the protocol. It is only recognised: its calls get an error in the format that their clients read.
//!
//! A message of a socket shows its version. Over HTTP most requests are equal in both. A batch, and a body that is a
//! file or a stream, have a header that clients of version 1 never send, and the types of `meta` are names.

use std::borrow::Cow;
use std::io::Write as _;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::object::Object;
use super::{BadCall, BadMessage, CallId, ForeignProtocol, Message, Payload};
#[cfg(feature = "websocket")]
use super::{BeginningKind, beginning::Members};

#[cfg(feature = "http")]
pub(super) mod http;

/// Status of the error: not implemented.
const STATUS: u16 = 501;

/// The error, as the body of a response.
pub(super) const ERROR: &str = r#"{"json":{"defined":false,"inferable":false,"code":"NOT_IMPLEMENTED","message":"This server speaks version 1 of the oRPC protocol, not version 2: use @orpc/client 1.x"}}"#;

#[derive(Deserialize)]
struct RawMessage<'a> {
    #[serde(default, borrow)]
    id: Option<&'a RawValue>,
    #[serde(default, borrow)]
    kind: Option<Cow<'a, str>>,
}

/// Decodes a message. Messages other than calls are not answered.
pub(super) fn decode<T>(frame: &Bytes) -> Result<Message<T>, BadMessage> {
    // The byte 0xFF separates the text and the body of a binary message.
    let end = memchr::memchr(0xff, frame).unwrap_or(frame.len());
    let message = serde_json::from_slice::<Object<RawMessage<'_>>>(&frame[..end]);
    let Object(RawMessage { id, kind }) = message.map_err(|_| BadMessage::Syntax)?;
    match (id, kind.as_deref()) {
        (Some(id), Some("request")) => {
            let payload = Payload::Unreadable(BadCall::Foreign(ForeignProtocol::V2));
            Ok(Message { id: CallId::new(id.get())?, payload })
        }
        _ => Err(BadMessage::Syntax),
    }
}

/// Returns the id, as JSON text, and the kind of a message.
#[cfg(feature = "websocket")]
pub(super) fn beginning<'a>(members: &Members<'a>) -> Option<(&'a [u8], BeginningKind)> {
    let kind = match members.get("kind")? {
        b"\"request\"" => BeginningKind::Foreign(ForeignProtocol::V2),
        _ => BeginningKind::Other,
    };
    members.get("id").map(|id| (id, kind))
}

/// Encodes the response to the call of that id, which is JSON text.
pub(super) fn encode_response(id: &str, out: &mut Vec<u8>) {
    // Writing to a `Vec` cannot fail.
    _ = write!(
        out,
        r#"{{"id":{id},"kind":"response","json":{{"status":{STATUS},"headers":{{}},"bodyHint":"json","body":{ERROR}}}}}"#
    );
}
