//! Keys of calls.

use std::net::IpAddr;

use crate::procedure::Call;

/// Returns the address of the client as a key, which is the default of a limiter: an IPv4 address, or the first 64 bits of
/// an IPv6 address, which one client has as a whole.
///
/// It is that of [`Call::peer_addr`]: behind a proxy put the client's own there, by
/// [`PeerAddr::behind_proxies`](crate::PeerAddr::behind_proxies). Clients without an address have one key together.
pub fn by_address(call: &Call) -> String {
    match call.peer_addr().map(|address| address.ip().to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => String::new(),
    }
}
