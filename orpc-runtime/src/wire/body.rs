//! Bodies of HTTP requests and responses.

/// Content of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// An envelope.
    Json,
    /// Anything else: the value is undefined.
    Nowhere,
    /// A form with files.
    Form,
    /// An event iterator.
    Events,
}

/// Returns `true` if a content type begins with that media type, case-insensitively (RFC 9110, section 8.3.1).
pub(super) fn has_media_type(content_type: &[u8], media_type: &str) -> bool {
    content_type
        .get(..media_type.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(media_type.as_bytes()))
}
