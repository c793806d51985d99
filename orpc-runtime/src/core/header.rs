//! Text of headers, equal on every transport.
//!
//! HTTP carries a value as bytes, which JavaScript writes and reads as ISO-8859-1
//! (Fetch, section 2.2). A call over WebSocket has its headers as JSON strings of any
//! text. Each is kept as the bytes that HTTP would carry, or as UTF-8 if ISO-8859-1
//! cannot encode it; its name is then remembered.

use std::borrow::Cow;

use http::header::{
    AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, REFERER,
    USER_AGENT,
};

/// Headers that are not lists: if one is repeated, its first value is used, as in Node.
const SINGLE: [HeaderName; 5] = [AUTHORIZATION, CONTENT_TYPE, HOST, REFERER, USER_AGENT];

/// Names of the headers whose values are UTF-8 because ISO-8859-1 cannot encode them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UnicodeHeaders(Vec<HeaderName>);

impl UnicodeHeaders {
    /// The names for a request over HTTP: none.
    #[cfg(feature = "http")]
    pub(crate) const NONE: &'static Self = &Self(Vec::new());

    pub(crate) fn add(&mut self, name: HeaderName) {
        if !self.contains(&name) {
            self.0.push(name);
        }
    }

    pub(crate) fn extend(&mut self, more: &Self) {
        more.0.iter().for_each(|name| self.add(name.clone()));
    }

    pub(crate) fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|own| own != name);
    }

    pub(crate) fn contains(&self, name: &HeaderName) -> bool {
        self.0.contains(name)
    }

    /// Joins all values of a name into one text. Repeated headers form a list (RFC
    /// 9110, section 5.3; for cookies RFC 6265, section 5.4).
    pub(crate) fn text<'h>(
        &self,
        headers: &'h HeaderMap,
        name: &HeaderName,
    ) -> Option<Cow<'h, str>> {
        let is_utf8 = self.contains(name);
        let mut values = headers.get_all(name).iter().map(|value| text_of(value, is_utf8));
        let first = values.next()?;
        if SINGLE.contains(name) || values.size_hint().1 == Some(0) {
            return Some(first);
        }
        let separator = if *name == COOKIE { "; " } else { ", " };
        let mut all = first.into_owned();
        for value in values {
            all.push_str(separator);
            all.push_str(&value);
        }
        Some(all.into())
    }
}

/// The names of a request's headers in 64 bits: a look-up of a name that is not there costs more
/// than one that is there, and most requests lack most of those that are looked for.
#[cfg(feature = "http")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeaderNames(u64);

#[cfg(feature = "http")]
impl HeaderNames {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(headers.keys().fold(0, |all, name| all | Self::bit(name)))
    }

    /// Returns `false` only if no header has that name.
    pub(crate) fn may_have(self, name: &HeaderName) -> bool {
        self.0 & Self::bit(name) != 0
    }

    /// Returns the bit of a name. The names that the server looks for share theirs with none that
    /// browsers and Node send.
    fn bit(name: &HeaderName) -> u64 {
        let name = name.as_str().as_bytes();
        let last_but_one = name.len().saturating_sub(2);
        let [first, last] = [0, last_but_one].map(|at| name.get(at).copied().unwrap_or(0));
        1 << ((name.len() + usize::from(first) + 30 * usize::from(last)) % 64)
    }
}

/// Decodes a value.
fn text_of(value: &HeaderValue, is_utf8: bool) -> Cow<'_, str> {
    match value.to_str() {
        Ok(ascii) => Cow::Borrowed(ascii),
        Err(_) if is_utf8 => String::from_utf8_lossy(value.as_bytes()),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

/// Returns `true` if ISO-8859-1 cannot encode the text.
pub(crate) fn is_beyond_latin1(text: &str) -> bool {
    text.chars().any(|char| char > '\u{ff}')
}

/// Encodes a text as UTF-8, or as ISO-8859-1 if `is_utf8` is `false` and all its
/// characters belong to it. `None` if the text has control characters, which headers
/// must not contain (RFC 9110, section 5.5).
pub(crate) fn value_of(text: &str, is_utf8: bool) -> Option<HeaderValue> {
    if is_utf8 || text.is_ascii() {
        return HeaderValue::from_str(text).ok();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|char| u8::try_from(char).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "http")]
    #[test]
    fn names_that_are_looked_for_are_not_found_among_those_of_usual_requests() {
        let names = [
            "host",
            "connection",
            "content-type",
            "accept",
            "accept-language",
            "accept-encoding",
            "sec-fetch-mode",
            "user-agent",
            "content-length",
            "referer",
            "cookie",
            "te",
            "x",
            "authorization",
        ];
        let all = |names: &[&'static str]| {
            names
                .iter()
                .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1")))
                .collect::<HeaderMap>()
        };
        let usual = HeaderNames::of(&all(&names));
        assert_eq!(HeaderNames::of(&HeaderMap::new()), HeaderNames(0));
        for name in [
            "orpc-batch",
            "x-orpc-batch",
            "standard-server",
            "origin",
            "sec-fetch-site",
            "content-encoding",
            "expect",
        ] {
            assert!(!usual.may_have(&HeaderName::from_static(name)), "{name}");
            let with = HeaderNames::of(&all(&[&names[..], &[name]].concat()));
            assert!(with.may_have(&HeaderName::from_static(name)), "{name}");
        }
        for name in names {
            assert!(usual.may_have(&HeaderName::from_static(name)), "{name}");
        }
    }

    fn text(values: &[&'static [u8]], name: &HeaderName) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        UnicodeHeaders::default().text(&headers, name).map(Cow::into_owned)
    }

    #[test]
    fn bytes_of_http_are_latin_1_and_repeated_headers_one_list() {
        // As `@orpc/server` 1.16.1 gives them on Node 20.
        assert_eq!(text(&[b"Bearer Zo\xeb"], &AUTHORIZATION).as_deref(), Some("Bearer Zoë"));
        assert_eq!(
            text(&["Bearer Zoë".as_bytes()], &AUTHORIZATION).as_deref(),
            Some("Bearer ZoÃ«")
        );
        assert_eq!(text(&[b"Bearer a", b"Bearer b"], &AUTHORIZATION).as_deref(), Some("Bearer a"));
        assert_eq!(text(&[b"a=1", b"b=2"], &COOKIE).as_deref(), Some("a=1; b=2"));
        let other = HeaderName::from_static("x-m");
        assert_eq!(text(&[b"1", b"2", b"3"], &other).as_deref(), Some("1, 2, 3"));
        assert_eq!(text(&[b""], &other).as_deref(), Some(""));
        assert_eq!(text(&[], &other), None);
    }

    #[test]
    fn a_text_comes_back_from_its_value() {
        for (written, bytes, is_utf8) in [
            ("é-1", b"\xe9-1".as_slice(), false),
            ("a\tb", b"a\tb", false),
            ("\u{85}\u{ff}", b"\x85\xff", false),
            ("Łukasz 🎉 é", "Łukasz 🎉 é".as_bytes(), true),
        ] {
            assert_eq!(is_beyond_latin1(written), is_utf8, "{written}");
            let value = value_of(written, is_utf8).unwrap();
            assert_eq!(value.as_bytes(), bytes, "{written}");
            assert_eq!(text_of(&value, is_utf8), written);
        }
        for unfit in ["a\r\nb", "a\nb", "a\0b", "é\0", "Ł\r", "\u{7f}"] {
            assert_eq!(value_of(unfit, is_beyond_latin1(unfit)), None, "{unfit:?}");
        }
    }
}
