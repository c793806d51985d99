//! JSON Schema: what a type accepts, compiled once and enforced on every input.

mod compile;
mod decoder;
mod issue;

pub(crate) use compile::{SchemaError, compile_output};
pub(crate) use decoder::{DecodeError, InputDecoder};
pub use issue::{Issue, PathSegment};
