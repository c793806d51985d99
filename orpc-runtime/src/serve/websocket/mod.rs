//! Serves a router over WebSocket (RFC 6455): a [`tower_service::Service`] that
//! upgrades, for axum and hyper.

mod connection;
mod frame;
mod handshake;
mod hooks;
mod idle_codec;
mod intake;
mod lifecycle;
mod outgoing;
#[cfg(feature = "proxy")]
mod proxy;
mod service;
mod state;
mod transport;
mod upgrade;
mod whole;

pub use super::host::HostError;
pub use super::origin::OriginError;
pub use super::peer::{Rate, RateError};
pub use hooks::{SocketError, SocketHooks};
#[cfg(feature = "proxy")]
pub use proxy::{ProxyTargetError, WebSocketProxy};
pub use service::{NoProcedure, WebSocketService};
