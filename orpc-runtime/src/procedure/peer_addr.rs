//! The address of a client.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

/// Address of the client's end of the connection.
///
/// `serve` (feature `server`) inserts one into the extensions of each request. Where
/// another server accepts the connections, insert it there, and
/// [`Call::peer_addr`](crate::Call::peer_addr) gives it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

impl PeerAddr {
    /// Returns the address of the client behind that many proxies, each of which appends the address that it
    /// sees to `x-forwarded-for`.
    ///
    /// Only the last `proxies` addresses of the header are from proxies of yours; those before them are whatever
    /// the client has sent. The address of the connection is returned if the header has fewer addresses, or
    /// something else at that place; so a server that can be reached past its proxies believes their header
    /// from anybody. The port is 0 unless the proxy sends it.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use orpc_runtime::PeerAddr;
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("x-forwarded-for", "6.6.6.6, 192.0.2.7".parse().unwrap());
    /// let proxy = PeerAddr("10.0.0.1:4711".parse().unwrap());
    /// assert_eq!(proxy.behind_proxies(&headers, 1), PeerAddr("192.0.2.7:0".parse().unwrap()));
    /// assert_eq!(proxy.behind_proxies(&headers, 0), proxy);
    /// ```
    #[must_use]
    pub fn behind_proxies(self, headers: &HeaderMap, proxies: usize) -> Self {
        let Some(place) = proxies.checked_sub(1) else { return self };
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let addresses = lines.map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let address = addresses.flatten().nth(place);
        address.and_then(|text| read(text.trim())).map_or(self, Self)
    }
}

/// Reads an address with or without a port, an IPv6 address with or without brackets.
fn read(text: &str) -> Option<SocketAddr> {
    let without_port = || {
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        inner.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, 0))
    };
    text.parse().ok().or_else(without_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_one_that_the_outermost_trusted_proxy_has_seen() {
        let proxy = PeerAddr("10.0.0.1:4711".parse().unwrap());
        let cases: &[(&[&str], usize, &str)] = &[
            (&["192.0.2.7"], 0, "10.0.0.1:4711"),
            (&["192.0.2.7"], 1, "192.0.2.7:0"),
            (&["192.0.2.7:80"], 1, "192.0.2.7:80"),
            (&["2001:db8::1"], 1, "[2001:db8::1]:0"),
            (&["[2001:db8::1]"], 1, "[2001:db8::1]:0"),
            (&["[2001:db8::1]:443"], 1, "[2001:db8::1]:443"),
            (&["6.6.6.6, 192.0.2.7,10.0.0.2"], 2, "192.0.2.7:0"),
            // Lines of one header are one list (RFC 9110, section 5.3).
            (&["6.6.6.6", "192.0.2.7", "10.0.0.2"], 2, "192.0.2.7:0"),
            (&["6.6.6.6, 7.7.7.7", "192.0.2.7"], 3, "6.6.6.6:0"),
            // Fewer addresses than proxies, and none.
            (&["192.0.2.7"], 2, "10.0.0.1:4711"),
            (&[], 1, "10.0.0.1:4711"),
            (&[""], 1, "10.0.0.1:4711"),
            (&["6.6.6.6, unknown"], 1, "10.0.0.1:4711"),
            (&["6.6.6.6,"], 1, "10.0.0.1:4711"),
            (&["192.0.2.7"], usize::MAX, "10.0.0.1:4711"),
        ];
        for (lines, proxies, expected) in cases {
            let mut headers = HeaderMap::new();
            for line in *lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let found = proxy.behind_proxies(&headers, *proxies);
            assert_eq!(found.0.to_string(), *expected, "{lines:?} behind {proxies}");
        }
    }
}
