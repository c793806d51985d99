//! Adapters with I/O: HTTP, WebSocket and channels of messages.

#[cfg(feature = "http")]
mod batch;
mod context;
#[cfg(feature = "http")]
mod form;
#[cfg(feature = "http")]
mod host;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "server")]
pub mod listen;
#[cfg(feature = "http")]
mod method;
#[cfg(feature = "http")]
mod origin;
#[cfg(feature = "http")]
mod patience;
#[cfg(feature = "websocket")]
mod peer;
#[cfg(feature = "http")]
mod state;
#[cfg(feature = "http")]
mod time;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use context::{ContextSource, IntoContext};
#[cfg(feature = "websocket")]
pub use peer::{Peer, Port, PortClosed, ports};
#[cfg(feature = "durable")]
pub(crate) use {
    form::{FormLimits, read_form},
    peer::{Admitted, Blocked, Gate, Refusal, path_and_query},
};
