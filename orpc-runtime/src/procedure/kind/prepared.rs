//! Procedures whose output is completed for the client of each call.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::Kind;
use super::unary::{OneResult, UnaryOutput};
use crate::core::{Error, ErrorDeclaration};
use crate::procedure::call::Call;
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::EventSink;
use crate::procedure::erased::{ErasedRun, RunKind, Started, Wanted};
use crate::procedure::handler::{Unary, UnaryHandler};
use crate::procedure::register::MountPoint;
use crate::procedure::runner::Run;
use crate::procedure::signature::IoSchema;
use crate::procedure::type_check::Checked;
use crate::schema::SchemaError;

/// Output that depends on the call that it answers, such as a token for its client.
#[diagnostic::on_unimplemented(
    message = "write the type of this crate here: `{Self}` is another type of that name",
    label = "not completed for each call"
)]
pub trait PreparedOutput: Serialize + JsonSchema + Send + 'static {
    /// Completes the output for the client of a call, before it is serialised.
    ///
    /// # Errors
    /// The error with which the call fails.
    #[doc(hidden)]
    fn prepare(&self, call: &Call) -> Result<(), Error>;

    /// Returns the type that clients are given.
    #[doc(hidden)]
    fn io_schema() -> IoSchema;

    /// Returns the errors that clients may see beside those of the function.
    #[doc(hidden)]
    fn declarations() -> Vec<ErrorDeclaration> {
        Vec::new()
    }
}

/// The kind of a procedure with a prepared output.
struct PreparedResult(OneResult);

impl<C, P, Marker> Kind<C, P, Marker> for PreparedResult
where
    C: Send + Sync + 'static,
    P: Unary<Output: PreparedOutput> + UnaryHandler<C, Marker>,
    Marker: 'static,
{
    const RUNS: RunKind = RunKind::Output;
    const NEEDS_SOCKET: bool = P::NEEDS_SOCKET;

    fn compile() -> Result<Self, SchemaError> {
        OneResult::of::<P>(false).map(Self)
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        OneResult::of::<P>(true).map(Self)
    }

    fn output() -> IoSchema {
        P::Output::io_schema()
    }

    fn errors() -> Vec<ErrorDeclaration> {
        P::Output::declarations()
    }

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        _: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        let run = self.0.start(run, errors, Wanted::Output, P::Output::prepare);
        Started { run, events: None }
    }

    fn call(&self, run: Run<C, P>, errors: Arc<DeclaredErrors>) -> ErasedRun {
        self.0.start(run, errors, Wanted::Reply, P::Output::prepare)
    }
}

impl<T: PreparedOutput> UnaryOutput for Checked<T, true> {
    type Output = T;

    fn mount<P, C, Marker>(point: MountPoint<'_, C>)
    where
        P: Unary<Output = T> + UnaryHandler<C, Marker>,
        C: Send + Sync + 'static,
        Marker: 'static,
    {
        point.place::<P, PreparedResult, Marker>();
    }
}
