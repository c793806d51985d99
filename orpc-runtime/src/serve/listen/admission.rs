//! Limits of connections.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

/// Permit of an open connection.
#[derive(Debug)]
pub(super) struct Admission {
    _permit: OwnedSemaphorePermit,
    _address: Option<AddressPermit>,
}

/// Numbers of connections by client address.
#[derive(Debug)]
pub(super) struct Addresses {
    limit: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

#[derive(Debug)]
struct AddressPermit {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, open: Mutex::default() })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: &Arc<Self>, address: IpAddr) -> Option<AddressPermit> {
        let address = network(address);
        let mut open = self.open();
        let count = open.get(&address).copied().unwrap_or_default();
        if count >= self.limit {
            return None;
        }
        open.insert(address, count + 1);
        Some(AddressPermit { addresses: Arc::clone(self), address })
    }
}

impl Admission {
    /// Counts a connection from that address, if it has one; `None` if the address has
    /// reached its limit.
    pub(super) fn new(
        permit: OwnedSemaphorePermit,
        addresses: Option<&Arc<Addresses>>,
        address: Option<IpAddr>,
    ) -> Option<Self> {
        let address = match addresses.zip(address) {
            Some((addresses, address)) => Some(addresses.admit(address)?),
            None => None,
        };
        Some(Self { _permit: permit, _address: address })
    }
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let mut open = self.addresses.open();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// Returns the network of a client: all 64-bit suffixes of an IPv6 prefix belong to one
/// client.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_as_many_connections_as_it_may() {
        let addresses = Addresses::new(2);
        let admit = |address: &str| addresses.admit(address.parse().unwrap());
        let first = admit("192.0.2.1").unwrap();
        let _mapped = admit("::ffff:192.0.2.1").unwrap();
        assert!(admit("192.0.2.1").is_none());
        let _other = admit("192.0.2.2").unwrap();
        drop(first);
        let _again = admit("192.0.2.1").unwrap();

        let six = [admit("2001:db8::1").unwrap(), admit("2001:db8::2:0:0:1").unwrap()];
        assert!(admit("2001:db8::3").is_none(), "one network of 64 bits");
        assert!(admit("2001:db8:0:1::1").is_some());
        drop(six);
        assert_eq!(addresses.open().len(), 2, "networks without connections are forgotten");

        let none = Addresses::new(0);
        assert!(none.admit("192.0.2.1".parse().unwrap()).is_none());
        assert!(none.open().is_empty(), "a refused address is not kept");
    }
}
