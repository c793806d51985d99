//! Procedures with one result.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::Kind;
use crate::core::{Code, Error, Output, RpcError, buffer, fit, present};
use crate::procedure::call::Call;
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::{EventSink, unwritten};
use crate::procedure::erased::{Finished, RunKind, Started};
use crate::procedure::handler::{Unary, UnaryHandler};
use crate::procedure::output::ProcedureOutput;
use crate::procedure::register::MountPoint;
use crate::procedure::runner::{Run, answer, finalized};
use crate::procedure::signature::IoSchema;
use crate::procedure::type_check::Checked;
use crate::schema::{OutputWriter, SchemaError};

const OUTPUT_INVALID: &str = "Output validation failed";

/// The kind of a procedure with one result.
pub(super) struct OneResult(Arc<OutputWriter>);

impl OneResult {
    pub(super) fn of<P: Unary>(is_checked: bool) -> Result<Self, SchemaError> {
        let writer = OutputWriter::of::<<P::Output as ProcedureOutput>::Value>(is_checked)?;
        Ok(Self(Arc::new(writer)))
    }

    /// Prepares a run, whose output `prepare` completes.
    pub(super) fn start<C, P, Marker>(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        prepare: impl FnOnce(&P::Output, &Call) -> Result<(), Error> + Send + 'static,
    ) -> Started
    where
        C: Send + Sync + 'static,
        P: Unary + UnaryHandler<C, Marker>,
        Marker: 'static,
    {
        let writer = Arc::clone(&self.0);
        let Run { context, call, input } = run;
        Started::run(async move {
            let handler = async {
                let output = answer::<C, P, Marker>(context, &call, input).await;
                let output = output.map_err(RpcError::into_error)?;
                prepare(&output, &call)?;
                let mut body = buffer();
                let files = writer.write_with_files(present(output.value()), &mut body);
                let files = files.map_err(|error| {
                    unwritten(error, Error::new(Code::InternalServerError), OUTPUT_INVALID)
                })?;
                if !files.is_empty() {
                    fit(&mut body);
                }
                Ok(Finished::Output(Output { envelope: body, files }))
            };
            finalized(&call, &errors, handler).await
        })
    }
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
        self.start(run, errors, |_, _| Ok(()))
    }

    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>> {
        Box::pin(run.answer())
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
