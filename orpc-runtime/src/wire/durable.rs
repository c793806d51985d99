//! The headers of durable iterators.

use http::HeaderName;

/// Marks a response whose value is the token of a durable iterator; the value is `1`.
pub(crate) const DURABLE_ITERATOR: HeaderName = HeaderName::from_static("x-orpc-durable-iterator");

/// Requests the start position of a subscription, which the response contains.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-orpc-durable-iterator-position");
