//! The transports.

mod http;
#[cfg(feature = "websocket")]
mod peer;
#[cfg(feature = "websocket")]
mod websocket;
