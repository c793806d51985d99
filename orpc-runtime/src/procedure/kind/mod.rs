//! Kinds of procedures: each is a module with its run, its types and its registration.

mod hibernating;
mod prepared;
mod stream;
mod unary;

use std::sync::Arc;

use super::declared_errors::DeclaredErrors;
use super::emitter::EventSink;
use super::erased::{ErasedRun, RunKind, Started};
use super::handler::Procedure;
use super::runner::Run;
use super::signature::IoSchema;
use crate::core::ErrorDeclaration;
use crate::schema::SchemaError;

pub use prepared::PreparedOutput;
pub use unary::UnaryOutput;

/// A kind of procedures, prepared for one of them.
pub(crate) trait Kind<C, P: Procedure, Marker>: Sized + Send + Sync + 'static {
    const RUNS: RunKind;
    /// `true` if the procedure can only be called on a socket.
    const NEEDS_SOCKET: bool;

    /// Compiles the schemas of the outputs.
    fn compile() -> Result<Self, SchemaError>;

    /// Returns the same kind with a check of its outputs against their JSON Schema.
    fn checked(&self) -> Result<Self, SchemaError>;

    /// Returns the type of the output.
    fn output() -> IoSchema;

    /// Returns the errors that clients may see beside those of the function.
    fn errors() -> Vec<ErrorDeclaration> {
        Vec::new()
    }

    /// Prepares the run.
    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Started;

    /// Calls the function in the same process, for its own reply.
    fn call(&self, run: Run<C, P>, errors: Arc<DeclaredErrors>) -> ErasedRun;
}
