//! Serves a router over HTTP: a [`tower_service::Service`] for axum, hyper and tests.

mod answer;
mod answering;
mod batch;
mod body;
mod connection;
mod dispatch;
mod drain;
mod events;
mod foreign;
mod form;
mod future;
mod pace;
mod read;
mod response;
mod service;

pub use super::host::HostError;
pub use super::origin::OriginError;
pub use body::RpcBody;
pub use connection::Connection;
pub use future::ResponseFuture;
#[cfg(feature = "websocket")]
pub(crate) use response::error_response;
pub use service::{HttpService, Unmatched};
