//! Requests over HTTP.

use std::borrow::Cow;

use ::http::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::encode_response;
use crate::core::HeaderNames;
use crate::wire::object::Object;

/// Marks a request as a batch.
const ORPC_BATCH: HeaderName = HeaderName::from_static("orpc-batch");

/// Describes the body.
const STANDARD_SERVER: HeaderName = HeaderName::from_static("standard-server");

/// Parameter of a query with the calls of a batch.
pub(in crate::wire) const BATCH: &str = "data";

/// Returns `true` if the headers are those of a call or a batch of this version.
pub(in crate::wire) fn is_request(headers: &HeaderMap, names: HeaderNames) -> bool {
    (names.may_have(&ORPC_BATCH) && is_batch(headers))
        || (names.may_have(&STANDARD_SERVER) && headers.contains_key(STANDARD_SERVER))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::wire::ForeignProtocol;

    #[test]
    fn a_batch_stands_in_the_last_parameter_of_its_name() {
        let text = |query| ForeignProtocol::V2.batch_in_query(query);
        assert_eq!(text(Some("x=1&data=no&data=%5B%7B%22id%22:1%7D+%5D")), r#"[{"id":1} ]"#);
        assert_eq!(text(Some("batch=%5B%5D")), "");
        assert_eq!(text(None), "");
    }

    #[test]
    fn each_call_of_a_batch_is_answered_up_to_the_limit() {
        let batch = json!([
            { "id": "1", "kind": "request", "json": {} },
            { "id": "2", "kind": "abort" },
            { "id": 3, "kind": "request" },
        ]);
        let answered = |text: &str, limit| {
            let body = ForeignProtocol::V2.encode_batch(text.as_bytes(), limit);
            let answers: Vec<Value> = serde_json::from_slice(&body).unwrap();
            answers.into_iter().map(|answer| answer["id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(answered(&batch.to_string(), 2), [json!("1"), json!(3)]);
        assert_eq!(answered(&batch.to_string(), 1), [json!("1")]);
        assert!(answered("[", 2).is_empty() && answered("[[1, 2]]", 2).is_empty());
    }
}
