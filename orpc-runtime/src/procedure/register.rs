//! Registration of procedures in routers.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use super::definition::Definition;
use super::durable::DurableOutput;
use super::erased::ErasedProcedure;
use super::handler::{HibernatingHandler, Procedure, StreamHandler, Streams, Unary, UnaryHandler};
use super::input::ProcedureInput;
use super::layer;
use super::middleware::{Below, RunMiddleware};
use super::output::ProcedureOutput;
use super::runner::{EventStream, Hibernation, Kind, OneResult, Runner};
use super::signature::{IoSchema, Signature};
use crate::core::{ErrorDeclaration, EventError, EventItem, RpcError};
use crate::procedure::Hibernating;
use crate::procedure::type_check::Checked;
use crate::schema::SchemaError;

/// A procedure for routers of context `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no procedure of a router with the context `{C}`",
    label = "not a procedure here"
)]
pub trait Mount<C, How>: Procedure {
    /// Registers the procedure.
    fn mount(point: MountPoint<'_, C>);
}

/// Position of one procedure in a router.
pub struct MountPoint<'m, C>(pub(crate) &'m mut Option<Mounted<C>>);

impl<C> fmt::Debug for MountPoint<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MountPoint").finish_non_exhaustive()
    }
}

/// A registered procedure.
pub(crate) struct Mounted<C> {
    pub(crate) definition: Definition,
    pub(crate) signature: Signature,
    pub(crate) type_id: TypeId,
    pub(crate) erased: Result<Arc<dyn ErasedProcedure<C>>, SchemaError>,
}

impl<C> Clone for Mounted<C> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            signature: self.signature.clone(),
            type_id: self.type_id,
            erased: self.erased.clone(),
        }
    }
}

impl<C: Send + Sync + 'static> MountPoint<'_, C> {
    /// Mounts a procedure with one result.
    pub fn unary<P, How>(self)
    where
        P: Unary + UnaryHandler<C, How>,
        How: 'static,
    {
        let output = IoSchema::value::<<P::Output as ProcedureOutput>::Value>();
        self.place::<P, _, How>(output, Vec::new(), OneResult::of::<P>(false));
    }

    /// Mounts a procedure whose result is the token of a durable iterator.
    pub fn durable<P, How>(self)
    where
        P: Unary<Output: DurableOutput> + UnaryHandler<C, How>,
        How: 'static,
    {
        self.place::<P, _, How>(P::Output::shape(), Vec::new(), OneResult::durable::<P>());
    }

    /// Mounts a procedure that answers with a stream.
    pub fn stream<P, How>(self)
    where
        P: StreamHandler<C, How>,
        How: 'static,
    {
        self.place::<P, _, How>(
            IoSchema::events::<<P::Event as EventItem>::Value, <P::Event as EventItem>::Return>(),
            <<P as Streams>::EventError as EventError>::declarations(),
            EventStream::of::<P>(false),
        );
    }

    /// Mounts a procedure that answers with an iterator that hibernates.
    pub fn hibernating<P, How>(self)
    where
        P: HibernatingHandler + UnaryHandler<C, How>,
        How: 'static,
    {
        let output = IoSchema::events::<
            <P::Iterator as Hibernating>::Value,
            <P::Iterator as Hibernating>::Return,
        >();
        let errors = <<P::Iterator as Hibernating>::Error as EventError>::declarations();
        self.place::<P, _, How>(output, errors, Ok(Hibernation));
    }

    /// Mounts a procedure behind a middleware.
    pub fn behind<M, How>(self, mount: impl FnOnce(MountPoint<'_, Below<M, C>>))
    where
        M: RunMiddleware<C, How>,
        How: 'static,
    {
        let mut inner = None;
        mount(MountPoint(&mut inner));
        *self.0 = inner.map(layer::mounted::<M, C, How>);
    }

    /// `errors` are the errors that an iterator may end with.
    fn place<P, K, How>(
        self,
        output: IoSchema,
        errors: Vec<ErrorDeclaration>,
        kind: Result<K, SchemaError>,
    ) where
        P: Procedure,
        K: Kind<C, P, How> + 'static,
        How: 'static,
    {
        let mut all = <P::Error as RpcError>::declarations();
        all.extend(errors.iter().cloned());
        let runner = kind.and_then(|kind| Runner::<P, K, How>::compile(kind, errors));
        *self.0 = Some(Mounted {
            definition: P::definition(),
            signature: Signature {
                input: P::Input::shape(),
                output,
                errors: all,
                middlewares: Vec::new(),
            },
            type_id: TypeId::of::<P>(),
            erased: runner.map(|runner| Arc::new(runner) as _),
        });
    }
}

/// Output of a procedure with one result. Generated code distinguishes the token of a
/// durable iterator, which is signed for the client of each call.
pub trait UnaryOutput {
    // If an implementation is missing, the compiler reports it at the procedure's
    // output.
    /// The output.
    type Output;

    /// Mounts a procedure with that output.
    fn mount<P, C, How>(point: MountPoint<'_, C>)
    where
        P: Unary<Output = Self::Output> + UnaryHandler<C, How>,
        C: Send + Sync + 'static,
        How: 'static;
}

impl<T> UnaryOutput for Checked<T, false> {
    type Output = T;

    fn mount<P, C, How>(point: MountPoint<'_, C>)
    where
        P: Unary<Output = T> + UnaryHandler<C, How>,
        C: Send + Sync + 'static,
        How: 'static,
    {
        point.unary::<P, How>();
    }
}

impl<T: DurableOutput> UnaryOutput for Checked<T, true> {
    type Output = T;

    fn mount<P, C, How>(point: MountPoint<'_, C>)
    where
        P: Unary<Output = T> + UnaryHandler<C, How>,
        C: Send + Sync + 'static,
        How: 'static,
    {
        point.durable::<P, How>();
    }
}
