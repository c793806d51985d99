//! Adapters with I/O: HTTP, WebSocket and channels of messages.

mod arriving;
mod batch;
mod context;
mod form;
#[cfg(feature = "http")]
mod host;
#[cfg(feature = "http")]
pub mod http;
mod invoke;
#[cfg(feature = "server")]
pub mod listen;
mod memory;
mod method;
#[cfg(feature = "http")]
mod origin;
#[cfg(feature = "http")]
mod patience;
mod peer;
#[cfg(feature = "http")]
mod state;
mod test_client;
mod time;
#[cfg(feature = "websocket")]
pub mod websocket;
#[cfg(any(feature = "http", feature = "websocket"))]
mod woken;

pub use context::{ContextSource, IntoContext};
#[cfg(all(feature = "durable", feature = "websocket"))]
pub(crate) use peer::{Admitted, Asking, Refusal};
pub use peer::{Duplex, DuplexClosed, Peer, Rate, RateError, SocketGate, duplex};
pub use test_client::TestClient;
#[cfg(feature = "durable")]
pub(crate) use {
    form::{FormLimits, read_form},
    peer::{Blocked, Gate, path_and_query},
};
