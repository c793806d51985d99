//! The transports.

#[cfg(feature = "websocket")]
mod entries;
#[cfg(feature = "websocket")]
mod held_memory;
mod http;
#[cfg(feature = "websocket")]
mod peer;
mod test_client;
#[cfg(feature = "websocket")]
mod websocket;
