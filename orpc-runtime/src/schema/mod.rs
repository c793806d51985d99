//! JSON Schema: what a type accepts, compiled once and enforced on every input.

mod circle;
mod compile;
mod data;
mod decoder;
mod encoder;
mod issue;
mod keyword;
mod node;
mod output;

pub use compile::SchemaError;
pub(crate) use data::ErrorDataSchema;
pub(crate) use decoder::read_envelope;
pub use decoder::{DecodeError, InputDecoder};
pub(crate) use encoder::OutputEncoder;
pub use issue::Issue;
#[cfg(feature = "typescript")]
pub(crate) use keyword::MAX_SAFE_INTEGER;
pub(crate) use output::{OutputError, OutputWriter};
