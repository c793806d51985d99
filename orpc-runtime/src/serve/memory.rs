//! Errors of requests for which there is no memory left.

use crate::budget::Exhausted;
use crate::core::{Code, Error};

/// The error for a request that there is no memory for.
pub(super) fn no_memory(exhausted: Exhausted) -> Error {
    Error::new(match exhausted {
        Exhausted::Own => Code::TooManyRequests,
        Exhausted::Parent => Code::ServiceUnavailable,
    })
}
