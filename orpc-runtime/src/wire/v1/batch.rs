//! Batches: several calls in one request, and their answers in one response.

use std::borrow::Cow;
use std::io::Write as _;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::headers::{self, BadHeader, CallHeaders, RawHeaders, write_headers};

/// Marks a request as a batch, with the mode of its response.
const X_ORPC_BATCH: HeaderName = HeaderName::from_static("x-orpc-batch");

/// Response mode of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As one array.
    Buffered,
    /// As events, each when it is ready.
    Streaming,
}

/// Answer to a call without a matching procedure.
pub(crate) const UNMATCHED: &[u8] = b"\"No procedure matched\"";

/// Answer to a call whose result does not fit into a batch.
pub(crate) const UNSUPPORTED: &[u8] = b"\"Batch responses do not support file/blob, or event-iterator. Please call this procedure separately outside of the batch request.\"";

/// One call of a batch.
#[derive(Debug)]
pub(crate) struct Item {
    /// The path and query of its URL.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    /// Method of the call; that of the batch by default.
    pub(crate) method: Option<Method>,
    /// Headers of the call that are not common to all calls.
    pub(crate) headers: Result<CallHeaders, BadHeader>,
    /// The envelope; empty if there is none.
    pub(crate) body: Bytes,
}

/// Error of a refused batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadBatch {
    #[error("the batch has too many calls")]
    TooMany,
    #[error("the batch is malformed")]
    Malformed,
}

impl BadBatch {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::TooMany => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the body of the response, as JSON text.
    pub(crate) fn body(self) -> &'static [u8] {
        match self {
            Self::TooMany => b"\"Batch request size exceeds the maximum allowed size\"",
            Self::Malformed => b"\"Invalid batch request, this could be caused by a malformed request body or a missing header\"",
        }
    }
}

#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(default, borrow)]
    body: Option<&'a RawValue>,
    #[serde(default, borrow)]
    headers: Option<RawHeaders<'a>>,
    #[serde(default, borrow)]
    method: Option<Cow<'a, str>>,
}

/// Returns the response mode, if the headers mark a batch.
pub(crate) fn mode(headers: &HeaderMap) -> Option<Mode> {
    let value = headers.get(X_ORPC_BATCH)?;
    Some(if value.as_bytes().eq_ignore_ascii_case(b"buffered") {
        Mode::Buffered
    } else {
        Mode::Streaming
    })
}

/// Returns the items in the last parameter `batch` of a query.
pub(crate) fn query_items(query: Option<&str>) -> String {
    super::query::last_parameter(query, "batch")
}

/// Parses a batch of at most `limit` calls.
pub(crate) fn read(text: &Bytes, limit: usize) -> Result<Vec<Item>, BadBatch> {
    let items: Vec<RawItem<'_>> = serde_json::from_slice(text).map_err(|_| BadBatch::Malformed)?;
    if items.len() > limit {
        return Err(BadBatch::TooMany);
    }
    items.into_iter().map(|item| item.read(text)).collect()
}

impl RawItem<'_> {
    fn read(self, text: &Bytes) -> Result<Item, BadBatch> {
        // Path of an absolute URL; its origin is ignored.
        let url = Url::parse(&self.url).map_err(|_| BadBatch::Malformed)?;
        let method = self.method.map(|name| Method::from_bytes(name.as_bytes())).transpose();
        Ok(Item {
            path: url.path().to_owned(),
            query: url.query().map(str::to_owned),
            method: method.map_err(|_| BadBatch::Malformed)?,
            headers: headers::read(&self.headers.unwrap_or_default()),
            body: self.body.map_or_else(Bytes::new, |raw| text.slice_ref(raw.get().as_bytes())),
        })
    }
}

/// Answer to one call of a batch.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// JSON text; empty if there is no body, as for HEAD.
    pub(crate) body: Cow<'static, [u8]>,
}

impl Answer {
    /// Creates an answer with a fixed text.
    pub(crate) fn text(status: StatusCode, body: &'static [u8]) -> Self {
        Self { status, headers: HeaderMap::new(), body: Cow::Borrowed(body) }
    }

    /// Writes the answer to the call with that index in the batch, as part of a
    /// response with the status `common`.
    pub(crate) fn write(&self, index: usize, common: StatusCode, out: &mut Vec<u8>) {
        // Writing to a `Vec` cannot fail.
        _ = write!(out, "{{\"index\":{index}");
        if self.status != common {
            _ = write!(out, ",\"status\":{}", self.status.as_u16());
        }
        if !self.headers.is_empty() {
            out.extend_from_slice(b",\"headers\":");
            write_headers(&self.headers, out);
        }
        if !self.body.is_empty() {
            out.extend_from_slice(b",\"body\":");
            out.extend_from_slice(&self.body);
        }
        out.push(b'}');
    }
}
