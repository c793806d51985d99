//! The transports.

#[cfg(feature = "websocket")]
mod entries;
#[cfg(feature = "websocket")]
mod held_memory;
mod http;
#[cfg(feature = "websocket")]
mod peer;
#[cfg(feature = "websocket")]
mod websocket;
