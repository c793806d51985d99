//! Batches: several calls in one request, and their answers in one response.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::headers::{BadHeader, CallHeaders};

/// Response mode of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As one array.
    Buffered,
    /// As events, each when it is ready.
    Streaming,
}

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
}
