//! Messages of a channel.
//!
//! A message is `{"i": id, "t": type, "p": payload}`; type 3 is an event, type 4
//! an abort, and a message without a type a request or a response. A binary
//! message is the same text, then the byte 0xFF and a body.

use std::borrow::{Borrow, Cow};
use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::outline::Outline;
use crate::core::{EventKind, EventMeta, UnicodeHeaders};
use crate::wire::headers::{self, CallHeaders, RawHeaders, write_members};
use crate::wire::object::Object;
use crate::wire::{
    BadCall, BadMessage, Body, CallId, Message, MessageHeaders, Payload, Request, Response,
};

/// Separates the text and the body of a binary message; UTF-8 never contains this byte.
const DELIMITER: u8 = 0xff;

/// Error of a call without the members that it needs.
const MALFORMED: BadCall =
    BadCall::Malformed("`m` has to be a method, and `h` an object of headers");

#[derive(Deserialize)]
pub(super) struct RawMessage<'a> {
    #[serde(default, borrow)]
    pub(super) i: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) t: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(super) p: Option<&'a RawValue>,
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
    b: Option<&'a str>,
    #[serde(default, borrow)]
    h: Option<RawHeaders<'a>>,
    #[serde(default, borrow)]
    m: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct RawEvent<'a> {
    e: &'a str,
    #[serde(default, borrow, deserialize_with = "present")]
    d: Option<&'a str>,
    #[serde(default)]
    m: Option<Object<RawMeta>>,
}

#[derive(Deserialize)]
struct RawMeta {
    id: Option<String>,
    retry: Option<serde_json::Number>,
    #[serde(default)]
    comments: Vec<String>,
}

/// Reads a member as JSON text, also if it is `null`.
pub(super) fn present<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de str>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(|text| Some(text.get()))
}

/// Decodes a message of a client.
pub(super) fn decode_request(frame: &Bytes) -> Result<Message<Request>, BadMessage> {
    // UTF-8 has no delimiter, which is looked for where there is something else.
    let text = std::str::from_utf8(frame).ok();
    let delimiter = if text.is_some() { None } else { delimiter(frame) };
    let text = text.or_else(|| std::str::from_utf8(&frame[..delimiter?]).ok());
    if let Some(message) = text.and_then(|text| decode_call(frame, text, delimiter)) {
        return Ok(message);
    }
    let RawMessage { i, t, p } = parse(frame, delimiter)?;
    let id = CallId::new(i.ok_or(BadMessage::NoId)?.get())?;
    let payload = match t.map(RawValue::get) {
        Some("3") => decode_event(frame, p),
        Some("4") => Payload::Abort,
        _ => match read_request(frame, p, delimiter) {
            Ok(request) => Payload::First(request),
            Err(BadCall::Malformed(_)) if !is_call(p) => return Err(BadMessage::Syntax),
            Err(bad) => Payload::Unreadable(bad),
        },
    };
    Ok(Message { id, payload })
}

/// Decodes a call in one pass; `None` if it is not one, or an unusual one.
fn decode_call(frame: &Bytes, text: &str, delimiter: Option<usize>) -> Option<Message<Request>> {
    let outline = Outline::of(text).ok()?;
    if outline.kind.is_some() {
        return None;
    }
    let id = CallId::new(outline.id?).ok()?;
    let raw = RawRequest {
        u: outline.url?.into(),
        b: outline.body,
        h: outline.headers.map(serde_json::from_str).transpose().ok()?.flatten(),
        m: outline.method.map(serde_json::from_str).transpose().ok()?.flatten(),
    };
    let request = request(frame, raw, delimiter).ok()?;
    Some(Message { id, payload: Payload::First(request) })
}

/// Returns the position of the byte between the text and the body of a binary message.
pub(super) fn delimiter(frame: &[u8]) -> Option<usize> {
    memchr::memchr(DELIMITER, frame)
}

pub(super) fn parse(frame: &Bytes, delimiter: Option<usize>) -> Result<RawMessage<'_>, BadMessage> {
    let text = delimiter.map_or(&frame[..], |at| &frame[..at]);
    let message = serde_json::from_slice::<Object<_>>(text);
    message.map(|Object(message)| message).map_err(|_| BadMessage::Syntax)
}

/// Returns `true` if the payload is a call. Another message without a type may be an
/// answer: two servers on one channel would answer each other endlessly.
fn is_call(payload: Option<&RawValue>) -> bool {
    payload
        .and_then(|payload| serde_json::from_str::<Object<RawTarget<'_>>>(payload.get()).ok())
        .is_some_and(|Object(raw)| is_target(&raw.u))
}

/// Returns `true` if the text is a path or a complete URL.
fn is_target(url: &str) -> bool {
    url.starts_with('/') || url.contains("://")
}

fn read_request(
    frame: &Bytes,
    payload: Option<&RawValue>,
    delimiter: Option<usize>,
) -> Result<Request, BadCall> {
    let payload = payload.ok_or(MALFORMED)?;
    let Object(raw) = serde_json::from_str(payload.get()).map_err(|_| MALFORMED)?;
    request(frame, raw, delimiter)
}

fn request(
    frame: &Bytes,
    request: RawRequest<'_>,
    delimiter: Option<usize>,
) -> Result<Request, BadCall> {
    if !is_target(&request.u) {
        return Err(MALFORMED);
    }
    let method = match request.m {
        Some(name) => Method::from_bytes(name.as_bytes()).map_err(|_| MALFORMED)?,
        None => Method::POST,
    };
    let (body, headers, unicode) = match request.h {
        Some(raw) => {
            let CallHeaders { map, unicode } = headers::read(&raw)?;
            (read_body(frame, &raw, request.b, delimiter), map.into(), unicode)
        }
        None => {
            let body = match delimiter {
                None => Body::Envelope(part(frame, request.b)),
                Some(_) => Body::Nowhere,
            };
            (body, MessageHeaders::default(), UnicodeHeaders::default())
        }
    };
    Ok(Request { url: request.u.into(), method, headers, unicode, body, member: None })
}

/// Determines the content of a body from the headers like the official packages: their names are in lower case.
pub(super) fn read_body(
    frame: &Bytes,
    headers: &RawHeaders<'_>,
    text: Option<&str>,
    delimiter: Option<usize>,
) -> Body<Bytes> {
    let content_type = headers::exact(headers, "content-type");
    if headers.contains_key("content-disposition") {
        Body::Nowhere
    } else if content_type.is_some_and(|value| value.starts_with("multipart/form-data")) {
        Body::Form(delimiter.map_or_else(Bytes::new, |at| frame.slice(at + 1..)))
    } else if content_type.is_some_and(|value| value.starts_with("text/event-stream")) {
        Body::Events
    } else if delimiter.is_some() {
        Body::Nowhere
    } else {
        Body::Envelope(part(frame, text))
    }
}

pub(super) fn decode_event<T>(frame: &Bytes, payload: Option<&RawValue>) -> Payload<T> {
    let event = payload.and_then(|payload| serde_json::from_str(payload.get()).ok());
    let Some(Object::<RawEvent<'_>>(event)) = event else { return Payload::UnknownEvent };
    let kind = match event.e {
        "message" => EventKind::Message,
        "error" => EventKind::Error,
        "done" => EventKind::Done,
        _ => return Payload::UnknownEvent,
    };
    let meta = event.m.map_or_else(EventMeta::default, |Object(meta)| EventMeta {
        id: meta.id,
        retry: meta.retry.and_then(|retry| retry.as_u64()).map(Duration::from_millis),
        comments: meta.comments,
    });
    Payload::Event { kind, data: part(frame, event.d), meta }
}

/// Returns a part of the message as a slice.
fn part(frame: &Bytes, text: Option<&str>) -> Bytes {
    text.map_or_else(Bytes::new, |text| frame.slice_ref(text.as_bytes()))
}

/// Encodes the start of a message.
pub(super) fn begin_message(id: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"i\":");
    out.extend_from_slice(id.as_bytes());
}

/// Encodes a response behind the id.
pub(super) fn encode_response<H, B>(response: &Response<H, B>, out: &mut Vec<u8>)
where
    H: Borrow<HeaderMap>,
    B: AsRef<[u8]>,
{
    out.extend_from_slice(b",\"p\":{");
    if response.status != 200 {
        // Writing to a `Vec` cannot fail.
        _ = write!(out, "\"s\":{},", response.status);
    }
    encode_headers(response.headers.borrow(), &response.body, out);
    encode_body(&response.body, out);
}

/// Encodes the member with the headers, if there are any, and a comma.
pub(super) fn encode_headers<B>(headers: &HeaderMap, body: &Body<B>, out: &mut Vec<u8>) {
    let is_implied = matches!(body, Body::Events) && !headers.contains_key(CONTENT_TYPE);
    if !is_implied && headers.is_empty() {
        return;
    }
    out.extend_from_slice(b"\"h\":{");
    write_members(headers, out);
    if is_implied {
        out.extend_from_slice(b"\"content-type\":\"text/event-stream\"");
    }
    end_members(out);
    out.push(b',');
}

/// Encodes the body as the last member, or behind the text.
fn encode_body<B: AsRef<[u8]>>(body: &Body<B>, out: &mut Vec<u8>) {
    if let Body::Envelope(text) = body
        && !text.as_ref().is_empty()
    {
        out.extend_from_slice(b"\"b\":");
        out.extend_from_slice(text.as_ref());
    }
    end_text(body, out);
}

/// Ends the text of a message, and encodes the part of a body behind it.
pub(super) fn end_text<B: AsRef<[u8]>>(body: &Body<B>, out: &mut Vec<u8>) {
    end_members(out);
    out.push(b'}');
    if let Body::Form(form) = body {
        out.push(DELIMITER);
        out.extend_from_slice(form.as_ref());
    }
}

/// Ends an object whose last member may have a comma behind it.
fn end_members(out: &mut Vec<u8>) {
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b'}');
}

/// Encodes the part of an event between the id and the data.
pub(super) fn begin_event(kind: EventKind, out: &mut Vec<u8>) {
    out.extend_from_slice(match kind {
        EventKind::Message => b",\"t\":3,\"p\":{\"e\":\"message\",\"d\":",
        EventKind::Error => b",\"t\":3,\"p\":{\"e\":\"error\",\"d\":".as_slice(),
        EventKind::Done => b",\"t\":3,\"p\":{\"e\":\"done\",\"d\":",
    });
}

/// Encodes the part of an event behind the data.
pub(super) fn end_event(meta: &EventMeta, out: &mut Vec<u8>) {
    if *meta != EventMeta::default() {
        write_meta(meta, out);
    }
    out.extend_from_slice(b"}}");
}

/// Encodes the end of an iterator without a value.
pub(super) fn encode_end(out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"t\":3,\"p\":{\"e\":\"done\"}}");
}

/// Encodes the end of a call or iterator.
pub(super) fn encode_abort(out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"t\":4}");
}

fn write_meta(meta: &EventMeta, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"m\":{");
    // Writing to a `Vec` cannot fail.
    if let Some(id) = meta.id() {
        out.extend_from_slice(b"\"id\":");
        _ = serde_json::to_writer(&mut *out, id);
        out.push(b',');
    }
    if let Some(retry) = meta.retry() {
        let millis = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
        _ = write!(out, "\"retry\":{millis},");
    }
    if !meta.comments.is_empty() {
        out.extend_from_slice(b"\"comments\":");
        _ = serde_json::to_writer(&mut *out, &meta.comments);
    }
    end_members(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Messages that are read in one pass; all others are parsed twice.
    #[test]
    fn usual_calls_take_one_pass() {
        let url = |text: &'static str| {
            let call = decode_call(&Bytes::from_static(text.as_bytes()), text, None)?;
            let Payload::First(Request { url, .. }) = call.payload else { panic!("{call:?}") };
            Some(url)
        };
        for text in [
            r#"{"i":"1","p":{"u":"/a","b":{"json":1}}}"#,
            r#"{"i":1,"p":{"u":"/a","h":{"x":"y"},"m":"GET"}}"#,
            r#"{"i":"1","p":{"u":"/a","h":null,"m":null}}"#,
        ] {
            assert_eq!(url(text).as_deref(), Some("/a"), "{text}");
        }
        for text in [
            r#"{"i":"1","t":3,"p":{"u":"/a"}}"#,
            r#"{"i":"1","t":4}"#,
            r#"{"i":null,"p":{"u":"/a"}}"#,
            r#"{"i":"1","p":{"u":"a"}}"#,
            r#"{"i":"1","p":{"u":"/a","h":1}}"#,
            r#"{"i":"1","p":{"u":"/a","m":1}}"#,
        ] {
            assert_eq!(url(text), None, "{text}");
        }
    }

    /// Another message without a type may be an answer, to which there is none.
    #[test]
    fn a_call_is_a_path_or_a_url() {
        for (url, expected) in
            [("/a", true), ("http://host/a", true), ("x://", true), ("a", false), ("", false)]
        {
            assert_eq!(is_target(url), expected, "{url}");
        }
    }
}
