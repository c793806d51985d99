//! Requests over HTTP.

use std::borrow::Cow;

use ::http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::encode_response;
use crate::wire::object::Object;

/// Marks a request as a batch.
const ORPC_BATCH: HeaderName = HeaderName::from_static("orpc-batch");

/// Describes the body.
const STANDARD_SERVER: HeaderName = HeaderName::from_static("standard-server");

/// Parameter of a query with the calls of a batch.
pub(in crate::wire) const BATCH: &str = "data";

/// Returns `true` if the headers are those of a call or a batch of this version.
pub(in crate::wire) fn is_request(headers: &HeaderMap) -> bool {
    is_batch(headers) || headers.contains_key(STANDARD_SERVER)
}

/// Returns `true` if a request is a batch.
pub(in crate::wire) fn is_batch(headers: &HeaderMap) -> bool {
    headers.contains_key(ORPC_BATCH)
}

/// Returns `true` if the types in the `meta` of an envelope are names.
pub(in crate::wire) fn is_envelope(text: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        meta: Vec<&'a RawValue>,
    }
    let is_named = |item: &&RawValue| {
        let segments = item.get().strip_prefix('[');
        let name = segments.and_then(|segments| segments.trim_start().strip_prefix('"'));
        name.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_alphabetic()))
    };
    serde_json::from_slice::<Object<Raw<'_>>>(text)
        .is_ok_and(|Object(raw)| raw.meta.iter().any(is_named))
}

/// Encodes the answers to the calls of a batch, as the body of one response. At most the first `limit` calls are
/// answered.
pub(in crate::wire) fn encode_batch(text: &[u8], limit: usize) -> Vec<u8> {
    #[derive(Deserialize)]
    struct Item<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
        #[serde(borrow)]
        kind: Cow<'a, str>,
    }
    let items: Vec<Object<Item<'_>>> = serde_json::from_slice(text).unwrap_or_default();
    let mut body = Vec::from(b"[");
    for item in
        items.iter().map(|Object(item)| item).filter(|item| item.kind == "request").take(limit)
    {
        if body.len() > 1 {
            body.push(b',');
        }
        encode_response(item.id.get(), &mut body);
    }
    body.push(b']');
    body
}
