//! The trait of schemars and the derive of this crate, under one name.

// An explicit import comes before a glob: the derive is ours, the trait theirs.
pub use orpc_runtime_macros::JsonSchema;
pub use schemars::*;
