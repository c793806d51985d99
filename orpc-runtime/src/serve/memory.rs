//! Errors of requests when memory is exhausted.

use crate::budget::Exhausted;
use crate::core::{Code, Error};

/// Returns the error of a request without memory.
pub(super) fn no_memory(exhausted: Exhausted) -> Error {
    Error::new(match exhausted {
        Exhausted::Own => Code::TooManyRequests,
        Exhausted::Parent => Code::ServiceUnavailable,
    })
}
