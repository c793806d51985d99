//! Batches as arrays of calls, and their answers as objects with indexes.

use std::borrow::Cow;
use std::io::Write as _;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use url::Url;

use super::peer::present;
use crate::wire::headers::{self, RawHeaders, write_headers};
use crate::wire::object::Object;
use crate::wire::{Answer, BadBatch, Item, Mode};

/// Marks a request as a batch, with the mode of its response.
pub(super) static X_ORPC_BATCH: HeaderName = HeaderName::from_static("x-orpc-batch");

/// Answer to a call without a matching procedure.
pub(super) const UNMATCHED: &[u8] = b"\"No procedure matched\"";

/// Answer to a call whose result does not fit into a batch.
pub(super) const UNSUPPORTED: &[u8] = b"\"Batch responses do not support file/blob, or event-iterator. Please call this procedure separately outside of the batch request.\"";

/// Returns the body of the response to a refused batch, as JSON text.
pub(super) fn refusal(bad: BadBatch) -> &'static [u8] {
    match bad {
        BadBatch::TooMany => b"\"Batch request size exceeds the maximum allowed size\"",
        BadBatch::Malformed => b"\"Invalid batch request, this could be caused by a malformed request body or a missing header\"",
    }
}

#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "present")]
    body: Option<&'a str>,
    #[serde(default, borrow)]
    headers: Option<RawHeaders<'a>>,
    #[serde(default, borrow)]
    method: Option<Cow<'a, str>>,
}

/// Returns the response mode, if the headers mark a batch.
pub(super) fn mode(headers: &HeaderMap) -> Option<Mode> {
    let value = headers.get(&X_ORPC_BATCH)?;
    Some(if value.as_bytes().eq_ignore_ascii_case(b"buffered") {
        Mode::Buffered
    } else {
        Mode::Streaming
    })
}

/// Decodes a batch of at most `limit` calls.
pub(super) fn decode(text: &Bytes, limit: usize) -> Result<Vec<Item>, BadBatch> {
    let items: Vec<Object<RawItem<'_>>> =
        serde_json::from_slice(text).map_err(|_| BadBatch::Malformed)?;
    if items.len() > limit {
        return Err(BadBatch::TooMany);
    }
    items.into_iter().map(|Object(item)| item.decode(text)).collect()
}

impl RawItem<'_> {
    fn decode(self, text: &Bytes) -> Result<Item, BadBatch> {
        // Path of an absolute URL; its origin is ignored.
        let url = Url::parse(&self.url).map_err(|_| BadBatch::Malformed)?;
        let method = self.method.map(|name| Method::from_bytes(name.as_bytes())).transpose();
        Ok(Item {
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
            method: method.map_err(|_| BadBatch::Malformed)?,
            headers: headers::read(&self.headers.unwrap_or_default()),
            body: self.body.map_or_else(Bytes::new, |raw| text.slice_ref(raw.as_bytes())),
        })
    }
}

/// Encodes the answer to the call with that index in the batch, as part of a response with the status `common`.
pub(super) fn encode_answer(answer: &Answer, index: usize, common: StatusCode, out: &mut Vec<u8>) {
    // Writing to a `Vec` cannot fail.
    _ = write!(out, "{{\"index\":{index}");
    if answer.status != common {
        _ = write!(out, ",\"status\":{}", answer.status.as_u16());
    }
    if !answer.headers.is_empty() {
        out.extend_from_slice(b",\"headers\":");
        write_headers(&answer.headers, out);
    }
    if !answer.body.is_empty() {
        out.extend_from_slice(b",\"body\":");
        out.extend_from_slice(&answer.body);
    }
    out.push(b'}');
}
