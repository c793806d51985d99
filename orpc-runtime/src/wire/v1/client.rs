//! The frames of clients.

use std::borrow::Cow;
use std::io::Write as _;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::batch::X_ORPC_BATCH;
use super::{V1, peer};
use crate::core::UnicodeHeaders;
use crate::wire::client::ClientCodec;
use crate::wire::headers::{self, RawHeaders, write_headers};
use crate::wire::object::Object;
use crate::wire::{
    Answer, BadMessage, Body, CallId, Item, Message, Mode, Payload, Request, Response,
};

#[derive(Deserialize)]
struct RawResponse<'a> {
    #[serde(default)]
    s: Option<u16>,
    #[serde(default, borrow)]
    h: Option<RawHeaders<'a>>,
    #[serde(default, borrow, deserialize_with = "peer::present")]
    b: Option<&'a str>,
}

#[derive(Deserialize)]
struct RawAnswer<'a> {
    index: usize,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default, borrow)]
    headers: Option<RawHeaders<'a>>,
    #[serde(default, borrow)]
    body: Option<&'a RawValue>,
}

impl ClientCodec for V1 {
    fn encode_request(request: &Request, out: &mut Vec<u8>) {
        // Writing to a `Vec` cannot fail.
        _ = write!(out, ",\"p\":{{\"u\":{},", serde_json::Value::from(&*request.url));
        let mut text = Vec::new();
        peer::encode_headers(&request.headers, &request.body, &mut text);
        if let Body::Envelope(body) = &request.body
            && !body.is_empty()
        {
            out.extend_from_slice(b"\"b\":");
            out.extend_from_slice(body);
            out.push(b',');
        }
        out.extend_from_slice(&text);
        if request.method != Method::POST {
            _ = write!(out, "\"m\":\"{}\",", request.method);
        }
        peer::end_text(&request.body, out);
    }

    fn decode_response(frame: &Bytes) -> Result<Message<Response<HeaderMap, Bytes>>, BadMessage> {
        let delimiter = peer::delimiter(frame);
        let peer::RawMessage { i, t, p } = peer::parse(frame, delimiter)?;
        let id = CallId::new(i.ok_or(BadMessage::NoId)?.get())?;
        let payload = match t.map(RawValue::get) {
            Some("3") => peer::decode_event(frame, p),
            Some("4") => Payload::Abort,
            _ => {
                let payload = p.ok_or(BadMessage::Syntax)?;
                let Object::<RawResponse<'_>>(response) =
                    serde_json::from_str(payload.get()).map_err(|_| BadMessage::Syntax)?;
                let raw = response.h.unwrap_or_default();
                let body = peer::read_body(frame, &raw, response.b, delimiter);
                let headers = headers::read(&raw).map_err(|_| BadMessage::Syntax)?.map;
                Payload::First(Response { status: response.s.unwrap_or(200), headers, body })
            }
        };
        Ok(Message { id, payload })
    }

    fn http_request(request: &Request) -> http::Request<Bytes> {
        let mut builder = http::Request::builder().method(&request.method);
        let (mut url, mut bytes) = (request.url.to_string(), Bytes::new());
        let mut content_type = None;
        match &request.body {
            Body::Envelope(text) if request.method == Method::GET => {
                url = with_parameter(url, "data", text);
            }
            Body::Envelope(text) if text.is_empty() => {}
            Body::Envelope(text) => {
                content_type = Some("application/json");
                bytes = text.clone();
            }
            Body::Events => content_type = Some("text/event-stream"),
            Body::Form(form) => bytes = form.clone(),
            Body::Nowhere => {}
        }
        if let Some(content_type) = content_type
            && !request.headers.contains_key(CONTENT_TYPE)
        {
            builder = builder.header(CONTENT_TYPE, content_type);
        }
        for (name, value) in &*request.headers {
            builder = builder.header(name, value);
        }
        builder.uri(url).body(bytes).expect("the parts are valid")
    }

    fn batch_request(
        url: &str,
        method: Method,
        mode: Mode,
        origin: &str,
        items: &[Item],
    ) -> Request {
        let mut text = b"[".to_vec();
        for item in items {
            if text.len() > 1 {
                text.push(b',');
            }
            encode_item(item, &method, origin, &mut text);
        }
        text.push(b']');
        let mode = HeaderValue::from_static(match mode {
            Mode::Buffered => "buffered",
            Mode::Streaming => "streaming",
        });
        let is_get = method == Method::GET;
        let body = Bytes::from(text);
        Request {
            url: if is_get {
                with_parameter(url.to_owned(), "batch", &body).into()
            } else {
                url.into()
            },
            method,
            headers: HeaderMap::from_iter([(X_ORPC_BATCH.clone(), mode)]).into(),
            unicode: UnicodeHeaders::default(),
            body: if is_get { Body::Nowhere } else { Body::Envelope(body) },
            member: None,
        }
    }

    fn decode_answer(text: &[u8], common: u16) -> Result<(usize, Answer), BadMessage> {
        let Object::<RawAnswer<'_>>(raw) =
            serde_json::from_slice(text).map_err(|_| BadMessage::Syntax)?;
        let status = StatusCode::from_u16(raw.status.unwrap_or(common));
        let headers = headers::read(&raw.headers.unwrap_or_default());
        let body = raw.body.map_or_else(Vec::new, |body| body.get().as_bytes().to_vec());
        let answer = Answer {
            status: status.map_err(|_| BadMessage::Syntax)?,
            headers: headers.map_err(|_| BadMessage::Syntax)?.map,
            body: Cow::Owned(body),
        };
        Ok((raw.index, answer))
    }
}

fn with_parameter(url: String, name: &str, text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, &text).finish();
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{query}")
}

/// Encodes a call of a batch whose request has that method.
fn encode_item(item: &Item, common: &Method, origin: &str, out: &mut Vec<u8>) {
    out.push(b'{');
    if !item.body.is_empty() {
        out.extend_from_slice(b"\"body\":");
        out.extend_from_slice(&item.body);
        out.push(b',');
    }
    if let Ok(headers) = &item.headers
        && !headers.map.is_empty()
    {
        out.extend_from_slice(b"\"headers\":");
        write_headers(&headers.map, out);
        out.push(b',');
    }
    // Writing to a `Vec` cannot fail.
    if let Some(method) = item.method.as_ref().filter(|method| *method != common) {
        _ = write!(out, "\"method\":\"{method}\",");
    }
    let query = item.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let url = serde_json::Value::from(format!("{origin}{}{query}", item.path));
    _ = write!(out, "\"url\":{url}}}");
}
