//! Bodies of HTTP requests and responses.

use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::wire::body::{BodyKind, has_media_type};

/// Determines the content of a body from the headers like the official packages, except that media types are
/// case-insensitive.
pub(super) fn body_kind(headers: &HeaderMap) -> BodyKind {
    if headers.contains_key(CONTENT_DISPOSITION) {
        return BodyKind::Nowhere;
    }
    // An empty one is none.
    let Some(content_type) = headers.get(CONTENT_TYPE).filter(|value| !value.is_empty()) else {
        return BodyKind::Json;
    };
    let is = |media_type| has_media_type(content_type.as_bytes(), media_type);
    match () {
        () if is("application/json") => BodyKind::Json,
        () if is("multipart/form-data") => BodyKind::Form,
        () if is("text/event-stream") => BodyKind::Events,
        () => BodyKind::Nowhere,
    }
}
