//! What the code that `#[procedure]` generates implements.

use futures::stream::{BoxStream, Stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::call::Call;
use super::definition::Definition;
use super::error::RpcError;
use super::input::ProcedureInput;
use crate::event::{EventError, EventItem, Hibernating};

/// A function with `#[procedure]`. Implemented by the type that the attribute
/// adds beside the function, under the same name.
pub trait Procedure: Sized + Send + Sync + 'static {
    /// The input; `()` where the function has none.
    type Input: ProcedureInput;
    /// What a call gives, with the lifetime of the context that a stream borrows.
    type Reply<'a>: Send;
    /// The error that the function itself may return.
    type Error: RpcError;
    /// Whether the function has an input. Without one, any input that is well-formed is ignored.
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

/// A procedure with one result.
pub trait UnaryProcedure<C, How>: Procedure {
    /// The result.
    type Output: Serialize + JsonSchema + Send + 'static;
    /// Whether it takes a call on a socket.
    const NEEDS_SOCKET: bool;

    /// Calls the function.
    fn call<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send + 'a;

    /// The result as the reply of a call in process.
    fn reply<'a>(output: Self::Output) -> Self::Reply<'a>;
}

/// A procedure that answers with an iterator that hibernates.
pub trait HibernatingProcedure<C, How>: Procedure {
    /// The iterator.
    type Output: Hibernating;

    /// Calls the function.
    fn call<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send + 'a;

    /// The iterator as the reply of a call in process.
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
    /// Whether it takes a call on a socket.
    const NEEDS_SOCKET: bool;

    /// Calls the function.
    fn open<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<impl Stream<Item = Self::Item> + Send + 'a, Self::Error>> + Send + 'a;

    /// Takes an item apart.
    fn split(item: Self::Item) -> Result<Self::Event, Self::EventError>;

    /// The stream as the reply of a call in process.
    fn reply<'a>(stream: BoxStream<'a, Self::Item>) -> Self::Reply<'a>;
}
