//! The host that a request names, and its comparison with an origin.

use std::net::Ipv6Addr;

use http::header::{HOST, HeaderMap, HeaderName};
use http::uri::Authority;
use http::{HeaderValue, Uri};

/// Scheme used by the client of a proxy that terminates TLS.
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Text of the response to a request with a host that is not listed.
pub(super) const NOT_ALLOWED: &str = "This host is not allowed";

/// A host and its port, if there is one, in a comparable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// In lower case; an IPv6 address in its shortest form.
    pub(super) name: String,
    pub(super) port: Option<u16>,
}

impl Host {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            // The last colon of an IPv6 address is within its brackets.
            Some((name, port)) if !port.ends_with(']') => (name, port),
            _ => (text, ""),
        };
        let port = match port {
            "" => None,
            port if port.bytes().all(|byte| byte.is_ascii_digit()) => Some(port.parse().ok()?),
            _ => return None,
        };
        let name = match name.strip_prefix('[') {
            Some(address) => {
                let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
                format!("[{address}]")
            }
            None => {
                let authority: Authority = name.parse().ok()?;
                (authority.as_str() == authority.host()).then(|| name.to_ascii_lowercase())?
            }
        };
        Some(Self { name, port })
    }
}

/// Returns the text of the host that a request names.
fn named<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        // HTTP/2 has an authority instead.
        (None, None) => uri.authority().map(Authority::as_str),
        (_, Some(_)) => None,
    }
}

/// Returns the default port of HTTP and HTTPS.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Returns the scheme that the client used, if the request or a proxy states it.
fn scheme<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let forwarded = headers.get(X_FORWARDED_PROTO).and_then(|value| value.to_str().ok());
    // Of several proxies the first one talks to the client.
    let forwarded = forwarded.and_then(|list| list.split(',').next()).map(str::trim);
    let scheme = forwarded.or_else(|| uri.scheme_str())?;
    ["http", "https"].into_iter().find(|known| {
        let socket = if *known == "https" { "wss" } else { "ws" };
        scheme.eq_ignore_ascii_case(known) || scheme.eq_ignore_ascii_case(socket)
    })
}

/// Returns `true` if a page's origin (RFC 6454, section 7) is that of the host that the
/// request was sent to. The schemes are compared where the request's is known, by
/// `x-forwarded-proto` or its URI: behind a proxy that terminates TLS without a
/// header, a server does not know its own.
pub(super) fn is_own_origin(origin: &HeaderValue, headers: &HeaderMap, uri: &Uri) -> bool {
    let own = named(headers, uri).and_then(Host::parse);
    let page = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let (Some(own), Some((page_scheme, page))) = (own, page) else { return false };
    let page_scheme = page_scheme.to_ascii_lowercase();
    let (Some(page), Some(default)) = (Host::parse(page), default_port(&page_scheme)) else {
        return false;
    };
    let port = |host: &Host| host.port.unwrap_or(default);
    scheme(headers, uri).is_none_or(|own| own == page_scheme)
        && page.name == own.name
        && port(&page) == port(&own)
}

/// Error of a text that is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{host}` is not a host: write a name with or without a port, such as `app.example` or `[::1]:3000`"
)]
pub struct HostError {
    host: String,
}

/// The hosts that requests may name: all of them, unless any is listed.
///
/// A page whose name was changed to resolve to this server (DNS rebinding) has the same
/// origin as its requests; the Host header still has the page's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AllowedHosts(Vec<Host>);

impl AllowedHosts {
    /// Returns the hosts with another one; without a port it is allowed with any.
    pub(super) fn with(mut self, host: &str) -> Result<Self, HostError> {
        self.0.push(Host::parse(host).ok_or_else(|| HostError { host: host.to_owned() })?);
        Ok(self)
    }

    pub(super) fn allow(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(host) = named(headers, uri).and_then(Host::parse) else { return false };
        self.0.iter().any(|listed| {
            listed.name == host.name && listed.port.is_none_or(|port| host.port == Some(port))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn is_own(origin: &str, host: &str, more: &[(&'static str, &str)]) -> bool {
        let all = [&[("host", host)], more].concat();
        is_own_origin(&origin.parse().unwrap(), &headers(&all), &Uri::from_static("/ws"))
    }

    #[test]
    fn an_origin_names_the_port_of_its_scheme_or_leaves_it_out() {
        for (origin, host) in [
            ("https://app.test", "app.test:443"),
            ("http://app.test", "app.test:80"),
            ("https://app.test", "app.test"),
            ("http://app.test", "app.test"),
            ("https://app.test:443", "app.test"),
            ("https://app.test:8443", "app.test:8443"),
            ("https://APP.test", "app.TEST:443"),
            ("http://[::1]:3939", "[::1]:3939"),
            ("http://[::1]", "[::1]:80"),
            ("https://[0:0:0:0:0:0:0:1]", "[::1]:443"),
            ("http://[2001:DB8::1]:1", "[2001:db8:0::1]:1"),
            ("http://127.0.0.1:3000", "127.0.0.1:3000"),
            ("http://app.test", "app.test:"),
        ] {
            assert!(is_own(origin, host, &[]), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://app.test", "app.test:443"),
            ("https://app.test", "app.test:80"),
            ("https://app.test", "app.test:8443"),
            ("https://app.test:8443", "app.test"),
            ("https://app.test", "app.test:0443x"),
            ("https://app.test", "app.test:65979"),
            ("https://app.test", "evil.test:443"),
            ("https://app.test", "app.test:443@evil.test"),
            ("https://app.test@evil.test", "evil.test"),
            ("https://evil.test/app.test", "app.test"),
            ("https://app.test.", "app.test"),
            ("ftp://app.test", "app.test"),
            ("chrome-extension://app.test", "app.test"),
            ("://app.test", "app.test"),
            ("http://[::1", "[::1"),
            ("http://[::1]x", "[::1]x"),
            ("http://", ""),
            ("null", "null"),
            ("", ""),
        ] {
            assert!(!is_own(origin, host, &[]), "{origin} {host}");
        }
        assert!(!is_own("http://a.test", "a.test", &[("host", "evil.test")]), "two hosts");
    }

    #[test]
    fn the_scheme_counts_where_it_is_known() {
        let via = |proto| [("x-forwarded-proto", proto)];
        for (origin, host, proto) in [
            ("https://app.test", "app.test", "https"),
            ("https://app.test", "app.test", "HTTPS, http"),
            ("https://app.test", "app.test:443", "wss"),
            ("http://app.test", "app.test", "http"),
            ("http://app.test:3000", "app.test:3000", "ws"),
            ("https://app.test", "app.test", "gopher"),
        ] {
            assert!(is_own(origin, host, &via(proto)), "{origin} {host} {proto}");
        }
        for (origin, proto) in [
            ("http://app.test", "https"),
            ("http://app.test", "wss"),
            ("http://app.test", "https, http"),
            ("https://app.test", "http"),
        ] {
            assert!(!is_own(origin, "app.test", &via(proto)), "{origin} {proto}");
        }
        let of_uri = |origin: &str, uri: &'static str| {
            is_own_origin(&origin.parse().unwrap(), &HeaderMap::new(), &Uri::from_static(uri))
        };
        assert!(of_uri("https://app.test", "https://app.test/ws"));
        assert!(of_uri("https://app.test", "https://app.test:443/ws"));
        assert!(!of_uri("http://app.test", "https://app.test/ws"));
        assert!(!of_uri("https://app.test", "/ws"), "no host");
    }

    #[test]
    fn listed_hosts_are_allowed_and_no_others() {
        let allow = |listed: &[&str], host: &str| {
            let hosts =
                listed.iter().try_fold(AllowedHosts::default(), |hosts, host| hosts.with(host));
            hosts.unwrap().allow(&headers(&[("host", host)]), &Uri::from_static("/"))
        };
        assert!(allow(&[], "evil.test"));
        for host in ["app.test", "APP.test:3000", "[::1]:3000"] {
            assert!(allow(&["App.test", "[0::1]:3000"], host), "{host}");
        }
        for host in
            ["evil.test", "[::1]", "[::1]:3001", "app.test.evil.test", "x.app.test", "", "a b"]
        {
            assert!(!allow(&["app.test", "[::1]:3000"], host), "{host}");
        }
        let hosts = AllowedHosts::default().with("app.test").unwrap();
        assert!(!hosts.allow(&HeaderMap::new(), &Uri::from_static("/")), "no host");
        assert!(hosts.allow(&HeaderMap::new(), &Uri::from_static("https://app.test/")));
        let twice = headers(&[("host", "app.test"), ("host", "evil.test")]);
        assert!(!hosts.allow(&twice, &Uri::from_static("/")));
    }

    #[test]
    fn a_url_is_no_host() {
        let error = AllowedHosts::default().with("https://app.test").unwrap_err();
        assert!(error.to_string().starts_with("`https://app.test` is not a host: write a name"));
    }
}
