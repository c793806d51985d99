//! JSON Schema: what a type accepts, compiled once and enforced on every input.

mod compile;
mod decoder;
mod issue;

pub use compile::SchemaError;
pub(crate) use compile::compile_output;
pub use decoder::{DecodeError, InputDecoder};
pub use issue::Issue;
