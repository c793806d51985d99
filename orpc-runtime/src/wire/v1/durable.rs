//! The headers of durable iterators.

use http::HeaderName;

/// Marks a response whose value is the token of a durable iterator, being `1`.
pub(crate) const DURABLE_ITERATOR: HeaderName = HeaderName::from_static("x-orpc-durable-iterator");

/// By its presence in a subscription asks where it begins, which the response says.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-orpc-durable-iterator-position");
