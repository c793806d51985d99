//! schemars' trait and the derive of this crate, under one name.

// An explicit import takes precedence over a glob: the derive is ours, the trait
// schemars'.
pub use orpc_runtime_macros::JsonSchema;
pub use schemars::*;
