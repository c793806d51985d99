//! Many calls in one request, and their answers in one response.

use std::borrow::Cow;
use std::io::Write as _;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use super::headers::{self, BadHeader, CallHeaders, RawHeaders, write_headers};

/// Says that a request holds a batch, and how the answers are to come.
const X_ORPC_BATCH: HeaderName = HeaderName::from_static("x-orpc-batch");

/// How the answers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As one array.
    Buffered,
    /// As events, each when it is ready.
    Streaming,
}

/// The answer to a call that matches no procedure.
pub(crate) const UNMATCHED: &[u8] = b"\"No procedure matched\"";

/// The answer to a call whose result is no envelope of its own.
pub(crate) const UNSUPPORTED: &[u8] = b"\"Batch responses do not support file/blob, or event-iterator. Please call this procedure separately outside of the batch request.\"";

/// One call of a batch.
#[derive(Debug)]
pub(crate) struct Item {
    /// The path and query of its URL.
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    /// That of the batch unless given.
    pub(crate) method: Option<Method>,
    /// Those that are not common to all calls.
    pub(crate) headers: Result<CallHeaders, BadHeader>,
    /// The envelope; empty where there is none.
    pub(crate) body: Bytes,
}

/// A batch that is not taken.
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

    /// The body of the response, as JSON text.
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

/// Whether a request holds a batch, by its headers.
pub(crate) fn mode(headers: &HeaderMap) -> Option<Mode> {
    let value = headers.get(X_ORPC_BATCH)?;
    Some(if value.as_bytes().eq_ignore_ascii_case(b"buffered") {
        Mode::Buffered
    } else {
        Mode::Streaming
    })
}

/// The items in the last parameter `batch` of a query.
pub(crate) fn query_items(query: Option<&str>) -> String {
    super::http::last_parameter(query, "batch")
}

/// Reads a batch of at most `limit` calls.
pub(crate) fn read(text: &Bytes, limit: usize) -> Result<Vec<Item>, BadBatch> {
    let items: Vec<RawItem<'_>> = serde_json::from_slice(text).map_err(|_| BadBatch::Malformed)?;
    if items.len() > limit {
        return Err(BadBatch::TooMany);
    }
    items.into_iter().map(|item| item.read(text)).collect()
}

impl RawItem<'_> {
    fn read(self, text: &Bytes) -> Result<Item, BadBatch> {
        // Of an absolute URL; where it leads to is not looked at.
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

/// The answer to one call of a batch.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// JSON text; empty for none, as HEAD asks for.
    pub(crate) body: Cow<'static, [u8]>,
}

impl Answer {
    /// An answer of fixed text.
    pub(crate) fn text(status: StatusCode, body: &'static [u8]) -> Self {
        Self { status, headers: HeaderMap::new(), body: Cow::Borrowed(body) }
    }

    /// Writes the answer to the call of that place in the batch, as part of a
    /// response of the status `common`.
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
