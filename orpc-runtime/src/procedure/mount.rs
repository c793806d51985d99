//! How the code that `#[procedure]` generates meets the runtime.

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::Stream;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::Call;
use super::definition::Definition;
use super::error::RpcError;
use super::input::ProcedureInput;
use super::running::{ErasedProcedure, StreamRunner, UnaryRunner};
use crate::event::{EventError, EventItem};
use crate::schema::SchemaError;

/// A function with `#[procedure]`. Implemented by the type that the attribute
/// adds beside the function, under the same name.
pub trait Procedure: Sized + Send + Sync + 'static {
    /// The input; `()` where the function has none.
    type Input: ProcedureInput;
    /// What a call gives, with the lifetime of the context that a stream borrows.
    type Reply<'a>: Send;
    /// The error that the function itself may return.
    type Error: RpcError;
    /// Whether the function has an input. Without one, what a client sends is not looked at.
    const HAS_INPUT: bool;

    /// The description.
    fn definition() -> Definition;
}

/// The context and the call, as lent to one run of a procedure.
#[derive(Debug)]
pub struct Scope<'a, C> {
    pub(crate) context: &'a C,
    pub(crate) call: &'a Call,
}

impl<C> Clone for Scope<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Scope<'_, C> {}

/// A procedure that can stand in a router of context `C`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no procedure of a router with the context `{C}`",
    label = "not a procedure here"
)]
pub trait Mount<C, How>: Procedure {
    /// Puts the procedure in its place.
    fn mount(point: MountPoint<'_, C>);
}

/// A procedure with one result.
pub trait UnaryProcedure<C, How>: Procedure {
    /// The result.
    type Output: Serialize + JsonSchema + Send + 'static;

    /// Calls the function.
    fn call<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send + 'a;

    /// The result as the reply of a call in process.
    fn reply<'a>(output: Self::Output) -> Self::Reply<'a>;
}

/// A procedure that answers with a stream.
pub trait StreamProcedure<C, How>: Procedure {
    /// What the stream yields.
    type Item: Send + 'static;
    /// What of it is an event.
    type Event: EventItem;
    /// What of it is an error.
    type EventError: EventError;

    /// Calls the function.
    fn open<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<impl Stream<Item = Self::Item> + Send + 'a, Self::Error>> + Send + 'a;

    /// Takes an item apart.
    fn split(item: Self::Item) -> Result<Self::Event, Self::EventError>;

    /// The stream as the reply of a call in process.
    fn reply<'a>(stream: futures::stream::BoxStream<'a, Self::Item>) -> Self::Reply<'a>;
}

/// The place in a router for one procedure.
pub struct MountPoint<'m, C>(pub(crate) &'m mut Option<Mounted<C>>);

/// A procedure in its place: what a wire calls, and what a typed call finds.
pub(crate) struct Mounted<C> {
    pub(crate) definition: Definition,
    pub(crate) type_id: TypeId,
    pub(crate) erased: Result<Arc<dyn ErasedProcedure<C>>, SchemaError>,
    /// An `Arc<dyn TypedCall<C, P>>` of the procedure's type `P`.
    pub(crate) typed: Arc<dyn std::any::Any + Send + Sync>,
}

impl<C> Clone for Mounted<C> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
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
            UnaryRunner::<C, P, How>::compile().map(|runner| Arc::new(runner) as _),
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
        self.place::<P>(
            StreamRunner::<C, P, How>::compile().map(|runner| Arc::new(runner) as _),
            Arc::new(typed),
        );
    }

    fn place<P: Procedure>(
        self,
        erased: Result<Arc<dyn ErasedProcedure<C>>, SchemaError>,
        typed: Arc<dyn std::any::Any + Send + Sync>,
    ) {
        *self.0 = Some(Mounted {
            definition: P::definition(),
            type_id: TypeId::of::<P>(),
            erased,
            typed,
        });
    }
}

struct UnaryOf<P, How>(P, How);
struct StreamOf<P, How>(P, How);
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
            let stream = super::local::open::<C, P, How>(context, call, input).await?;
            Ok(P::reply(stream))
        })
    }
}
