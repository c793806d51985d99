//! Version 1 of the RPC protocol, as in the clients of release 1.16.1.

pub(crate) mod batch;
#[cfg(feature = "websocket")]
pub(crate) mod beginning;
pub(crate) mod durable;
pub(crate) mod form;
pub(crate) mod headers;
#[cfg(feature = "http")]
pub(crate) mod http;
pub(crate) mod multipart;
pub(crate) mod peer;
pub(crate) mod query;
pub(crate) mod sse;
#[cfg(feature = "http")]
pub(crate) mod sse_reader;
