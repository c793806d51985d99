//! Messages of channels.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value as Json, json};

use super::{bytes, shown, vectors};
use crate::wire::{BadMessage, Body, CallId, Message, Mode, Payload, Protocol};

const FILES: [&str; 9] = [
    "peer/values",
    "peer/errors",
    "peer/event-iterator",
    "peer/abort-and-close",
    "peer/raw-frames",
    "peer/hibernation",
    "peer/batch",
    "peer/message-port",
    "durable/traffic",
];

/// Messages made by hand that no client sends, and what an encoder makes of them.
const HAND_MADE: [(&str, &str); 6] = [
    (
        r#"{"i":"1","t":1,"p":{"u":"/echo","b":{"json":1},"h":{},"m":"POST"}}"#,
        "a type and defaults",
    ),
    (r#"{"i":"1","t":4,"p":null}"#, "an abort with a payload"),
    ("peer.raw.binary-empty-tail", "a body that is not a form"),
    ("peer.raw.file-body", "a body that is not a form"),
    ("peer.raw.cased-header", "a body that is not a form"),
    ("port.transfer", "an object by structured clone"),
];

/// Encodes a message as its sender does.
fn encoded<T>(
    message: &Message<T>,
    first: impl FnOnce(Protocol, &CallId, &T, &mut Vec<u8>),
) -> Vec<u8> {
    let (protocol, mut out) = (Protocol::default(), Vec::new());
    match &message.payload {
        Payload::First(content) => first(protocol, &message.id, content, &mut out),
        other => protocol.encode_payload(&message.id, other, &mut out),
    }
    out
}

/// Decodes a message and encodes it again.
fn round_trip(is_of_client: bool, frame: &Bytes) -> Result<Vec<u8>, BadMessage> {
    let protocol = Protocol::default();
    if is_of_client {
        let message = protocol.decode_request(frame)?;
        return Ok(encoded(&message, |protocol, id, request, out| {
            protocol.encode_request(id, request, out);
        }));
    }
    let message = protocol.decode_response(frame)?;
    Ok(encoded(&message, |protocol, id, response, out| {
        protocol.encode_response(id, response, out);
    }))
}

/// The members of an event's meta have the order of the program that sent it.
fn canonical(frame: &[u8]) -> (String, Option<Json>) {
    match serde_json::from_slice::<Json>(frame) {
        Ok(json) if json["p"]["m"].is_object() => (String::new(), Some(json)),
        _ => (shown(frame), None),
    }
}

#[test]
fn messages_of_both_sides_come_back_as_they_were_captured() {
    let (mut run, mut left_out) = (BTreeMap::<String, usize>::new(), 0);
    for case in FILES.iter().flat_map(|file| vectors(file)) {
        for frame in case.json["frames"].as_array().unwrap() {
            let direction = frame["dir"].as_str().unwrap();
            let is_hand_made = |(known, _): &(&str, &str)| {
                case.name == *known && direction == "client->server"
                    || frame["text"] == json!(known)
            };
            let bytes = bytes(frame, "text", "base64");
            if HAND_MADE.iter().any(is_hand_made) || bytes.is_none() {
                left_out += 1;
                continue;
            }
            let bytes = bytes.unwrap();
            let back = round_trip(direction == "client->server", &bytes);
            if let Some(b"{\"i\":" | b"ping") = Some(&*bytes) {
                assert_eq!(back, Err(BadMessage::Syntax), "{}", case.name);
                continue;
            }
            let back = back.unwrap_or_else(|error| panic!("{}: {error}", case.name));
            assert_eq!(canonical(&back), canonical(&bytes), "{}", case.name);
            *run.entry(direction.to_owned()).or_default() += 1;
        }
    }
    let counts = (run["client->server"], run["server->client"], left_out);
    assert_eq!(counts, (216, 225, 7));
}

#[test]
fn a_message_of_one_side_is_not_one_of_the_other() {
    let protocol = Protocol::default();
    for text in [r#"{"i":"1","p":{"b":{"json":1}}}"#, r#"{"i":"1","p":{"u":"no path"}}"#] {
        let answer = Bytes::from_static(text.as_bytes());
        let decoded = protocol.decode_request(&answer).map(drop);
        assert_eq!(decoded, Err(BadMessage::Syntax), "{text}");
    }
    for text in ["{}", r#"{"i":"1"}"#, r#"{"i":"1","p":1}"#, r#"{"i":null,"p":{}}"#, "[]", "x"] {
        let frame = Bytes::from_static(text.as_bytes());
        assert!(protocol.decode_response(&frame).is_err(), "{text}");
    }
    let unknown = Bytes::from_static(br#"{"i":1,"t":3,"p":{"e":"other"}}"#);
    let message = protocol.decode_response(&unknown).unwrap();
    assert_eq!(message.payload, Payload::UnknownEvent);
}

#[test]
fn arrays_are_not_read_as_objects() {
    let protocol = Protocol::default();
    let request =
        |text: &'static str| protocol.decode_request(&Bytes::from_static(text.as_bytes()));
    for text in [r#"["1",null,{"u":"/ping"}]"#, r#"{"i":"1","p":["/ping"]}"#, r#"["1","request"]"#]
    {
        assert_eq!(request(text).map(drop), Err(BadMessage::Syntax), "{text}");
    }
    for text in [
        r#"{"i":"1","t":3,"p":["message",{"json":1}]}"#,
        r#"{"i":"1","t":3,"p":{"e":"message","m":["id",1]}}"#,
    ] {
        assert_eq!(request(text).unwrap().payload, Payload::UnknownEvent, "{text}");
    }
    assert!(protocol.decode_response(&Bytes::from_static(br#"{"i":"1","p":[200]}"#)).is_err());
    assert!(protocol.decode_answer(b"[0,200]", 207).is_err());
    assert!(protocol.decode_batch(&Bytes::from_static(br#"[["http://x/ping"]]"#), 10).is_err());
    // Not an envelope of the other version, which has names of types there.
    #[cfg(feature = "http")]
    assert!(!crate::wire::v2::http::is_envelope(br#"[[["date"]]]"#));
}

#[test]
fn batches_of_channels_come_back_as_they_were_captured() {
    let protocol = Protocol::default();
    let mut run = 0;
    for case in vectors("peer/batch") {
        let mut status = 200;
        for frame in case.json["frames"].as_array().unwrap() {
            let bytes = bytes(frame, "text", "base64").unwrap();
            if frame["dir"] == "client->server" {
                let Payload::First(request) = protocol.decode_request(&bytes).unwrap().payload
                else {
                    panic!("{}", case.name);
                };
                let Body::Envelope(text) = &request.body else { panic!("{}", case.name) };
                let mode = protocol.batch_mode(&request.headers).unwrap();
                let items = protocol.decode_batch(text, 10).unwrap();
                let (url, method) = (request.url.clone(), request.method.clone());
                let again = protocol.batch_request(&url, method, mode, "http://orpc", &items);
                assert_eq!(again, request, "{}", case.name);
                run += 1;
                continue;
            }
            let texts: Vec<Bytes> = match protocol.decode_response(&bytes).unwrap().payload {
                Payload::First(response) => {
                    status = response.status;
                    let Body::Envelope(text) = response.body else { continue };
                    let texts: Vec<Box<serde_json::value::RawValue>> =
                        serde_json::from_slice(&text).unwrap();
                    texts.iter().map(|text| text.get().to_owned().into()).collect()
                }
                Payload::Event { data, .. } if !data.is_empty() => vec![data],
                _ => continue,
            };
            for text in texts {
                let (index, answer) = protocol.decode_answer(&text, status).unwrap();
                let common = ::http::StatusCode::from_u16(status).unwrap();
                let mut back = Vec::new();
                protocol.encode_answer(&answer, index, common, &mut back);
                assert_eq!(shown(&back), shown(&text), "{}", case.name);
                run += 1;
            }
        }
    }
    assert_eq!(run, 6);
    assert!(protocol.decode_answer(b"{}", 207).is_err());
    assert_ne!(Mode::Buffered, Mode::Streaming);
}
