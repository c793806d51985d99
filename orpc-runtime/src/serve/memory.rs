//! Memory of requests, and their errors when it is exhausted.

use crate::budget::Exhausted;
use crate::core::{Code, Error};

/// Memory of a header of a call without its texts: its entries in the map, and its
/// allocations.
pub(super) const HEADER: usize = 256;

/// Returns the error of a request without memory.
pub(super) fn no_memory(exhausted: Exhausted) -> Error {
    Error::new(match exhausted {
        Exhausted::Own => Code::TooManyRequests,
        Exhausted::Parent => Code::ServiceUnavailable,
    })
}
