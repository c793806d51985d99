//! Version 1 of the RPC protocol, as in the clients of release 1.16.1.

pub(crate) mod batch;
#[cfg(feature = "websocket")]
pub(crate) mod beginning;
#[cfg(feature = "websocket")]
pub(crate) mod durable;
pub(crate) mod form;
pub(crate) mod headers;
pub(crate) mod http;
pub(crate) mod multipart;
#[cfg(feature = "websocket")]
pub(crate) mod peer;
pub(crate) mod sse;
