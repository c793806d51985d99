//! A run of a procedure: bytes in, bytes or events out.

use std::any::Any;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::future::BoxFuture;

use super::call::Call;
use super::declared_errors::DeclaredErrors;
use super::durable::DurableOutput;
use super::emitter::{Emitter, EventSink, unwritten};
use super::erased::{AnyValue, ErasedProcedure, LocalError, LocalRun, RunKind, Started, StreamEnd};
use super::handler::{
    HibernatingHandler, Procedure, Scope, StreamHandler, Streams, Unary, UnaryHandler,
};
use super::in_process;
use super::input::{ProcedureInput, RawInput};
use super::output::ProcedureOutput;
use crate::core::{
    Code, Error, ErrorDeclaration, ErrorEvent, EventError, EventItem, EventKind, EventMeta,
    EventPayload, Output, RpcError, malformed_request, panic_text, present, undecoded_input,
};
use crate::procedure::{Hibernating, Opened};
use crate::schema::{OutputWriter, SchemaError};

/// Runs a procedure of one kind.
pub(crate) struct Runner<P: Procedure, K, How> {
    prepared: Arc<Prepared<P>>,
    kind: K,
    how: PhantomData<fn() -> How>,
}

/// State that all calls of a procedure share.
struct Prepared<P: Procedure> {
    /// `None` if the procedure has no input.
    input: Option<<P::Input as ProcedureInput>::Decoder>,
    errors: Arc<DeclaredErrors>,
}

/// Behaviour of one kind of procedures.
pub(crate) trait Kind<C, P: Procedure, How>: Sized + Send + Sync {
    const RUNS: RunKind;
    const NEEDS_SOCKET: bool;

    /// Prepares the run.
    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Started;

    /// Calls the function in the same process.
    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>>;

    /// Returns the same kind with a check of its outputs against their JSON Schema.
    fn checked(&self) -> Result<Self, SchemaError>;
}

/// Procedure, context and input of one call.
pub(crate) struct Run<C, P: Procedure> {
    pub(super) context: Arc<C>,
    pub(super) call: Arc<Call>,
    pub(super) input: P::Input,
}

impl<C, P: Procedure> Run<C, P> {
    /// Calls the function. Dropping the future ends the call.
    async fn answer<How>(self) -> Result<P::Reply, P::Error>
    where
        P: UnaryHandler<C, How>,
    {
        let end = EndOfCall(self.call);
        P::call(Scope { context: &*self.context, call: &end.0 }, self.input).await
    }
}

impl<P: Procedure, K, How> Runner<P, K, How> {
    /// `events` are the errors that an iterator itself may end with.
    pub(crate) fn compile(kind: K, events: Vec<ErrorDeclaration>) -> Result<Self, SchemaError> {
        let mut errors = <P::Error as RpcError>::declarations();
        errors.extend(events);
        let prepared = Prepared {
            input: P::HAS_INPUT.then(P::Input::compile).transpose()?,
            errors: Arc::new(DeclaredErrors::compile(errors)?),
        };
        Ok(Self { prepared: Arc::new(prepared), kind, how: PhantomData })
    }
}

impl<P: Procedure> Prepared<P> {
    /// Decodes the input; fails with the errors that oRPC clients know.
    fn decode(&self, input: RawInput<'_>) -> Result<P::Input, Error> {
        let Some(decoder) = &self.input else {
            // An input that the procedure ignores must still be a well-formed envelope.
            if let RawInput::Value(envelope) = input {
                envelope.value(&[]).map_err(|error| malformed_request(error.into()))?;
            }
            return unit_input::<P>();
        };
        P::Input::decode(decoder, input).map_err(undecoded_input)
    }
}

impl<C, P, K, How> ErasedProcedure<C> for Runner<P, K, How>
where
    C: Send + Sync + 'static,
    P: Procedure,
    K: Kind<C, P, How> + 'static,
    How: 'static,
{
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        check_socket(K::NEEDS_SOCKET, &call)?;
        let input = self.prepared.decode(input)?;
        let errors = Arc::clone(&self.prepared.errors);
        Ok(self.kind.start(Run { context, call, input }, errors, sink))
    }

    fn call(&self, context: Arc<C>, call: Arc<Call>, input: AnyValue) -> LocalRun {
        let run = typed::<P::Input>(input).map(|input| K::call(Run { context, call, input }));
        Box::pin(async move {
            let reply = run.map_err(LocalError::Middleware)?.await;
            match reply {
                Ok(reply) => Ok(Box::new(reply) as AnyValue),
                Err(error) => Err(LocalError::Procedure(Box::new(error))),
            }
        })
    }

    fn run_kind(&self) -> RunKind {
        K::RUNS
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let (prepared, kind) = (Arc::clone(&self.prepared), self.kind.checked()?);
        Ok(Arc::new(Self { prepared, kind, how: PhantomData }))
    }
}

/// A procedure with one result.
pub(crate) struct OneResult {
    writer: Arc<OutputWriter>,
    /// Applied to an output before it is written.
    seal: Option<Seal>,
}

/// Prepares an output for the client of a call.
type Seal = fn(&dyn Any, &Call) -> Result<(), Error>;

impl OneResult {
    pub(crate) fn of<P: Unary>(is_checked: bool) -> Result<Self, SchemaError> {
        let writer =
            Arc::new(OutputWriter::of::<<P::Output as ProcedureOutput>::Value>(is_checked)?);
        Ok(Self { writer, seal: None })
    }

    /// Returns the signing step for an output that is the token of a durable iterator.
    pub(crate) fn durable<P: Unary<Output: DurableOutput>>() -> Result<Self, SchemaError> {
        let seal: Seal = |output, call| match output.downcast_ref::<P::Output>() {
            Some(iterator) => iterator.seal(call),
            None => Ok(()),
        };
        Ok(Self { seal: Some(seal), ..Self::of::<P>(false)? })
    }
}

impl<C, P, How> Kind<C, P, How> for OneResult
where
    C: Send + Sync + 'static,
    P: Unary + UnaryHandler<C, How>,
    How: 'static,
{
    const RUNS: RunKind = RunKind::Unary;
    const NEEDS_SOCKET: bool = P::NEEDS_SOCKET;

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        _sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        let (writer, seal) = (Arc::clone(&self.writer), self.seal);
        Started::Unary(Box::pin(async move {
            let call = Arc::clone(&run.call);
            let handler = async {
                let output = run.answer().await.map_err(RpcError::into_error)?;
                if let Some(seal) = seal {
                    seal(&output, &call)?;
                }
                let mut body = Vec::with_capacity(OUTPUT);
                let files = writer.write_with_files(present(output.value()), &mut body);
                let files = files.map_err(|error| {
                    unwritten(error, Error::new(Code::InternalServerError), OUTPUT_INVALID)
                })?;
                Ok(Output { envelope: body, files })
            };
            finalized(&call, &errors, handler).await
        }))
    }

    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>> {
        Box::pin(run.answer())
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        Ok(Self { seal: self.seal, ..Self::of::<P>(true)? })
    }
}

/// A procedure that answers with a stream, with the writers of its events and of its
/// return value.
pub(crate) struct EventStream(Arc<[OutputWriter; 2]>);

impl EventStream {
    pub(crate) fn of<P: Streams>(are_checked: bool) -> Result<Self, SchemaError> {
        Ok(Self(Arc::new([
            OutputWriter::of::<<P::Event as EventItem>::Value>(are_checked)?,
            OutputWriter::of::<<P::Event as EventItem>::Return>(are_checked)?,
        ])))
    }
}

impl<C, P, How> Kind<C, P, How> for EventStream
where
    C: Send + Sync + 'static,
    P: StreamHandler<C, How>,
    How: 'static,
{
    const RUNS: RunKind = RunKind::Stream;
    const NEEDS_SOCKET: bool = P::NEEDS_SOCKET;

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        let outputs = Arc::clone(&self.0);
        let sink = sink();
        let emitter = Emitter::new(Arc::clone(&sink));
        let Run { context, call, input } = run;
        let run = async move {
            let end = EndOfCall(call);
            let call = &*end.0;
            let mut open = false;
            let [events, returns] = &*outputs;
            let handler = async {
                let scope = Scope { context: &*context, call };
                let stream = P::open(scope, input).await.map_err(RpcError::into_error)?;
                open = true;
                emitter.open();
                let mut stream = pin!(stream);
                emitter.ready().await;
                while let Some(item) = stream.next().await {
                    // Other streams of the connection may have filled the buffer in the
                    // meantime.
                    emitter.room().await;
                    let event = P::split(item).map_err(EventError::into_error_event);
                    match event.map(EventItem::into_event) {
                        Ok(event) => {
                            let (step, meta) = event.into_parts();
                            match step {
                                EventPayload::Message(value) => {
                                    let write = |out: &mut _| match P::Event::encoded(&value) {
                                        Some(envelope) => events.write_encoded(envelope, out),
                                        None => events.write(present(&value), out),
                                    };
                                    emitter.emit(EventKind::Message, &meta, write)?;
                                }
                                EventPayload::Done(value) => {
                                    let write = |out: &mut _| returns.write(present(&value), out);
                                    emitter.emit(EventKind::Done, &meta, write)?;
                                    return Ok(StreamEnd(None));
                                }
                            }
                        }
                        Err(event) => {
                            let (error, meta) = event.into_parts();
                            let error = errors.finalize(call, error);
                            return Ok(emitter.fail(ErrorEvent::with_meta(error, meta)));
                        }
                    }
                    emitter.ready().await;
                }
                let write = |out: &mut _| returns.write(None::<&()>, out);
                emitter.emit(EventKind::Done, &EventMeta::default(), write)?;
                Ok(StreamEnd(None))
            };
            match finalized(call, &errors, handler).await {
                Err(error) if open => Ok(emitter.fail(ErrorEvent::new(error))),
                end => end,
            }
        };
        Started::Stream(Box::pin(run), sink)
    }

    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>> {
        Box::pin(in_process::open(run))
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        Self::of::<P>(true)
    }
}

/// A procedure that answers with an iterator that hibernates. Its events are written by
/// [`EncodedEvent`](crate::EncodedEvent).
pub(crate) struct Hibernation;

impl<C, P, How> Kind<C, P, How> for Hibernation
where
    C: Send + Sync + 'static,
    P: HibernatingHandler + UnaryHandler<C, How>,
    How: 'static,
{
    const RUNS: RunKind = RunKind::Hibernating;
    const NEEDS_SOCKET: bool = true;

    fn start(
        &self,
        run: Run<C, P>,
        errors: Arc<DeclaredErrors>,
        _sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Started {
        Started::Hibernating(Box::pin(async move {
            let call = Arc::clone(&run.call);
            let handler = async {
                let iterator = run.answer().await;
                iterator.map(Hibernating::into_opened).map_err(RpcError::into_error)
            };
            let opened = finalized(&call, &errors, handler).await?;
            Ok(Box::new(move |id| opened(id).map_err(|error| errors.finalize(&call, error)))
                as Opened)
        }))
    }

    fn call(run: Run<C, P>) -> BoxFuture<'static, Result<P::Reply, P::Error>> {
        Box::pin(run.answer())
    }

    fn checked(&self) -> Result<Self, SchemaError> {
        Ok(Self)
    }
}

/// Finalizes the result of a handler: marks declared errors, and turns a panic into an
/// internal error.
pub(super) async fn finalized<T>(
    call: &Call,
    errors: &DeclaredErrors,
    handler: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(result) => result.map_err(|error| errors.finalize(call, error)),
        Err(panic) => Err(panicked(call, &*panic)),
    }
}

fn check_socket(is_needed: bool, call: &Call) -> Result<(), Error> {
    if is_needed && call.socket().is_none() { Err(needs_socket()) } else { Ok(()) }
}

/// Returns the error of a call that must be made on a socket.
pub(crate) fn needs_socket() -> Error {
    Error::custom("UPGRADE_REQUIRED")
        .with_status(426)
        .with_message("This procedure can be called over WebSocket only")
}

/// Returns the input of a procedure without one.
fn unit_input<P: Procedure>() -> Result<P::Input, Error> {
    // `P::Input` is `()` here, which the compiler does not know.
    typed(Box::new(()))
}

/// Downcasts a value to the type that the procedure knows.
fn typed<T: 'static>(value: AnyValue) -> Result<T, Error> {
    value.downcast::<T>().map(|value| *value).map_err(|_| Error::hidden())
}

/// Initial capacity of an output, in bytes: enough for most.
const OUTPUT: usize = 512;

const OUTPUT_INVALID: &str = "Output validation failed";

/// Returns the error for a call whose handler panicked; the text is logged.
pub(crate) fn panicked(call: &Call, panic: &(dyn Any + Send)) -> Error {
    tracing::error!(procedure = call.path(), panic = panic_text(panic), "a handler panicked");
    Error::hidden()
}

/// Cancels the token of spawned tasks when the call ends or its future is dropped.
pub(super) struct EndOfCall(pub(super) Arc<Call>);

impl Drop for EndOfCall {
    fn drop(&mut self) {
        self.0.end();
    }
}
