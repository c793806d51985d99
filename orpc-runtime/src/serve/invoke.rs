//! The invocation of a procedure: its context, its input, its run.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;

use super::context::ContextSource;
use super::form::Form;
use crate::core::{Code, Error, Output, malformed_request};
use crate::procedure::{
    Call, ErasedProcedure, ErasedRun, EventSink, InputEvents, MetaValue, ProcedureKind, RawInput,
    RunKind, Started, panicked,
};
use crate::socket::Turn;
use crate::value::{Envelope, Malformed};

/// A call of a procedure, on any transport.
pub(crate) struct Invocation<'a, C> {
    pub(crate) context: &'a ContextSource<C>,
    pub(crate) procedure: &'a dyn ErasedProcedure<C>,
    pub(crate) call: &'a Arc<Call>,
    /// Member of the value that is the input, if it is not the whole value.
    pub(crate) member: Option<&'static str>,
    /// The procedure does not allow the method of the request.
    pub(crate) is_refused: bool,
}

/// Input of a call as received.
#[derive(Debug)]
pub(crate) enum Input {
    /// The text of an envelope; empty text is undefined.
    Envelope(Bytes),
    Form(Form),
    Events(InputEvents),
}

/// Result of a procedure.
pub(crate) enum Outcome {
    Output(Output),
    /// A stream that has not been polled, and the sink of its events.
    Stream(
        ErasedRun,
        #[cfg_attr(
            not(feature = "http"),
            expect(dead_code, reason = "peers know the sink of a call before it runs")
        )]
        Arc<EventSink>,
    ),
    /// An iterator that hibernates once it is opened.
    Hibernating(ErasedRun),
}

/// Converts the error of an envelope that cannot be parsed, given its text, to that of the transport.
pub(crate) type MalformedInput<E> = fn(&[u8], Malformed) -> E;

impl<C: Send + Sync + 'static> Invocation<'_, C> {
    /// Runs a procedure with one result to its end, and prepares any other run.
    ///
    /// The input is received once the context exists: unauthorised callers learn nothing about it. It is dropped
    /// before the procedure runs, with the buffer that it may be a slice of.
    pub(crate) async fn run<E: From<Error>>(
        &self,
        received: Pin<&mut impl Future<Output = Result<Input, E>>>,
        malformed: MalformedInput<E>,
        sink: impl Fn() -> Arc<EventSink>,
    ) -> Result<Outcome, E> {
        let context = self.context.get(self.call).await?;
        let input = received.await?;
        let Started { run, events } = self.start(context, input, malformed, &sink)?;
        match events {
            Some(sink) => Ok(Outcome::Stream(run, sink)),
            None if self.procedure.run_kind() == RunKind::Hibernating => {
                Ok(Outcome::Hibernating(run))
            }
            None => Ok(Outcome::Output(run.await?.into_output()?)),
        }
    }

    /// Waits for the turn of the call, if its socket is [in turn](crate::SocketConfig::in_turn) with others. Calls that may
    /// last as long as their client likes have none: streams, and those that read an event iterator.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        let turns = self.call.socket()?.turns()?;
        let definition = self.call.definition();
        let is_concurrent = definition.meta_value("concurrent") == Some(MetaValue::Bool(true));
        let lasts = definition.kind == ProcedureKind::Stream || self.procedure.reads_events();
        if is_concurrent || lasts { None } else { Some(turns.turn().await) }
    }

    /// Starts a run, which the procedure has not begun.
    pub(crate) fn start<E: From<Error>>(
        &self,
        context: Arc<C>,
        input: Input,
        malformed: MalformedInput<E>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, E> {
        let input = match input {
            Input::Envelope(bytes) if self.takes_text() => match std::str::from_utf8(&bytes) {
                Ok(text) => {
                    let (procedure, call) = (self.procedure, Arc::clone(self.call));
                    let started = procedure.start(context, call, RawInput::Text(text), sink);
                    // Only then is it worth while to read the text once more.
                    return started.map_err(|error| match Envelope::parse(&bytes) {
                        Ok(_) => error.into(),
                        Err(error) => malformed(&bytes, error),
                    });
                }
                Err(_) => Input::Envelope(bytes),
            },
            input => input,
        };
        let start = |input: Result<RawInput<'_>, E>| {
            let input = input?;
            if self.is_refused {
                return Err(Error::new(Code::MethodNotSupported).into());
            }
            Ok(self.procedure.start(context, Arc::clone(self.call), input, sink)?)
        };
        match input {
            Input::Envelope(text) => {
                let value = Envelope::parse(&text).map(|envelope| self.value(envelope));
                start(value.map_err(|error| malformed(&text, error)))
            }
            Input::Form(form) => {
                let value = form.envelope().map(|envelope| self.value(envelope));
                start(value.map_err(|error| malformed(form.text(), error)))
            }
            Input::Events(events) => start(Ok(RawInput::Events(events))),
        }
    }

    /// Returns `true` if the procedure runs with the value of an envelope as it is.
    fn takes_text(&self) -> bool {
        self.member.is_none() && !self.is_refused
    }

    /// Returns the input in an envelope.
    fn value<'e>(&self, envelope: Envelope<'e>) -> RawInput<'e> {
        RawInput::Value(match self.member {
            Some(name) => envelope.member(name),
            None => envelope,
        })
    }
}

/// Returns the error for an envelope that cannot be parsed.
pub(crate) fn malformed(_: &[u8], error: Malformed) -> Error {
    malformed_request(error.into())
}

/// Turns a panic into an internal error.
pub(crate) fn caught<T>(
    call: &Call,
    run: impl Future<Output = Result<T, Error>>,
) -> impl Future<Output = Result<T, Error>> {
    // An async function would hold the future twice: as its argument, and where it is awaited.
    AssertUnwindSafe(run)
        .catch_unwind()
        .map(|result| result.unwrap_or_else(|panic| Err(panicked(call, &*panic))))
}
