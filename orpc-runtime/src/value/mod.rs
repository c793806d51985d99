//! Values on the wire: the envelope around JSON, and JSON as JavaScript writes it.

mod envelope;
mod json;

pub(crate) use envelope::{Envelope, Malformed, Mark, Tree, write_envelope};
pub(crate) use json::{normalise_numbers, to_raw};
