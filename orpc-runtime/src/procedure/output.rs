//! What a call answers with.

use schemars::JsonSchema;
use serde::Serialize;

use crate::value::File;

/// A type that can be the result of a procedure: one that derives `Serialize`
/// and `JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a procedure",
    label = "not a result: it lacks `Serialize` or `JsonSchema`",
    note = "put `#[derive(Serialize, JsonSchema)]` on `{Self}`"
)]
pub trait ProcedureOutput: Serialize + JsonSchema + Send + 'static {}

impl<T: Serialize + JsonSchema + Send + 'static> ProcedureOutput for T {}

/// A result before it is on a wire: an envelope, and the files of its value.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) envelope: Vec<u8>,
    /// In the order in which the envelope names their places.
    pub(crate) files: Vec<File>,
}
