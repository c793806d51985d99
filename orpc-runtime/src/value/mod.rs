//! Values on the wire: the envelope around JSON, and JSON as JavaScript writes it.

mod envelope;
mod json;
mod path;

pub use envelope::Envelope;
pub(crate) use envelope::{Malformed, Mark, Tree, write_envelope};
pub(crate) use json::{normalise_numbers, to_raw};
pub use path::PathSegment;
