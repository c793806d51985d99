//! Queries of URLs.

/// Returns the last parameter of that name, form-decoded (WHATWG URL Standard, section 5.1), or empty.
pub(super) fn last_parameter(query: Option<&str>, name: &str) -> String {
    form_urlencoded::parse(query.unwrap_or("").as_bytes())
        .filter(|(own, _)| own == name)
        .last()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
