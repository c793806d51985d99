//! Inputs of HTTP requests.

use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

/// Location of the input in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputSource {
    /// An envelope.
    Json,
    /// No envelope: the input is undefined.
    Nowhere,
    /// A form with files.
    Form,
    /// An event iterator.
    Events,
}

/// Determines it from the headers like the official server, except that media types are
/// case-insensitive (RFC 9110, section 8.3.1).
pub(crate) fn input_source(headers: &HeaderMap) -> InputSource {
    if headers.contains_key(CONTENT_DISPOSITION) {
        return InputSource::Nowhere;
    }
    let Some(content_type) = headers.get(CONTENT_TYPE) else {
        return InputSource::Json;
    };
    let is = |media_type| has_media_type(content_type.as_bytes(), media_type);
    match () {
        () if is("application/json") => InputSource::Json,
        () if is("multipart/form-data") => InputSource::Form,
        () if is("text/event-stream") => InputSource::Events,
        () => InputSource::Nowhere,
    }
}

/// Returns `true` if a content type begins with that media type, case-insensitively.
pub(crate) fn has_media_type(content_type: &[u8], media_type: &str) -> bool {
    content_type
        .get(..media_type.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(media_type.as_bytes()))
}
