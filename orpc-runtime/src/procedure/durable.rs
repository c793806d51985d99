//! Outputs that are tokens of durable iterators.

use schemars::JsonSchema;
use serde::Serialize;

use super::call::Call;
use super::signature::IoSchema;
use crate::core::Error;

/// Output of a procedure that directs its client to a durable iterator.
#[diagnostic::on_unimplemented(
    message = "write `DurableIterator<O>` here: `{Self}` is another type of that name",
    label = "not the `DurableIterator` of this crate"
)]
pub trait DurableOutput: Serialize + JsonSchema + Send + 'static {
    /// Signs the token for the client of a call, and marks the response.
    #[doc(hidden)]
    fn seal(&self, call: &Call) -> Result<(), Error>;

    /// Returns the type of the iterator.
    #[doc(hidden)]
    fn shape() -> IoSchema;
}
