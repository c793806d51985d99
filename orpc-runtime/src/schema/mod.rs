//! JSON Schema: what a type accepts, compiled once and enforced on every input.

mod checks;
mod circle;
mod compile;
mod data;
mod decoder;
pub mod derived;
mod encoder;
mod expand;
mod issue;
mod issue_tree;
mod keys;
mod keyword;
mod lint;
mod messages;
mod node;
mod output;
mod refine;
mod refs;
mod walk;

pub use compile::SchemaError;
pub(crate) use data::ErrorDataSchema;
pub(crate) use decoder::read_envelope;
pub use decoder::{DecodeError, InputDecoder};
pub(crate) use encoder::OutputEncoder;
pub use issue::Issue;
#[cfg(feature = "typescript")]
pub(crate) use keyword::MAX_SAFE_INTEGER;
pub(crate) use output::{OutputError, OutputWriter};
#[cfg(feature = "typescript")]
pub(crate) use refine::{Side, refine_for_types};
