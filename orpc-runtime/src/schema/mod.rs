//! JSON Schema: the values that a type accepts, compiled once and enforced on every
//! input.

mod checks;
mod compile;
mod decoder;
pub mod derived;
mod effort;
mod encoder;
mod error_data;
mod expand;
mod instance;
mod issue;
mod issue_tree;
mod keys;
mod keyword;
mod lint;
mod messages;
mod output;
mod probe;
mod program;
mod recursion;
mod refine;
mod refs;
mod type_schema;
mod validator;
mod walk;

pub use compile::SchemaError;
pub use decoder::{DecodeError, InputDecoder};
pub(crate) use decoder::{read_envelope, read_tree};
pub(crate) use encoder::OutputEncoder;
pub(crate) use error_data::ErrorDataSchema;
pub use issue::{IntoIssues, Issue};
#[cfg(feature = "typescript")]
pub(crate) use keyword::MAX_SAFE_INTEGER;
pub(crate) use output::{OutputError, OutputWriter};
pub(crate) use refine::{Side, refine_for_description};
pub(crate) use refs::{each_part_mut, unescaped};
pub(crate) use type_schema::TypeSchema;
