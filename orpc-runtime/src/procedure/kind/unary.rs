//! Procedures with one result.

use std::pin::pin;
use std::sync::Arc;

use super::Kind;
use crate::core::{Code, Error, Output, RpcError, buffer, fit, present};
use crate::procedure::call::Call;
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::{EventSink, unwritten};
use crate::procedure::erased::{ErasedRun, Finished, RunKind, Started, Wanted};
use crate::procedure::handler::{Scope, Unary, UnaryHandler};
use crate::procedure::output::ProcedureOutput;
use crate::procedure::register::MountPoint;
use crate::procedure::runner::{EndOfFunction, Finalized, Run};
use crate::procedure::signature::IoSchema;
use crate::procedure::type_check::Checked;
use crate::schema::{OutputWriter, SchemaError, TypeSchema};
use crate::value::Serialised;

const OUTPUT_INVALID: &str = "Output validation failed";

/// The kind of a procedure with one result.
pub(super) struct OneResult(Arc<OutputWriter>);

impl OneResult {
    pub(super) fn of<P: Unary>(is_checked: bool) -> Result<Self, SchemaError> {
        let schema = TypeSchema::of::<<P::Output as ProcedureOutput>::Value>();
        Self::of_schema(schema, is_checked)
    }

    fn of_schema(schema: TypeSchema, is_checked: bool) -> Result<Self, SchemaError> {
        Ok(Self(Arc::new(OutputWriter::of(schema, is_checked)?)))
    }

    /// Prepares a run, whose output `prepare` completes.
    pub(super) fn start<C, P, Marker>(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        wanted: Wanted,
        prepare: impl FnOnce(&P::Output, &Call) -> Result<(), Error> + Send + 'static,
    ) -> ErasedRun
    where
        C: Send + Sync + 'static,
        P: Unary + UnaryHandler<C, Marker>,
        Marker: 'static,
    {
        let writer = Arc::clone(&self.0);
        let Run { context, call, input } = run;
        Box::pin(async move {
            let handler = pin!(async {
                let reply = {
                    let context = context;
                    let _end = EndOfFunction(&call);
                    P::call(Scope { context: &*context, call: &call }, input).await
                };
                match (reply, wanted) {
                    (Ok(reply), Wanted::Reply) => Ok(Finished::Reply(Box::new(reply))),
                    (Err(error), Wanted::Reply) => Err(Error::of_procedure(Box::new(error))),
                    (Ok(reply), Wanted::Output) => {
                        prepare(&reply, &call)?;
                        finish(&writer, present(reply.value()))
                    }
                    (Err(error), Wanted::Output) => Err(error.into_error()),
                }
            });
            Finalized { call: &call, errors: &errors, wanted, handler }.await
        })
    }
}

/// Completes an output that does not depend on its call.
fn unprepared<T>(_: &T, _: &Call) -> Result<(), Error> {
    Ok(())
}

/// Serialises an output.
fn finish(writer: &OutputWriter, value: Option<&dyn Serialised>) -> Result<Finished, Error> {
    let mut body = buffer();
    let files = writer.write_with_files(value, &mut body);
    let files = files
        .map_err(|error| unwritten(error, Error::new(Code::InternalServerError), OUTPUT_INVALID))?;
    if !files.is_empty() {
        fit(&mut body);
    }
    Ok(Finished::Output(Output { envelope: body, files }))
}

impl<C, P, Marker> Kind<C, P, Marker> for OneResult
where
    C: Send + Sync + 'static,
    P: Unary + UnaryHandler<C, Marker>,
    Marker: 'static,
{
    const RUNS: RunKind = RunKind::Output;
    const NEEDS_SOCKET: bool = P::NEEDS_SOCKET;

    fn compile() -> Result<Self, SchemaError> {
        Self::of::<P>(false)
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        Self::of::<P>(true)
    }

    fn output() -> IoSchema {
        IoSchema::value::<<P::Output as ProcedureOutput>::Value>()
    }

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        _: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        Started { run: self.start(run, errors, Wanted::Output, unprepared), events: None }
    }

    fn call(&self, run: Run<C, P>, errors: Arc<DeclaredErrors>) -> ErasedRun {
        self.start(run, errors, Wanted::Reply, unprepared)
    }
}

impl<C: Send + Sync + 'static> MountPoint<'_, C> {
    /// Mounts a procedure with one result.
    pub fn unary<P, Marker>(self)
    where
        P: Unary + UnaryHandler<C, Marker>,
        Marker: 'static,
    {
        self.place::<P, OneResult, Marker>();
    }
}

/// Output of a procedure with one result, whose type may have a kind of its own.
pub trait UnaryOutput {
    // If an implementation is missing, the compiler reports it at the procedure's
    // output.
    /// The output.
    type Output;

    /// Mounts a procedure with that output.
    fn mount<P, C, Marker>(point: MountPoint<'_, C>)
    where
        P: Unary<Output = Self::Output> + UnaryHandler<C, Marker>,
        C: Send + Sync + 'static,
        Marker: 'static;
}

impl<T> UnaryOutput for Checked<T, false> {
    type Output = T;

    fn mount<P, C, Marker>(point: MountPoint<'_, C>)
    where
        P: Unary<Output = T> + UnaryHandler<C, Marker>,
        C: Send + Sync + 'static,
        Marker: 'static,
    {
        point.unary::<P, Marker>();
    }
}
