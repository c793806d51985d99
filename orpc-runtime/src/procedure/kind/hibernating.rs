//! Procedures that answer with an iterator that hibernates. Its events are written by
//! [`EncodedEvent`](crate::EncodedEvent).

use std::pin::pin;
use std::sync::Arc;

use super::Kind;
use crate::core::{Error, ErrorDeclaration, EventError, RpcError};
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::EventSink;
use crate::procedure::erased::{ErasedRun, Finished, RunKind, Started, Wanted};
use crate::procedure::handler::{HibernatingHandler, Scope, UnaryHandler};
use crate::procedure::hibernating::Hibernating;
use crate::procedure::register::MountPoint;
use crate::procedure::runner::{EndOfFunction, Finalized, Run};
use crate::procedure::signature::IoSchema;
use crate::schema::{OutputWriter, SchemaError, TypeSchema};

/// The kind of a procedure that answers with an iterator that hibernates.
struct Hibernation;

impl<C, P, Marker> Kind<C, P, Marker> for Hibernation
where
    C: Send + Sync + 'static,
    P: HibernatingHandler + UnaryHandler<C, Marker>,
    Marker: 'static,
{
    const RUNS: RunKind = RunKind::Hibernating;
    const NEEDS_SOCKET: bool = true;

    fn compile() -> Result<Self, SchemaError> {
        OutputWriter::of_events(TypeSchema::of::<<P::Iterator as Hibernating>::Value>(), false)?;
        OutputWriter::of_events(TypeSchema::of::<<P::Iterator as Hibernating>::Return>(), false)?;
        Ok(Self)
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        Ok(Self)
    }

    fn output() -> IoSchema {
        IoSchema::events::<<P::Iterator as Hibernating>::Value, <P::Iterator as Hibernating>::Return>(
        )
    }

    fn errors() -> Vec<ErrorDeclaration> {
        <<P::Iterator as Hibernating>::Error as EventError>::declarations()
    }

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        _: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        Started { run: run_of(run, errors, Wanted::Output), events: None }
    }

    fn call(&self, run: Run<C, P>, errors: Arc<DeclaredErrors>) -> ErasedRun {
        run_of(run, errors, Wanted::Reply)
    }
}

fn run_of<C, P, Marker>(run: Run<C, P>, errors: Arc<DeclaredErrors>, wanted: Wanted) -> ErasedRun
where
    C: Send + Sync + 'static,
    P: HibernatingHandler + UnaryHandler<C, Marker>,
    Marker: 'static,
{
    let Run { context, call, input } = run;
    Box::pin(async move {
        let handler = pin!(async {
            let iterator = {
                let context = context;
                let _end = EndOfFunction(&call);
                P::call(Scope { context: &*context, call: &call }, input).await
            };
            match (iterator, wanted) {
                (Ok(iterator), Wanted::Reply) => Ok(Finished::Reply(Box::new(iterator))),
                (Err(error), Wanted::Reply) => Err(Error::of_procedure(Box::new(error))),
                (Ok(iterator), Wanted::Output) => {
                    let (opened, call) = (iterator.into_opened(), Arc::clone(&call));
                    let errors = Arc::clone(&errors);
                    Ok(Finished::Hibernating(Box::new(move |socket, id| {
                        opened(socket, id).map_err(|error| errors.finalize(&call, error))
                    })))
                }
                (Err(error), Wanted::Output) => Err(error.into_error()),
            }
        });
        Finalized { call: &call, errors: &errors, wanted, handler }.await
    })
}

impl<C: Send + Sync + 'static> MountPoint<'_, C> {
    /// Mounts a procedure that answers with an iterator that hibernates.
    pub fn hibernating<P, Marker>(self)
    where
        P: HibernatingHandler + UnaryHandler<C, Marker>,
        Marker: 'static,
    {
        self.place::<P, Hibernation, Marker>();
    }
}
