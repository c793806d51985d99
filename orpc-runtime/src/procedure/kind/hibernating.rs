//! Procedures that answer with an iterator that hibernates. Its events are written by
//! [`EncodedEvent`](crate::EncodedEvent).

use std::sync::Arc;

use futures::future::BoxFuture;

use super::Kind;
use crate::core::{ErrorDeclaration, EventError, RpcError};
use crate::procedure::declared_errors::DeclaredErrors;
use crate::procedure::emitter::EventSink;
use crate::procedure::erased::{Finished, RunKind, Started};
use crate::procedure::handler::{HibernatingHandler, UnaryHandler};
use crate::procedure::hibernating::{Hibernating, Opened};
use crate::procedure::register::MountPoint;
use crate::procedure::runner::{Run, finalized};
use crate::procedure::signature::IoSchema;
use crate::schema::SchemaError;

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
        Started::run(async move {
            let call = Arc::clone(&run.call);
            let handler = async {
                let iterator = run.answer().await;
                iterator.map(Hibernating::into_opened).map_err(RpcError::into_error)
            };
            let opened = finalized(&call, &errors, handler).await?;
            let opened: Opened = Box::new(move |socket, id| {
                opened(socket, id).map_err(|error| errors.finalize(&call, error))
            });
            Ok(Finished::Hibernating(opened))
        })
    }

    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>> {
        Box::pin(run.answer())
    }
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
