//! Puts procedures into routers.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::call::Call;
use super::definition::Definition;
use super::durable::DurableOutput;
use super::error::{ErrorDeclaration, RpcError};
use super::input::ProcedureInput;
use super::local;
use super::running::{ErasedProcedure, HibernatingRunner, StreamRunner, UnaryRunner};
use super::signature::{Shape, Signature};
use super::traits::{HibernatingProcedure, Procedure, Scope, StreamProcedure, UnaryProcedure};
use crate::event::{EventError, EventItem, Hibernating};
use crate::schema::SchemaError;

/// A procedure that can stand in a router of context `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no procedure of a router with the context `{C}`",
    label = "not a procedure here"
)]
pub trait Mount<C, How>: Procedure {
    /// Puts the procedure in its place.
    fn mount(point: MountPoint<'_, C>);
}

/// The place in a router for one procedure.
pub struct MountPoint<'m, C>(pub(crate) &'m mut Option<Mounted<C>>);

/// A procedure in its place: what a wire calls, and what a typed call finds.
pub(crate) struct Mounted<C> {
    pub(crate) definition: Definition,
    pub(crate) signature: Signature,
    pub(crate) type_id: TypeId,
    pub(crate) erased: Result<Arc<dyn ErasedProcedure<C>>, SchemaError>,
    /// An `Arc<dyn TypedCall<C, P>>` of the procedure's type `P`.
    pub(crate) typed: Arc<dyn Any + Send + Sync>,
}

impl<C> Clone for Mounted<C> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            signature: self.signature.clone(),
            type_id: self.type_id,
            erased: self.erased.clone(),
            typed: Arc::clone(&self.typed),
        }
    }
}

/// A call in the same process, with the procedure's own types.
pub(crate) trait TypedCall<C, P: Procedure>: Send + Sync {
    fn call<'a>(
        &self,
        context: &'a C,
        call: Call,
        input: P::Input,
    ) -> BoxFuture<'a, Result<P::Reply<'a>, P::Error>>;
}

impl<C: Send + Sync + 'static> MountPoint<'_, C> {
    /// Mounts a procedure with one result.
    pub fn unary<P, How>(self)
    where
        P: UnaryProcedure<C, How>,
        How: 'static,
    {
        let typed: Arc<dyn TypedCall<C, P>> = Arc::new(Typed::<UnaryOf<P, How>>(PhantomData));
        self.place::<P>(
            Shape::value::<P::Output>(),
            Vec::new(),
            UnaryRunner::<P, How>::compile::<P::Output>().map(|runner| Arc::new(runner) as _),
            Arc::new(typed),
        );
    }

    /// Mounts a procedure whose result is the token of a durable iterator.
    pub fn durable<P, How>(self)
    where
        P: UnaryProcedure<C, How, Output: DurableOutput>,
        How: 'static,
    {
        let typed: Arc<dyn TypedCall<C, P>> = Arc::new(Typed::<UnaryOf<P, How>>(PhantomData));
        self.place::<P>(
            P::Output::shape(),
            Vec::new(),
            UnaryRunner::<P, How>::compile_durable::<P::Output>().map(|runner| Arc::new(runner) as _),
            Arc::new(typed),
        );
    }

    /// Mounts a procedure that answers with a stream.
    pub fn stream<P, How>(self)
    where
        P: StreamProcedure<C, How>,
        How: 'static,
    {
        let typed: Arc<dyn TypedCall<C, P>> = Arc::new(Typed::<StreamOf<P, How>>(PhantomData));
        let errors = <P::EventError as EventError>::declarations();
        self.place::<P>(
            Shape::events::<<P::Event as EventItem>::Value, <P::Event as EventItem>::Return>(),
            errors.clone(),
            StreamRunner::<P, How>::compile::<P::Event>(errors).map(|runner| Arc::new(runner) as _),
            Arc::new(typed),
        );
    }

    /// Mounts a procedure that answers with an iterator that hibernates.
    pub fn hibernating<P, How>(self)
    where
        P: HibernatingProcedure<C, How>,
        How: 'static,
    {
        let typed: Arc<dyn TypedCall<C, P>> = Arc::new(Typed::<HibernatingOf<P, How>>(PhantomData));
        let errors = <<P::Output as Hibernating>::Error as EventError>::declarations();
        self.place::<P>(
            Shape::events::<<P::Output as Hibernating>::Value, <P::Output as Hibernating>::Return>(
            ),
            errors.clone(),
            HibernatingRunner::<P, How>::compile(errors).map(|runner| Arc::new(runner) as _),
            Arc::new(typed),
        );
    }

    /// `stream_errors` are those that an iterator may end with.
    fn place<P: Procedure>(
        self,
        output: Shape,
        stream_errors: Vec<ErrorDeclaration>,
        erased: Result<Arc<dyn ErasedProcedure<C>>, SchemaError>,
        typed: Arc<dyn Any + Send + Sync>,
    ) {
        let mut errors = <P::Error as RpcError>::declarations();
        errors.extend(stream_errors);
        *self.0 = Some(Mounted {
            definition: P::definition(),
            signature: Signature { input: P::Input::shape(), output, errors },
            type_id: TypeId::of::<P>(),
            erased,
            typed,
        });
    }
}

struct UnaryOf<P, How>(P, How);
struct StreamOf<P, How>(P, How);
struct HibernatingOf<P, How>(P, How);
struct Typed<K>(PhantomData<fn() -> K>);

impl<C, P, How> TypedCall<C, P> for Typed<UnaryOf<P, How>>
where
    C: Sync + 'static,
    P: UnaryProcedure<C, How>,
    How: 'static,
{
    fn call<'a>(
        &self,
        context: &'a C,
        call: Call,
        input: P::Input,
    ) -> BoxFuture<'a, Result<P::Reply<'a>, P::Error>> {
        Box::pin(async move {
            let scope = Scope { context, call: &call };
            P::call(scope, input).await.map(P::reply)
        })
    }
}

impl<C, P, How> TypedCall<C, P> for Typed<HibernatingOf<P, How>>
where
    C: Sync + 'static,
    P: HibernatingProcedure<C, How>,
    How: 'static,
{
    fn call<'a>(
        &self,
        context: &'a C,
        call: Call,
        input: P::Input,
    ) -> BoxFuture<'a, Result<P::Reply<'a>, P::Error>> {
        Box::pin(async move {
            let scope = Scope { context, call: &call };
            P::call(scope, input).await.map(P::reply)
        })
    }
}

impl<C, P, How> TypedCall<C, P> for Typed<StreamOf<P, How>>
where
    C: Sync + 'static,
    P: StreamProcedure<C, How>,
    How: 'static,
{
    fn call<'a>(
        &self,
        context: &'a C,
        call: Call,
        input: P::Input,
    ) -> BoxFuture<'a, Result<P::Reply<'a>, P::Error>> {
        Box::pin(async move {
            let stream = local::open::<C, P, How>(context, call, input).await?;
            Ok(P::reply(stream))
        })
    }
}
