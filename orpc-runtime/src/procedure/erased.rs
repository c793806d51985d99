//! A procedure whose types only it knows: the border that keeps the code of the
//! adapters from being compiled once per procedure.

use std::any::Any;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::call::Call;
use super::emitter::EventSink;
use super::input::RawInput;
use crate::core::{Error, Output};
use crate::procedure::Opened;
use crate::schema::SchemaError;

/// A procedure whose types only it knows.
pub(crate) trait ErasedProcedure<C>: Send + Sync {
    /// Reads the input and gets the run ready; nothing of the function has run yet.
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

    /// What [`start`](Self::start) gives, if it does.
    fn run_kind(&self) -> RunKind;

    /// The JSON Schema of the input.
    fn input_schema(&self) -> Option<&serde_json::Value>;

    /// The same procedure, whose outputs are checked against their JSON Schema.
    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError>;
}

/// A value of a type that the procedure knows.
pub(crate) type AnyValue = Box<dyn Any + Send>;

/// A call in the same process.
pub(crate) type LocalRun = BoxFuture<'static, Result<AnyValue, LocalError>>;

/// Why a call in the same process failed.
pub(crate) enum LocalError {
    /// With the procedure's own error.
    Procedure(Box<dyn Any + Send + Sync>),
    /// With an error of a middleware before it.
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
    /// Writes its events into the sink.
    Stream(StreamRun, Arc<EventSink>),
    /// Ends with what is run when the client knows that it has an iterator.
    Hibernating(BoxFuture<'static, Result<Opened, Error>>),
}

/// A stream that is read to its end. An error ends a run that has not opened its
/// stream; all others are events.
pub(crate) type StreamRun = BoxFuture<'static, Result<StreamEnd, Error>>;

/// How a stream ended that was open: with an error event, or without.
#[derive(Debug)]
pub(crate) struct StreamEnd(pub(crate) Option<Error>);
