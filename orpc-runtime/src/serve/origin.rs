//! Refusal of requests that pages of other origins send with the cookies of their
//! visitor.

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN};
use http::{Method, Uri};

use super::host::is_own_origin;
#[cfg(feature = "http")]
use crate::core::HeaderNames;

/// Relation of the page that sends a request to its target, from the browser (Fetch
/// Metadata Request Headers, section 2.3). A page cannot set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The origins whose pages may call (RFC 6454; for sockets RFC 6455, section 10.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AllowedOrigins {
    /// That of the server itself, by its Host header, and the listed ones.
    SameHostAnd(Vec<String>),
    Any,
}

impl Default for AllowedOrigins {
    fn default() -> Self {
        Self::SameHostAnd(Vec::new())
    }
}

impl AllowedOrigins {
    /// Adds an origin, such as `https://app.example`. If any was allowed before, only
    /// the listed ones are from now on.
    pub(super) fn add(&mut self, origin: String) {
        match self {
            Self::SameHostAnd(listed) => listed.push(origin),
            Self::Any => *self = Self::SameHostAnd(vec![origin]),
        }
    }

    /// Returns `true` if the request comes from a page of an allowed origin, or not
    /// from a page: programs send neither header by default.
    ///
    /// A listed Origin is always allowed. Otherwise the browser's Sec-Fetch-Site decides,
    /// which is correct even if a proxy has changed the Host header; without it, or if it
    /// is `none`, an Origin must match the Host, and the scheme if that is known.
    pub(super) fn allow(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        let Self::SameHostAnd(listed) = self else {
            return true;
        };
        let origins = headers.get_all(ORIGIN);
        let is_listed = |origin: &HeaderValue| {
            listed.iter().any(|listed| origin.as_bytes().eq_ignore_ascii_case(listed.as_bytes()))
        };
        if headers.contains_key(ORIGIN) && origins.iter().all(is_listed) {
            return true;
        }
        match Site::of(headers) {
            Some(Site::SameOrigin) => true,
            Some(Site::Other) => false,
            None => origins.iter().all(|origin| is_own_origin(origin, headers, uri)),
        }
    }
}

/// Value of Sec-Fetch-Site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Site {
    SameOrigin,
    /// Of another site, or of another origin of the same site.
    Other,
}

impl Site {
    /// `None` if there is no page. Unknown values count as absent, as the specification
    /// requires.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let sites = headers.get_all(SEC_FETCH_SITE).iter().filter_map(|site| {
            let is = |value: &str| site.as_bytes().eq_ignore_ascii_case(value.as_bytes());
            match () {
                () if is("same-origin") => Some(Self::SameOrigin),
                () if is("same-site") || is("cross-site") => Some(Self::Other),
                () => None,
            }
        });
        sites.reduce(|one, other| if one == Self::Other { one } else { other })
    }
}

/// Returns `true` if no page has sent the request: it has neither of the headers that tell of one.
#[cfg(feature = "http")]
pub(super) fn is_of_program(names: HeaderNames) -> bool {
    !names.may_have(&ORIGIN) && !names.may_have(&SEC_FETCH_SITE)
}

/// Returns `true` if a browser opens the URL as a top-level page, by a link or the
/// address bar.
pub(super) fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let is = |name, value: &str| headers.get(name).is_some_and(|header| header == value);
    method == Method::GET && is(SEC_FETCH_MODE, "navigate") && is(SEC_FETCH_DEST, "document")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(origins: &AllowedOrigins, headers: &[(&'static str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        origins.allow(&map, &Uri::from_static("/ping"))
    }

    #[test]
    fn an_origin_is_that_of_the_host_or_listed() {
        let mut origins = AllowedOrigins::default();
        origins.add("https://app.test".to_owned());
        let allowed =
            |origin: &str, host: &str| allows(&origins, &[("origin", origin), ("host", host)]);
        assert!(allowed("http://localhost:3000", "localhost:3000"));
        assert!(allowed("https://app.test", "api.test"));
        assert!(allowed("https://APP.test", "api.test"));
        assert!(!allowed("http://localhost:3001", "localhost:3000"));
        assert!(!allowed("https://app.test.evil.test", "api.test"));
        assert!(!allowed("null", "api.test"));
        assert!(!allowed("", "api.test"));
        assert!(!allowed("http://api.test@evil.test", "api.test"));
        assert!(!allows(&origins, &[("origin", "http://api.test")]), "no host");
        let twice = [("origin", "http://a"), ("origin", "http://evil"), ("host", "a")];
        assert!(!allows(&origins, &twice));
        let twice = [("origin", "https://app.test"), ("origin", "http://evil"), ("host", "a")];
        assert!(!allows(&origins, &twice));
        assert!(allows(&origins, &[("host", "api.test")]), "no page");
        let mut any = AllowedOrigins::Any;
        assert!(allows(&any, &[("origin", "null"), ("host", "api.test")]));
        any.add("https://app.test".to_owned());
        assert!(!allows(&any, &[("origin", "null"), ("host", "api.test")]));
        assert!(allows(&any, &[("origin", "https://app.test"), ("host", "api.test")]));
    }

    #[test]
    fn the_site_that_a_browser_names_decides() {
        let mut origins = AllowedOrigins::default();
        origins.add("https://app.test".to_owned());
        let allowed = |site: &str, more: &[(&'static str, &str)]| {
            let headers = [&[("sec-fetch-site", site), ("host", "api.test")], more].concat();
            allows(&origins, &headers)
        };
        for site in ["cross-site", "same-site", "Cross-Site"] {
            assert!(!allowed(site, &[]), "{site}");
            assert!(!allowed(site, &[("origin", "null")]), "{site}");
            assert!(!allowed(site, &[("origin", "http://api.test")]), "{site}");
            assert!(!allowed(site, &[("sec-fetch-site", "same-origin")]), "{site}");
            assert!(allowed(site, &[("origin", "https://app.test")]), "{site}");
        }
        // A proxy has changed the Host.
        assert!(allowed("same-origin", &[("origin", "http://public.test")]));
        for site in ["none", "made-up", ""] {
            assert!(allowed(site, &[]), "{site}");
            assert!(allowed(site, &[("origin", "http://api.test")]), "{site}");
            assert!(!allowed(site, &[("origin", "http://evil.test")]), "{site}");
        }
    }
}
