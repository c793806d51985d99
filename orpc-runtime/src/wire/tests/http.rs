//! Requests, responses and event streams over HTTP.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::FutureExt as _;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::{Case, bytes, shown, vectors};
use crate::core::{EventWriter as _, Output, UnicodeHeaders};
use crate::value::{BigInt, Envelope, File, Value};
use crate::wire::{
    Body, BodyKind, Form, FormReader, HttpEvents, Item, PartHead, PartName, Piece, Protocol,
    Request, SseEvent, SseReader,
};

/// Files of exchanges with the official server; most requests are those of the official client.
const FILES: [&str; 8] = [
    "values-post",
    "values-get-and-methods",
    "paths",
    "raw-requests",
    "errors",
    "event-iterator",
    "batch",
    "plugins",
];

const PROTOCOL: Protocol = Protocol::V1;

fn exchanges(case: &Case) -> Vec<&Json> {
    match case.json["exchanges"].as_array() {
        Some(exchanges) => exchanges.iter().collect(),
        None => vec![&case.json],
    }
}

fn headers(message: &Json) -> HeaderMap {
    let members = message["headers"].as_object().into_iter().flatten();
    let header = |(name, value): (&String, &Json)| {
        // The values of a repeated name are an array.
        let value = value.as_str().or(value[0].as_str()).unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        (name.parse::<HeaderName>().unwrap(), value)
    };
    members.map(header).collect()
}

fn body(message: &Json) -> Bytes {
    bytes(message, "body", "bodyBase64").unwrap_or_default()
}

/// Decodes a form and encodes it again with the same boundary.
fn form_again(content_type: &[u8], form: Bytes) -> (Bytes, HeaderValue) {
    let boundary = shown(content_type).split_once("boundary=").unwrap().1.to_owned();
    let mut reader = FormReader::new(content_type).unwrap();
    reader.push(form);
    let (mut heads, mut contents) = (Vec::new(), Vec::<Vec<u8>>::new());
    while let Some(piece) = reader.next().unwrap() {
        match piece {
            Piece::Head(head) => {
                heads.push(PartHead::read(&head).unwrap());
                contents.push(Vec::new());
            }
            Piece::Content(bytes) => contents.last_mut().unwrap().extend_from_slice(&bytes),
            Piece::End => {}
        }
    }
    let (mut envelope, mut files) = (Vec::new(), Vec::new());
    for (head, content) in heads.into_iter().zip(contents) {
        match PROTOCOL.decode_part_name(&head.name) {
            PartName::Envelope => envelope = content,
            PartName::File(number) => {
                assert_eq!(number, files.len());
                files.push(File::new(head.file_name.unwrap(), &*head.content_type, content));
            }
            PartName::Other => panic!("{}", head.name),
        }
    }
    let form = Form::with_boundary(PROTOCOL, boundary, Output { envelope, files });
    let content_type = form.content_type();
    let parts = form.into_parts().into_iter().map(|part| match part {
        crate::wire::Part::Text(text) => text,
        crate::wire::Part::File(file) => file.bytes().now_or_never().unwrap().unwrap(),
    });
    (parts.collect::<Vec<_>>().concat().into(), content_type)
}

/// The URL without the last parameter, if that has the name.
fn without<'u>(url: &'u str, name: &str) -> &'u str {
    match url.rfind(&format!("{name}=")) {
        Some(at) => &url[..at - 1],
        None => url,
    }
}

/// Decodes a request as the server does.
fn decoded(request: &Json) -> Request {
    let target = request["path"].as_str().unwrap();
    let query = target.split_once('?').map(|(_, query)| query);
    let method: Method = request["method"].as_str().unwrap().parse().unwrap();
    let (mut headers, bytes) = (headers(request), body(request));
    let mut url = target;
    let body = if method == Method::GET && PROTOCOL.batch_mode(&headers).is_some() {
        Body::Nowhere
    } else if method == Method::GET {
        url = without(target, "data");
        Body::Envelope(PROTOCOL.input_in_query(query).into())
    } else {
        match PROTOCOL.body_kind(&headers) {
            BodyKind::Json => Body::Envelope(bytes),
            BodyKind::Form => {
                let (form, content_type) = form_again(headers[CONTENT_TYPE].as_bytes(), bytes);
                headers.insert(CONTENT_TYPE, content_type);
                Body::Form(form)
            }
            BodyKind::Events | BodyKind::Nowhere => Body::Nowhere,
        }
    };
    if matches!(body, Body::Envelope(_)) {
        headers.remove(CONTENT_TYPE);
    }
    let unicode = UnicodeHeaders::default();
    Request { url: url.into(), method, headers: headers.into(), unicode, body, member: None }
}

#[test]
fn requests_come_back_as_they_were_captured() {
    let (mut run, mut batches) = (0, 0);
    for case in FILES.iter().flat_map(|file| vectors(&format!("http/{file}"))) {
        // The others are made by hand.
        if case.json["client"].is_null() && case.json["clients"].is_null() {
            continue;
        }
        for exchange in exchanges(&case) {
            let captured = &exchange["request"];
            let Some(target) = captured["path"].as_str() else { continue };
            let mut request = decoded(captured);
            if let Some(mode) = PROTOCOL.batch_mode(&request.headers) {
                let query = target.split_once('?').map(|(_, query)| query);
                let text = match &request.body {
                    Body::Envelope(text) => text.clone(),
                    _ => PROTOCOL.batch_in_query(query).into(),
                };
                let items: Vec<Item> = PROTOCOL.decode_batch(&text, 10).unwrap();
                let (method, common) = (request.method.clone(), request.headers);
                let origin = "http://localhost:3000";
                let url = without(target, "batch");
                request = PROTOCOL.batch_request(url, method, mode, origin, &items);
                let mut headers = HeaderMap::clone(&request.headers);
                headers.extend(HeaderMap::clone(&common));
                request.headers = headers.into();
                batches += 1;
            }
            let sent = PROTOCOL.http_request(&request);
            let (parts, bytes) = sent.into_parts();
            assert_eq!(parts.uri.to_string(), target, "{}", case.name);
            assert_eq!(parts.method, *captured["method"].as_str().unwrap(), "{}", case.name);
            assert_eq!(shown(&bytes), shown(&body(captured)), "{}", case.name);
            let names = |headers: &HeaderMap| {
                let text = |(name, value): (&HeaderName, &HeaderValue)| {
                    (name.to_string(), shown(value.as_bytes()))
                };
                headers.iter().map(text).collect::<BTreeMap<_, _>>()
            };
            assert_eq!(names(&parts.headers), names(&headers(captured)), "{}", case.name);
            run += 1;
        }
    }
    assert_eq!((run, batches), (167, 17));
}

/// Decodes a body of events; an error tells that it was cut off.
fn events(body: &Bytes) -> (Vec<SseEvent>, bool) {
    let (mut reader, mut left, mut events) =
        (SseReader::new(PROTOCOL, 1 << 20), body.clone(), vec![]);
    while let Some(event) = reader.read(&mut left).unwrap() {
        events.push(event);
    }
    (events, reader.is_inside_event())
}

#[test]
fn event_streams_come_back_as_they_were_captured() {
    let (mut run, mut answers) = (0, 0);
    for case in FILES.iter().flat_map(|file| vectors(&format!("http/{file}"))) {
        for exchange in exchanges(&case) {
            let response = &exchange["response"];
            let headers = headers(response);
            if PROTOCOL.body_kind(&headers) != BodyKind::Events {
                continue;
            }
            let captured = body(response);
            let (events, is_cut_off) = events(&captured);
            assert!(!is_cut_off, "{}", case.name);
            let status = StatusCode::from_u16(response["status"].as_u64().unwrap() as u16).unwrap();
            let (writer, mut back) = (HttpEvents(PROTOCOL), Vec::new());
            for SseEvent { kind, data, meta } in events {
                writer.begin(kind, &meta, &mut back);
                if case.name.starts_with("batch.") {
                    let (index, answer) = PROTOCOL.decode_answer(&data, status.as_u16()).unwrap();
                    PROTOCOL.encode_answer(&answer, index, status, &mut back);
                    answers += 1;
                } else {
                    back.extend_from_slice(&data);
                }
                writer.end(&meta, &mut back);
            }
            // Comments on their own open a stream or keep it alive.
            let mut expected = shown(&captured);
            for comment in [": \n\n", ": ping\n\n", ": hi\n\n"] {
                expected = expected.replace(comment, "");
            }
            assert_eq!(shown(&back), expected, "{}", case.name);
            run += 1;
        }
    }
    assert_eq!((run, answers), (32, 16));
}

#[test]
fn responses_of_buffered_batches_and_forms_come_back_as_they_were_captured() {
    let (mut batches, mut forms) = (0, 0);
    for case in FILES.iter().flat_map(|file| vectors(&format!("http/{file}"))) {
        for exchange in exchanges(&case) {
            let response = &exchange["response"];
            let (headers, captured) = (headers(response), body(response));
            if PROTOCOL.body_kind(&headers) == BodyKind::Form {
                let (form, content_type) =
                    form_again(headers[CONTENT_TYPE].as_bytes(), captured.clone());
                assert_eq!(shown(&form), shown(&captured), "{}", case.name);
                assert_eq!(content_type, headers[CONTENT_TYPE], "{}", case.name);
                forms += 1;
            } else if response["status"] == 207 && captured.starts_with(b"[") {
                let texts: Vec<Box<serde_json::value::RawValue>> =
                    serde_json::from_slice(&captured).unwrap();
                for text in texts {
                    let (index, answer) =
                        PROTOCOL.decode_answer(text.get().as_bytes(), 207).unwrap();
                    let mut back = Vec::new();
                    PROTOCOL.encode_answer(&answer, index, StatusCode::MULTI_STATUS, &mut back);
                    assert_eq!(shown(&back), text.get(), "{}", case.name);
                    batches += 1;
                }
            }
        }
    }
    assert_eq!((batches, forms), (21, 14));
}

/// The notation of the captures for a value.
fn notation(value: &Value) -> Json {
    match value {
        Value::Undefined => json!({ "$undefined": true }),
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) if number.fract() == 0.0 => json!(*number as i64),
        Value::Number(number) => json!(number),
        Value::String(text) => json!(text),
        Value::BigInt(number) => json!({ "$bigint": BigInt::to_string(number) }),
        Value::Date(date) => json!({ "$date": serde_json::to_value(date).unwrap() }),
        Value::Array(items) => items.iter().map(notation).collect(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (name.clone(), notation(value));
            Json::Object(members.iter().map(member).collect())
        }
        other => panic!("{other:?} is in no response"),
    }
}

/// Returns the value of an envelope; `None` if it cannot be decoded.
fn value(envelope: &[u8]) -> Option<Value> {
    // An official client reads a member of `null`.
    if envelope == b"null" {
        return None;
    }
    Some(Envelope::parse(envelope).ok()?.value(&[]).ok()?.0)
}

#[test]
fn clients_read_what_they_read_of_these_responses() {
    let mut run = 0;
    for case in vectors("http/client-responses") {
        let (response, client) = (&case.json["response"], &case.json["client"]);
        let (name, bytes) = (&case.name, body(response));
        let status = response["status"].as_u64().unwrap();
        let error = &client["error"];
        match PROTOCOL.body_kind(&headers(response)) {
            BodyKind::Events => {
                let (events, is_cut_off) = events(&bytes);
                is_read(name, client, &events, is_cut_off);
            }
            BodyKind::Json => match value(&bytes) {
                Some(output) if status < 400 => {
                    assert_eq!(notation(&output), client["output"], "{name}");
                }
                Some(body) => {
                    // An error is decoded by the client alone; here it is compared as a value.
                    let body = notation(&body);
                    let told = &error["data"]["body"];
                    let told = if told.is_null() { &error["data"] } else { told };
                    let is_data = body["data"] == *told || body["data"].is_null();
                    assert!(body == *told || is_data, "{name}: {body}");
                }
                None => assert_eq!(error["class"], "Error", "{name}"),
            },
            BodyKind::Nowhere if status < 400 => {
                assert_eq!(client["output"], notation(&Value::Undefined), "{name}");
            }
            BodyKind::Nowhere => {
                assert_eq!(error["data"]["body"], notation(&Value::Undefined), "{name}");
            }
            BodyKind::Form => panic!("{name}"),
        }
        run += 1;
    }
    assert_eq!(run, 44);
}

/// Compares events with those that the official client read.
fn is_read(name: &str, client: &Json, events: &[SseEvent], is_cut_off: bool) {
    use crate::core::EventKind::{Done, Error, Message};
    let end = events.iter().position(|event| event.kind != Message);
    let messages = &events[..end.unwrap_or(events.len())];
    let mut expected = client["events"].as_array().unwrap().iter();
    for event in messages {
        let Some(value) = value(&event.data) else {
            assert_eq!(client["error"]["class"], "SyntaxError", "{name}");
            continue;
        };
        let expected = expected.next().unwrap_or_else(|| panic!("{name}: more events"));
        assert_eq!(notation(&value), expected["value"], "{name}");
        // JavaScript attaches it to objects alone.
        if matches!(value, Value::Object(_) | Value::Array(_)) {
            let meta = &expected["meta"];
            assert_eq!(json!(event.meta.id()), meta["id"], "{name}");
            let retry = event.meta.retry().map(|retry| retry.as_millis() as u64);
            assert_eq!(json!(retry), meta["retry"], "{name}");
            let comments: Vec<_> = event.meta.comments().collect();
            let told = meta.get("comments").cloned().unwrap_or(json!([]));
            assert_eq!(json!(comments), told, "{name}");
        }
    }
    assert_eq!(expected.next(), None, "{name}");
    assert_eq!(is_cut_off, client["error"]["class"] == "EventDecoderError", "{name}");
    match end.map(|end| &events[end]) {
        Some(event) if event.kind == Done => {
            assert_eq!(notation(&value(&event.data).unwrap()), client["return"], "{name}");
        }
        Some(event) => {
            assert_eq!(event.kind, Error, "{name}");
            let body = notation(&value(&event.data).unwrap());
            let told = &client["error"]["data"];
            assert!(body == *told || body["data"] == *told, "{name}: {body}");
            if !client["errorMeta"].is_null() {
                assert_eq!(json!(event.meta.id()), client["errorMeta"]["id"], "{name}");
            }
        }
        // Without an end of its own the iterator returns undefined.
        None if client["error"].is_null() => {
            assert_eq!(client["return"], notation(&Value::Undefined), "{name}");
        }
        None => {}
    }
}
