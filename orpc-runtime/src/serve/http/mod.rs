//! Serves a router over HTTP: a [`tower_service::Service`] for axum, hyper and tests.

mod body;
mod events;
mod form;
mod read;
mod service;
mod version2;

pub use body::RpcBody;
#[cfg(feature = "websocket")]
pub(crate) use service::respond_with_error;
pub use service::{HttpFuture, HttpService, Unmatched};
