//! The transports.

#[cfg(feature = "websocket")]
mod entries;
mod http;
#[cfg(feature = "websocket")]
mod peer;
#[cfg(feature = "websocket")]
mod websocket;
