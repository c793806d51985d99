//! Where the input of an HTTP request is.

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, Method};

/// Where the input of a request is, and in what form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputSource {
    /// The parameter `data` of the query.
    Query,
    /// An envelope in the body.
    Json,
    /// The body holds no envelope, so the input is undefined.
    Nowhere,
    /// A form with files in the body.
    Form,
    /// An event iterator in the body.
    Events,
}

/// Decides by the method and the raw header values, as the official server does.
pub(crate) fn input_source(method: &Method, headers: &HeaderMap) -> InputSource {
    if method == Method::GET {
        return InputSource::Query;
    }
    if headers.contains_key(CONTENT_DISPOSITION) {
        return InputSource::Nowhere;
    }
    match headers.get(CONTENT_TYPE).map(|value| value.as_bytes()) {
        None => InputSource::Json,
        Some(value) if value.starts_with(b"application/json") => InputSource::Json,
        Some(value) if value.starts_with(b"multipart/form-data") => InputSource::Form,
        Some(value) if value.starts_with(b"text/event-stream") => InputSource::Events,
        Some(_) => InputSource::Nowhere,
    }
}

/// The envelope text of a query: its last `data` parameter. Empty where there is none.
pub(crate) fn query_input(query: Option<&str>) -> String {
    last_parameter(query, "data")
}

/// The last parameter of that name, form-decoded (WHATWG URL Standard, section
/// 5.1). Empty where there is none.
pub(super) fn last_parameter(query: Option<&str>, name: &str) -> String {
    form_urlencoded::parse(query.unwrap_or("").as_bytes())
        .filter(|(own, _)| own == name)
        .last()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
