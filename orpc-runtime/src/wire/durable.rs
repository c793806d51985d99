//! The headers of durable iterators.

use http::HeaderName;

/// Marks a response whose value is the token of a durable iterator; the value is `1`.
pub(crate) const DURABLE_ITERATOR: HeaderName = HeaderName::from_static("x-orpc-durable-iterator");

/// Requests the start position of a subscription, which the response contains.
pub(crate) const POSITION: HeaderName = HeaderName::from_static("x-orpc-durable-iterator-position");

/// Header of a response that a channel carries beside an output.
pub(crate) const CARRIED_WITH_OUTPUT: HeaderName = DURABLE_ITERATOR;

/// Header of a response that a channel carries before events.
pub(crate) const CARRIED_WITH_EVENTS: HeaderName = POSITION;
