//! Serves a router over WebSocket (RFC 6455): a [`tower_service::Service`] that
//! upgrades, for axum and hyper.

mod connection;
mod handshake;
mod hooks;
mod intake;
mod life;
#[cfg(feature = "proxy")]
mod proxy;
mod resting;
mod service;
mod transport;

pub use super::peer::Rate;
pub use hooks::{Handled, SocketError, SocketHooks};
#[cfg(feature = "proxy")]
pub use proxy::{ProxyTargetError, WebSocketProxy};
pub use service::{WebSocketFuture, WebSocketService};
