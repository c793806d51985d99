//! Type-erased procedures: the code of the adapters is not compiled once per procedure.

use std::any::Any;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::call::Call;
use super::emitter::EventSink;
use super::input::{OwnedInput, RawInput};
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

    /// Calls the function in the same process, which returns the procedure's own reply.
    fn call(&self, context: Arc<C>, call: Arc<Call>, input: LocalInput) -> LocalRun;

    /// Returns the kind of the run that [`start`](Self::start) returns.
    fn run_kind(&self) -> RunKind;

    /// Returns `true` if the input is an event iterator.
    fn reads_events(&self) -> bool;

    /// Returns the same procedure with a check of its outputs against their JSON
    /// Schema.
    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError>;
}

/// A value whose type only the procedure knows.
pub(crate) type AnyValue = Box<dyn Any + Send>;

/// The input of a call in the same process.
pub(crate) enum LocalInput {
    /// A value of the procedure's own type.
    Typed(AnyValue),
    /// An input as a client sends it, which is decoded behind the middlewares.
    Received(OwnedInput),
}

/// A call in the same process.
pub(crate) type LocalRun = BoxFuture<'static, Result<AnyValue, LocalError>>;

/// Error of a call in the same process.
pub(crate) enum LocalError {
    /// The procedure's own error.
    Procedure(Box<dyn Any + Send + Sync>),
    /// An error of its input, or of a middleware before it.
    Refused(Error),
}

/// Kind of a run, by which transports differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunKind {
    /// Ends with one output.
    Output,
    /// Writes events.
    Events,
    /// Ends with an iterator that hibernates.
    Hibernating,
}

/// The future end of a run.
pub(crate) type ErasedRun = BoxFuture<'static, Result<Finished, Error>>;

/// Result that a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The output for a client.
    Output,
    /// The reply of a call in the same process, or the procedure's own error in
    /// [`Error::of_procedure`]. Panics go on to the caller.
    Reply,
}

/// A run that is ready to be polled.
pub(crate) struct Started {
    pub(crate) run: ErasedRun,
    /// The events that it writes. An error ends a run that has not opened its events;
    /// later ones are sent as events.
    pub(crate) events: Option<Arc<EventSink>>,
}

impl Started {
    /// Creates a run without events.
    pub(crate) fn run(run: impl Future<Output = Result<Finished, Error>> + Send + 'static) -> Self {
        Self { run: Box::pin(run), events: None }
    }
}

/// Result of a run.
pub(crate) enum Finished {
    Output(Output),
    /// All events are written.
    Events(StreamEnd),
    /// A hibernating iterator; the callback runs once the client knows of it.
    Hibernating(Opened),
    /// The reply of a call in the same process.
    Reply(AnyValue),
}

/// Returns the reply of a call in the same process, or its error.
pub(crate) fn into_reply(end: Result<Finished, Error>) -> Result<AnyValue, LocalError> {
    match end {
        Ok(Finished::Reply(reply)) => Ok(reply),
        Ok(_) => Err(LocalError::Refused(Error::hidden())),
        Err(error) => Err(match error.into_procedure_error() {
            Ok(error) => LocalError::Procedure(error),
            Err(error) => LocalError::Refused(error),
        }),
    }
}

impl Finished {
    /// Returns the output.
    pub(crate) fn into_output(self) -> Result<Output, Error> {
        if let Self::Output(output) = self { Ok(output) } else { Err(Error::hidden()) }
    }

    /// Returns the output; `None` if all events are written.
    pub(crate) fn into_answer(self) -> Result<Option<Output>, Error> {
        if let Self::Events(_) = self { Ok(None) } else { self.into_output().map(Some) }
    }

    /// Returns the callback of a hibernating iterator.
    pub(crate) fn into_opened(self) -> Result<Opened, Error> {
        if let Self::Hibernating(opened) = self { Ok(opened) } else { Err(Error::hidden()) }
    }

    /// Returns the error event with which the events have ended.
    pub(crate) fn event_error(&self) -> Option<&Error> {
        match self {
            Self::Events(end) => end.0.as_ref(),
            Self::Output(_) | Self::Hibernating(_) | Self::Reply(_) => None,
        }
    }
}

/// End of an open stream: with an error event, or without.
#[derive(Debug)]
pub(crate) struct StreamEnd(pub(crate) Option<Error>);
