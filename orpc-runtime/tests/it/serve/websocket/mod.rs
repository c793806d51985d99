//! The upgrade, hooks of sockets, readers that stop, and forwarding.

mod hooks;
#[cfg(feature = "proxy")]
mod proxy;
mod slow_reader;
