//! Serves a router over WebSocket (RFC 6455): a [`tower_service::Service`] that
//! upgrades, for axum and hyper.

mod connection;
mod handshake;
mod progress;
mod service;

pub use super::peer::Rate;
pub use service::{WebSocketFuture, WebSocketService};
