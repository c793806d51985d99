//! Type-erased procedures: the code of the adapters is not compiled once per procedure.

use std::any::Any;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::call::Call;
use super::emitter::EventSink;
use super::input::RawInput;
use crate::core::{Error, Output};
use crate::procedure::Opened;
use crate::schema::SchemaError;

/// A procedure with its types erased.
pub(crate) trait ErasedProcedure<C>: Send + Sync {
    /// Decodes the input and prepares the run; no code of the function runs yet.
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error>;

    /// Calls the function in the same process: the procedure's own input in, its
    /// own reply out.
    fn call(&self, context: Arc<C>, call: Arc<Call>, input: AnyValue) -> LocalRun;

    /// Kind of the run that [`start`](Self::start) returns.
    fn run_kind(&self) -> RunKind;

    /// Returns the same procedure with a check of its outputs against their JSON
    /// Schema.
    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError>;
}

/// A value whose type only the procedure knows.
pub(crate) type AnyValue = Box<dyn Any + Send>;

/// A call in the same process.
pub(crate) type LocalRun = BoxFuture<'static, Result<AnyValue, LocalError>>;

/// Error of a call in the same process.
pub(crate) enum LocalError {
    /// The procedure's own error.
    Procedure(Box<dyn Any + Send + Sync>),
    /// An error of a middleware before it.
    Middleware(Error),
}

/// The variants of [`Started`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKind {
    Unary,
    Stream,
    Hibernating,
}

/// A run that is ready to be polled.
pub(crate) enum Started {
    Unary(BoxFuture<'static, Result<Output, Error>>),
    /// A stream that writes its events into the sink.
    Stream(StreamRun, Arc<EventSink>),
    /// A hibernating iterator; the future resolves to the callback that runs once the
    /// client knows of it.
    Hibernating(HibernatingRun),
}

/// An iterator that hibernates, opened by the returned callback once the client knows of it.
pub(crate) type HibernatingRun = BoxFuture<'static, Result<Opened, Error>>;

/// A stream that is polled to its end. An error ends a run that has not opened its
/// stream; later ones are sent as events.
pub(crate) type StreamRun = BoxFuture<'static, Result<StreamEnd, Error>>;

/// End of an open stream: with an error event, or without.
#[derive(Debug)]
pub(crate) struct StreamEnd(pub(crate) Option<Error>);
