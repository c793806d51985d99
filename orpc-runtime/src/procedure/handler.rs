//! What the code that `#[procedure]` generates implements.

use futures::stream::{BoxStream, Stream};

use super::call::Call;
use super::definition::Definition;
use super::input::ProcedureInput;
use super::output::ProcedureOutput;
use crate::core::{EventError, EventItem, RpcError};
use crate::procedure::Hibernating;

/// A function with `#[procedure]`. Implemented by the type that the attribute
/// adds beside the function, under the same name.
pub trait Procedure: Sized + Send + Sync + 'static {
    /// The input; `()` where the function has none.
    type Input: ProcedureInput;
    /// What a call in the same process gives.
    type Reply: Send + 'static;
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

impl<'a, C> Scope<'a, C> {
    /// The context itself.
    pub fn context(self) -> &'a C {
        self.context
    }
}

impl<C> Clone for Scope<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Scope<'_, C> {}

// The types of a result stand in traits of their own, without parameters: there the
// compiler reports a mistake in one by the words of its trait.

/// A procedure with one result.
pub trait Unary: Procedure<Reply = Self::Output> {
    /// The result.
    type Output: ProcedureOutput;
}

/// A procedure that answers with an iterator that hibernates.
pub trait Hibernates: Procedure<Reply = Self::Iterator> {
    /// The iterator.
    type Iterator: Hibernating;
}

/// A procedure that answers with a stream.
pub trait Streams: Procedure<Reply = BoxStream<'static, Self::Item>> {
    /// What the stream yields.
    type Item: Send + 'static;
    /// What of it is an event.
    type Event: EventItem;
    /// What of it is an error.
    type EventError: EventError;

    /// Takes an item apart.
    fn split(item: Self::Item) -> Result<Self::Event, Self::EventError>;
}

/// A procedure whose function gives what is the reply.
pub trait Answers<C, How>: Procedure {
    /// Whether it takes a call on a socket.
    const NEEDS_SOCKET: bool;

    /// Calls the function.
    fn call<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<Self::Reply, Self::Error>> + Send + 'a;
}

/// A procedure whose function gives a stream.
pub trait Opens<C, How>: Streams {
    /// Whether it takes a call on a socket.
    const NEEDS_SOCKET: bool;

    /// Calls the function.
    fn open<'a>(
        scope: Scope<'a, C>,
        input: Self::Input,
    ) -> impl Future<Output = Result<impl Stream<Item = Self::Item> + Send + 'a, Self::Error>> + Send + 'a;
}
