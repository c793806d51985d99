//! The peer protocol: many calls over one ordered channel of messages.
//!
//! A message is `{"i": id, "t": type, "p": payload}`; type 3 is an event, type 4
//! an abort, and a message without a type a request or a response. A binary
//! message is the same text, then the byte 0xFF and a body.

use std::borrow::Cow;
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::batch::UNMATCHED;
use super::durable::{DURABLE_ITERATOR, POSITION};
use super::headers::{self, BadHeader, RawHeaders};
use crate::core::{Code, Error, EventKind, EventMeta, EventWriter, UnicodeHeaders};
use crate::wire::v2;

/// Separates the text and the body of a binary message; UTF-8 never contains this byte.
const DELIMITER: u8 = 0xff;

/// Maximum length of a call's id, as JSON text. Every event repeats it.
const MAX_ID: usize = 1024;

/// Decode error of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadMessage {
    #[error("not a message of the peer protocol")]
    Syntax,
    #[error("the id is neither a string nor a number of at most {MAX_ID} bytes")]
    Id,
}

/// Id of a call as JSON text, which answers repeat unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CallId(Box<str>);

/// A message from a client.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: CallId,
    pub(crate) payload: Payload,
}

#[derive(Debug)]
pub(crate) enum Payload {
    Request(Request),
    /// A call of which only the id can be read.
    Unreadable(BadCall),
    Event {
        kind: EventKind,
        data: Bytes,
        meta: EventMeta,
    },
    /// An event of an unknown kind.
    UnknownEvent,
    Abort,
}

/// Error of a call that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadCall {
    #[error(transparent)]
    Header(#[from] BadHeader),
    #[error("Malformed call: `m` has to be a method, and `h` an object of headers")]
    Malformed,
    #[error("the call is in version 2 of the protocol")]
    Version2,
}

/// A call. Its texts are slices of the message, not copies.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) unicode: UnicodeHeaders,
    pub(crate) body: Body,
    /// Member of the value that is the input, if the input is not the whole value.
    pub(crate) member: Option<&'static str>,
}

/// Location of a call's input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// An envelope; empty text is undefined.
    Envelope(Bytes),
    /// An event iterator; its events follow.
    Events,
    /// A body without an envelope: the input is undefined.
    Nowhere,
    /// A form with files, as a slice of the message.
    Form(Bytes),
}

#[derive(Deserialize)]
struct RawMessage<'a> {
    #[serde(default, borrow)]
    i: Option<&'a RawValue>,
    #[serde(default, borrow)]
    t: Option<&'a RawValue>,
    #[serde(default, borrow)]
    p: Option<&'a RawValue>,
    /// Id in version 2.
    #[serde(default, borrow)]
    id: Option<&'a RawValue>,
    #[serde(default, borrow)]
    kind: Option<Cow<'a, str>>,
}

/// The member that every call has.
#[derive(Deserialize)]
struct RawTarget<'a> {
    #[serde(borrow)]
    u: Cow<'a, str>,
}

#[derive(Deserialize)]
struct RawRequest<'a> {
    #[serde(borrow)]
    u: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "present")]
    b: Option<&'a RawValue>,
    #[serde(default, borrow)]
    h: Option<RawHeaders<'a>>,
    #[serde(default, borrow)]
    m: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct RawEvent<'a> {
    e: &'a str,
    #[serde(default, borrow, deserialize_with = "present")]
    d: Option<&'a RawValue>,
    #[serde(default)]
    m: Option<RawMeta>,
}

#[derive(Deserialize)]
struct RawMeta {
    id: Option<String>,
    retry: Option<serde_json::Number>,
    #[serde(default)]
    comments: Vec<String>,
}

/// Maps a present `null` to `Some`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Parses a message.
pub(crate) fn decode(frame: &Bytes) -> Result<Message, BadMessage> {
    let delimiter = frame.iter().position(|&byte| byte == DELIMITER);
    let text = delimiter.map_or(&frame[..], |at| &frame[..at]);
    let message: RawMessage<'_> = serde_json::from_slice(text).map_err(|_| BadMessage::Syntax)?;
    let Some(id) = message.i else { return decode_version_2(&message) };
    let id = CallId::new(id.get())?;
    let payload = match message.t.map(RawValue::get) {
        Some("3") => decode_event(frame, message.p),
        Some("4") => Payload::Abort,
        _ => match decode_request(frame, message.p, delimiter) {
            Ok(request) => Payload::Request(request),
            Err(BadCall::Malformed) if !is_call(message.p) => return Err(BadMessage::Syntax),
            Err(bad) => Payload::Unreadable(bad),
        },
    };
    Ok(Message { id, payload })
}

/// Parses a message of version 2. Messages other than calls are not answered.
fn decode_version_2(message: &RawMessage<'_>) -> Result<Message, BadMessage> {
    match (message.id, message.kind.as_deref()) {
        (Some(id), Some("request")) => {
            let payload = Payload::Unreadable(BadCall::Version2);
            Ok(Message { id: CallId::new(id.get())?, payload })
        }
        _ => Err(BadMessage::Syntax),
    }
}

/// Returns `true` if the payload is a call. Another message without a type may be an
/// answer: two servers on one channel would answer each other endlessly.
fn is_call(payload: Option<&RawValue>) -> bool {
    payload
        .and_then(|payload| serde_json::from_str::<RawTarget<'_>>(payload.get()).ok())
        .is_some_and(|raw| is_target(&raw.u))
}

/// Returns `true` if the text is a path or a complete URL.
fn is_target(url: &str) -> bool {
    url.starts_with('/') || url.contains("://")
}

fn decode_request(
    frame: &Bytes,
    payload: Option<&RawValue>,
    delimiter: Option<usize>,
) -> Result<Request, BadCall> {
    let payload = payload.ok_or(BadCall::Malformed)?;
    let request: RawRequest<'_> =
        serde_json::from_str(payload.get()).map_err(|_| BadCall::Malformed)?;
    if !is_target(&request.u) {
        return Err(BadCall::Malformed);
    }
    let method = match request.m {
        Some(name) => Method::from_bytes(name.as_bytes()).map_err(|_| BadCall::Malformed)?,
        None => Method::POST,
    };
    let raw = request.h.unwrap_or_default();
    let content_type = headers::exact(&raw, "content-type");
    let body = if raw.contains_key("content-disposition") {
        Body::Nowhere
    } else if content_type.is_some_and(|value| value.starts_with("multipart/form-data")) {
        Body::Form(delimiter.map_or_else(Bytes::new, |at| frame.slice(at + 1..)))
    } else if content_type.is_some_and(|value| value.starts_with("text/event-stream")) {
        Body::Events
    } else if delimiter.is_some() {
        Body::Nowhere
    } else {
        Body::Envelope(part(frame, request.b))
    };
    let headers = headers::read(&raw)?;
    Ok(Request {
        url: request.u.into_owned(),
        method,
        headers: headers.map,
        unicode: headers.unicode,
        body,
        member: None,
    })
}

fn decode_event(frame: &Bytes, payload: Option<&RawValue>) -> Payload {
    let event = payload.and_then(|payload| serde_json::from_str(payload.get()).ok());
    let Some::<RawEvent<'_>>(event) = event else { return Payload::UnknownEvent };
    let kind = match event.e {
        "message" => EventKind::Message,
        "error" => EventKind::Error,
        "done" => EventKind::Done,
        _ => return Payload::UnknownEvent,
    };
    let meta = event.m.map_or_else(EventMeta::default, |meta| EventMeta {
        id: meta.id,
        retry: meta.retry.and_then(|retry| retry.as_u64()).map(Duration::from_millis),
        comments: meta.comments,
    });
    Payload::Event { kind, data: part(frame, event.d), meta }
}

/// Returns a part of the message as a slice.
fn part(frame: &Bytes, raw: Option<&RawValue>) -> Bytes {
    raw.map_or_else(Bytes::new, |raw| frame.slice_ref(raw.get().as_bytes()))
}

impl CallId {
    pub(super) fn new(text: &str) -> Result<Self, BadMessage> {
        let scalar =
            text.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
        if scalar && text.len() <= MAX_ID { Ok(Self(text.into())) } else { Err(BadMessage::Id) }
    }

    /// Creates the id of a known call.
    pub(crate) fn known(text: Box<str>) -> Self {
        Self(text)
    }

    /// Returns the id as JSON text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn open(&self, out: &mut Vec<u8>) {
        open(&self.0, out);
    }
}

/// Writes the response of a successful call, around an envelope: with the header of a
/// durable iterator, if the value is the token of one.
pub(crate) fn write_output(id: &CallId, headers: &HeaderMap, envelope: &[u8], out: &mut Vec<u8>) {
    id.open(out);
    out.extend_from_slice(b",\"p\":{");
    if headers.contains_key(DURABLE_ITERATOR) {
        // Writing to a `Vec` cannot fail.
        _ = write!(out, "\"h\":{{\"{DURABLE_ITERATOR}\":\"1\"}},");
    }
    out.extend_from_slice(b"\"b\":");
    out.extend_from_slice(envelope);
    out.extend_from_slice(b"}}");
}

/// Writes the response of a call whose result or error has files, as a binary message.
pub(crate) fn write_form(
    id: &CallId,
    status: u16,
    content_type: &str,
    form: &[u8],
    out: &mut Vec<u8>,
) {
    id.open(out);
    out.extend_from_slice(b",\"p\":{");
    // Writing to a `Vec` cannot fail.
    if status != 200 {
        _ = write!(out, "\"s\":{status},");
    }
    _ = write!(out, "\"h\":{{\"content-type\":\"{content_type}\"}}}}}}");
    out.push(DELIMITER);
    out.extend_from_slice(form);
}

/// Writes the response of a failed call. `retry_after` is in seconds.
pub(crate) fn write_error(
    id: &CallId,
    error: &Error,
    retry_after: Option<u64>,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    id.open(out);
    // Writing to a `Vec` cannot fail.
    _ = write!(out, ",\"p\":{{\"s\":{}", error.status());
    if let Some(seconds) = retry_after {
        _ = write!(out, ",\"h\":{{\"retry-after\":\"{seconds}\"}}");
    }
    out.extend_from_slice(b",\"b\":");
    error.write_envelope(out)?;
    out.extend_from_slice(b"}}");
    Ok(())
}

/// Writes the response to a call that could not be read.
pub(crate) fn write_unreadable(id: &CallId, bad: &BadCall, out: &mut Vec<u8>) {
    if *bad == BadCall::Version2 {
        return v2::write_refusal(id.as_str(), out);
    }
    let error = Error::new(Code::BadRequest).with_message(bad.to_string());
    // An error without data can always be written.
    _ = write_error(id, &error, None, out);
}

/// Writes the response to a call of a procedure that does not exist.
pub(crate) fn write_unmatched(id: &CallId, out: &mut Vec<u8>) {
    write_plain(id, StatusCode::NOT_FOUND, UNMATCHED, out);
}

/// Writes a response whose body is JSON text without an envelope.
pub(crate) fn write_plain(id: &CallId, status: StatusCode, body: &[u8], out: &mut Vec<u8>) {
    id.open(out);
    // Writing to a `Vec` cannot fail.
    _ = write!(out, ",\"p\":{{\"s\":{},\"b\":", status.as_u16());
    out.extend_from_slice(body);
    out.extend_from_slice(b"}}");
}

/// Writes the end of a batch's answers.
pub(crate) fn write_end_of_batch(id: &CallId, out: &mut Vec<u8>) {
    id.open(out);
    out.extend_from_slice(b",\"t\":3,\"p\":{\"e\":\"done\"}}");
}

/// Writes the message that stops the client's event iterator.
pub(crate) fn write_abort(id: &CallId, out: &mut Vec<u8>) {
    id.open(out);
    out.extend_from_slice(b",\"t\":4}");
}

/// Frames the events of one call.
pub(crate) struct PeerWriter(pub(crate) CallId);

/// Frames the answers of a batch as events.
pub(crate) struct BatchWriter(pub(crate) CallId);

impl EventWriter for BatchWriter {
    fn open(&self, out: &mut Vec<u8>) {
        self.0.open(out);
        out.extend_from_slice(
            b",\"p\":{\"s\":207,\"h\":{\"content-type\":\"text/event-stream\"}}}",
        );
    }

    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>) {
        self.0.open(out);
        PeerTail.begin(kind, meta, out);
    }

    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>) {
        PeerTail.end(meta, out);
    }
}

/// Frames events whose call is not known yet: the part behind the id.
pub(crate) struct PeerTail;

impl EventWriter for PeerWriter {
    fn open(&self, out: &mut Vec<u8>) {
        self.0.open(out);
        PeerTail.open(out);
    }

    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>) {
        self.0.open(out);
        PeerTail.begin(kind, meta, out);
    }

    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>) {
        PeerTail.end(meta, out);
    }
}

impl EventWriter for PeerTail {
    fn open(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"p\":{\"h\":{\"content-type\":\"text/event-stream\"}}}");
    }

    fn begin(&self, kind: EventKind, _meta: &EventMeta, out: &mut Vec<u8>) {
        out.extend_from_slice(match kind {
            EventKind::Message => b",\"t\":3,\"p\":{\"e\":\"message\",\"d\":",
            EventKind::Error => b",\"t\":3,\"p\":{\"e\":\"error\",\"d\":".as_slice(),
            EventKind::Done => b",\"t\":3,\"p\":{\"e\":\"done\",\"d\":",
        });
    }

    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>) {
        if *meta != EventMeta::default() {
            write_meta(meta, out);
        }
        out.extend_from_slice(b"}}");
    }
}

/// Writes the start of an iterator, and the position at which it begins, if the client
/// requested that.
pub(crate) fn write_iterator(id: &CallId, headers: &HeaderMap, out: &mut Vec<u8>) {
    id.open(out);
    let position = headers.get(POSITION).and_then(|position| position.to_str().ok());
    let Some(position) = position else { return PeerTail.open(out) };
    // Writing to a `Vec` cannot fail.
    _ = write!(
        out,
        ",\"p\":{{\"h\":{{\"content-type\":\"text/event-stream\",\"{POSITION}\":{}}}}}}}",
        serde_json::Value::from(position)
    );
}

/// Writes an event for the call of that id, which is JSON text, around the part that
/// [`PeerTail`] wrote.
pub(crate) fn write_encoded_event(id: &str, tail: &[u8], out: &mut Vec<u8>) {
    open(id, out);
    out.extend_from_slice(tail);
}

/// Writes the start of a message.
fn open(id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"i\":");
    out.extend_from_slice(id.as_bytes());
}

fn write_meta(meta: &EventMeta, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"m\":{");
    let mut separator = "";
    let mut member = |name: &str, value: serde_json::Value| {
        // Writing to a `Vec` cannot fail.
        _ = write!(out, "{separator}\"{name}\":{value}");
        separator = ",";
    };
    if let Some(id) = meta.id() {
        member("id", id.into());
    }
    if let Some(retry) = meta.retry() {
        member("retry", u64::try_from(retry.as_millis()).unwrap_or(u64::MAX).into());
    }
    if meta.comments().next().is_some() {
        member("comments", meta.comments().collect());
    }
    out.push(b'}');
}
