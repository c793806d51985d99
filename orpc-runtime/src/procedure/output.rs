//! Outputs of procedures.

use schemars::JsonSchema;
use serde::Serialize;

/// A type that can be the result of a procedure: one that derives `Serialize`
/// and `JsonSchema`.
#[diagnostic::on_unimplemented(
    message = "write `#[derive(Serialize, JsonSchema)]` for `{Self}` and the types in it: it is the result of a procedure",
    label = "not a result: it lacks `Serialize`, `JsonSchema` or both",
    note = "crates with types of their own often implement these behind a feature"
)]
pub trait ProcedureOutput: Send + 'static {
    // One trait bound, not supertraits: the compiler would report those one by one.
    /// The type itself.
    #[doc(hidden)]
    type Value: Serialize + JsonSchema + 'static;

    /// Returns the value itself.
    #[doc(hidden)]
    fn value(&self) -> &Self::Value;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> ProcedureOutput for T {
    type Value = T;

    fn value(&self) -> &T {
        self
    }
}
