//! Refusal of requests that pages of other origins send with the cookies of their
//! visitor.

use http::header::{HeaderMap, HeaderName, HeaderValue, ORIGIN};
use http::{Method, Uri};

use super::host::{Host, default_port, is_own_origin};
#[cfg(feature = "http")]
use crate::core::HeaderNames;

/// Relation of the page that sends a request to its target, from the browser (Fetch
/// Metadata Request Headers, section 2.3). A page cannot set it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Error of a text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{origin}` is not an origin: write a scheme, a host and a port that is not the default one, such as `https://app.example` or `http://localhost:5173`; `allow_any_origin` allows all"
)]
pub struct OriginError {
    origin: String,
}

/// Returns an origin as browsers send it (RFC 6454, section 6.2): without the port that its
/// scheme implies. `null` is that of pages without one, such as files.
fn serialized(origin: &str) -> Option<String> {
    if origin == "null" {
        return Some(origin.to_owned());
    }
    let origin = origin.strip_suffix('/').unwrap_or(origin).to_ascii_lowercase();
    let (scheme, host) = origin.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme || host.contains('*') {
        return None;
    }
    let Host { name, port } = Host::parse(host)?;
    Some(match port {
        Some(port) if default_port(scheme) != Some(port) => format!("{scheme}://{name}:{port}"),
        _ => format!("{scheme}://{name}"),
    })
}

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
    /// Returns the origins with another one, such as `https://app.example`. If any was
    /// allowed before, only the listed ones are from now on.
    pub(super) fn with(self, origin: &str) -> Result<Self, OriginError> {
        let origin = serialized(origin).ok_or_else(|| OriginError { origin: origin.to_owned() })?;
        let mut listed = match self {
            Self::SameHostAnd(listed) => listed,
            Self::Any => Vec::new(),
        };
        listed.push(origin);
        Ok(Self::SameHostAnd(listed))
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
        let origins = AllowedOrigins::default().with("https://app.test").unwrap();
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
        let any = AllowedOrigins::Any;
        assert!(allows(&any, &[("origin", "null"), ("host", "api.test")]));
        let any = any.with("https://app.test").unwrap();
        assert!(!allows(&any, &[("origin", "null"), ("host", "api.test")]));
        assert!(allows(&any, &[("origin", "https://app.test"), ("host", "api.test")]));
    }

    #[test]
    fn a_listed_origin_is_compared_as_browsers_send_it() {
        for (listed, sent) in [
            ("https://app.test/", "https://app.test"),
            ("HTTPS://App.test:443", "https://app.test"),
            ("http://app.test:80", "http://app.test"),
            ("https://app.test:80", "https://app.test:80"),
            ("http://[0:0::1]:5173", "http://[::1]:5173"),
            ("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop"),
            ("null", "null"),
        ] {
            let origins = AllowedOrigins::default().with(listed).unwrap();
            assert!(allows(&origins, &[("origin", sent), ("host", "api.test")]), "{listed}");
        }
    }

    #[test]
    fn a_text_that_no_browser_sends_is_no_origin() {
        for text in [
            "",
            "*",
            "app.test",
            "app.test:443",
            "//app.test",
            "https://",
            "https://*.app.test",
            "https://app.test/page",
            "https://app.test?query",
            "https://app.test#part",
            "https://user@app.test",
            "https://app.test, https://other.test",
            "https://app.test:port",
            "https://bücher.test",
            "mailto:ada@app.test",
        ] {
            let error = AllowedOrigins::default().with(text).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{text}` is not an origin")));
        }
    }

    #[test]
    fn the_site_that_a_browser_names_decides() {
        let origins = AllowedOrigins::default().with("https://app.test").unwrap();
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
