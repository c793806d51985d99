//! A run of a procedure whose types are erased: bytes in, bytes or events out.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use schemars::JsonSchema;

use super::call::Call;
use super::declared::DeclaredErrors;
use super::durable::DurableOutput;
use super::emitter::{Emitter, EventKind, EventSink, unwritten};
use super::error::{Code, Error, ErrorDeclaration, RpcError};
use super::input::{ProcedureInput, RawInput};
use super::output::Output;
use super::traits::{HibernatingProcedure, Procedure, Scope, StreamProcedure, UnaryProcedure};
use crate::event::{ErrorEvent, EventError, EventItem, EventMeta, Hibernating, Opened, Step};
use crate::schema::{DecodeError, Issue, OutputWriter, SchemaError};

/// A procedure whose types only it knows. This is the border that keeps the
/// code of the adapters from being compiled once per procedure.
pub(crate) trait ErasedProcedure<C>: Send + Sync {
    /// Reads the input and gets the run ready; nothing of the function has run yet.
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error>;

    /// The JSON Schema of the input.
    fn input_schema(&self) -> Option<&serde_json::Value>;

    /// The same procedure, whose outputs are checked against their JSON Schema.
    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError>;
}

/// A run that is ready to be polled.
pub(crate) enum Started {
    Unary(BoxFuture<'static, Result<Output, Error>>),
    /// Writes its events into the sink. An error ends a run that has not opened
    /// its stream; all others are events.
    Stream(BoxFuture<'static, Result<(), Error>>, Arc<EventSink>),
    /// Ends with what is run when the client knows that it has an iterator.
    Hibernating(BoxFuture<'static, Result<Opened, Error>>),
}

/// What all calls of a procedure share.
struct Prepared<P: Procedure> {
    /// None where the procedure has no input.
    input: Option<<P::Input as ProcedureInput>::Decoder>,
    errors: Arc<DeclaredErrors>,
}

impl<P: Procedure> Prepared<P> {
    fn compile(errors: Vec<ErrorDeclaration>) -> Result<Arc<Self>, SchemaError> {
        Ok(Arc::new(Self {
            input: P::HAS_INPUT.then(P::Input::compile).transpose()?,
            errors: Arc::new(DeclaredErrors::compile(errors)?),
        }))
    }

    /// Reads the input, with the errors that clients of oRPC know.
    fn decode(&self, input: RawInput<'_>) -> Result<P::Input, Error> {
        let Some(decoder) = &self.input else {
            // Even an input that nobody reads must be an envelope that holds together.
            if let RawInput::Value(envelope) = input {
                envelope.value(&[]).map_err(|error| malformed_request(error.into()))?;
            }
            return unit_input::<P>();
        };
        P::Input::decode(decoder, input).map_err(|error| match error {
            DecodeError::Malformed => malformed_request(error),
            DecodeError::Invalid(issues) => invalid_input(&issues),
        })
    }

    fn input_schema(&self) -> Option<&serde_json::Value> {
        self.input.as_ref().map(P::Input::schema)
    }
}

/// Runs a procedure with one result.
pub(crate) struct UnaryRunner<P: Procedure, How> {
    prepared: Arc<Prepared<P>>,
    output: Arc<OutputWriter>,
    /// What is done with an output of the procedure before it is written.
    seal: Option<Seal>,
    how: PhantomData<fn() -> How>,
}

/// Makes an output ready for the client of a call.
type Seal = fn(&dyn Any, &Call) -> Result<(), Error>;

/// Runs a procedure that answers with a stream.
pub(crate) struct StreamRunner<P: Procedure, How> {
    prepared: Arc<Prepared<P>>,
    /// Of the events and of the return value.
    outputs: Arc<[OutputWriter; 2]>,
    how: PhantomData<fn() -> How>,
}

/// Runs a procedure that answers with an iterator that hibernates.
pub(crate) struct HibernatingRunner<P: Procedure, How> {
    prepared: Arc<Prepared<P>>,
    how: PhantomData<fn() -> How>,
}

impl<P: Procedure, How> HibernatingRunner<P, How> {
    /// `events` are the errors that the iterator itself may end with.
    pub(crate) fn compile(events: Vec<ErrorDeclaration>) -> Result<Self, SchemaError> {
        let mut errors = <P::Error as RpcError>::declarations();
        errors.extend(events);
        Ok(Self { prepared: Prepared::compile(errors)?, how: PhantomData })
    }
}

impl<P: Procedure, How> UnaryRunner<P, How> {
    pub(crate) fn compile<O: JsonSchema>() -> Result<Self, SchemaError> {
        let prepared = Prepared::compile(<P::Error as RpcError>::declarations())?;
        let output = Arc::new(OutputWriter::of::<O>(false)?);
        Ok(Self { prepared, output, seal: None, how: PhantomData })
    }

    /// The output is the token of a durable iterator.
    pub(crate) fn compile_durable<O: DurableOutput>() -> Result<Self, SchemaError> {
        let seal: Seal = |output, call| match output.downcast_ref::<O>() {
            Some(iterator) => iterator.seal(call),
            None => Ok(()),
        };
        Ok(Self { seal: Some(seal), ..Self::compile::<O>()? })
    }
}

impl<P: Procedure, How> StreamRunner<P, How> {
    /// `events` are the errors that the stream itself may end with.
    pub(crate) fn compile<E: EventItem>(
        events: Vec<ErrorDeclaration>,
    ) -> Result<Self, SchemaError> {
        let mut errors = <P::Error as RpcError>::declarations();
        errors.extend(events);
        let prepared = Prepared::compile(errors)?;
        Ok(Self { prepared, outputs: outputs::<E>(false)?, how: PhantomData })
    }
}

/// The outputs of a stream's events and of its return value.
fn outputs<E: EventItem>(are_checked: bool) -> Result<Arc<[OutputWriter; 2]>, SchemaError> {
    Ok(Arc::new([
        OutputWriter::of::<E::Value>(are_checked)?,
        OutputWriter::of::<E::Return>(are_checked)?,
    ]))
}

impl<C, P, How> ErasedProcedure<C> for UnaryRunner<P, How>
where
    C: Send + Sync + 'static,
    P: UnaryProcedure<C, How>,
    How: 'static,
{
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        _sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        check_socket(P::NEEDS_SOCKET, &call)?;
        let input = self.prepared.decode(input)?;
        let errors = Arc::clone(&self.prepared.errors);
        let (writer, seal) = (Arc::clone(&self.output), self.seal);
        let run = async move {
            let end = EndOfCall(call);
            let call = &*end.0;
            let handler = async {
                let scope = Scope { context: &*context, call };
                let output = P::call(scope, input).await.map_err(RpcError::into_error)?;
                if let Some(seal) = seal {
                    seal(&output, call)?;
                }
                let mut body = Vec::with_capacity(OUTPUT);
                let files = writer.write_with_files(present(&output), &mut body);
                let files = files.map_err(|error| {
                    unwritten(error, Error::new(Code::InternalServerError), OUTPUT_INVALID)
                })?;
                Ok(Output { envelope: body, files })
            };
            settled(call, &errors, handler).await
        };
        Ok(Started::Unary(Box::pin(run)))
    }

    fn input_schema(&self) -> Option<&serde_json::Value> {
        self.prepared.input_schema()
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let (prepared, output) = (Arc::clone(&self.prepared), OutputWriter::of::<P::Output>(true)?);
        let (output, seal) = (Arc::new(output), self.seal);
        Ok(Arc::new(Self { prepared, output, seal, how: PhantomData }))
    }
}

impl<C, P, How> ErasedProcedure<C> for StreamRunner<P, How>
where
    C: Send + Sync + 'static,
    P: StreamProcedure<C, How>,
    How: 'static,
{
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        check_socket(P::NEEDS_SOCKET, &call)?;
        let input = self.prepared.decode(input)?;
        let errors = Arc::clone(&self.prepared.errors);
        let outputs = Arc::clone(&self.outputs);
        let sink = sink();
        let emitter = Emitter::new(Arc::clone(&sink));
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
                    let event = P::split(item).map_err(EventError::into_error_event);
                    match event.map(EventItem::into_event) {
                        Ok(event) => {
                            let (step, meta) = event.into_parts();
                            match step {
                                Step::Message(value) => {
                                    let write = |out: &mut _| match P::Event::encoded(&value) {
                                        Some(envelope) => events.write_encoded(envelope, out),
                                        None => events.write(present(&value), out),
                                    };
                                    emitter.emit(EventKind::Message, &meta, write)?;
                                }
                                Step::Done(value) => {
                                    let write = |out: &mut _| returns.write(present(&value), out);
                                    emitter.emit(EventKind::Done, &meta, write)?;
                                    return Ok(());
                                }
                            }
                        }
                        Err(event) => {
                            let (error, meta) = event.into_parts();
                            emitter.fail(ErrorEvent::with_meta(errors.settle(call, error), meta));
                            return Ok(());
                        }
                    }
                    emitter.ready().await;
                }
                let write = |out: &mut _| returns.write(None::<&()>, out);
                emitter.emit(EventKind::Done, &EventMeta::default(), write)
            };
            match settled(call, &errors, handler).await {
                Err(error) if open => {
                    emitter.fail(ErrorEvent::new(error));
                    Ok(())
                }
                end => end,
            }
        };
        Ok(Started::Stream(Box::pin(run), sink))
    }

    fn input_schema(&self) -> Option<&serde_json::Value> {
        self.prepared.input_schema()
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let (prepared, outputs) = (Arc::clone(&self.prepared), outputs::<P::Event>(true)?);
        Ok(Arc::new(Self { prepared, outputs, how: PhantomData }))
    }
}

impl<C, P, How> ErasedProcedure<C> for HibernatingRunner<P, How>
where
    C: Send + Sync + 'static,
    P: HibernatingProcedure<C, How>,
    How: 'static,
{
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        _sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        check_socket(true, &call)?;
        let input = self.prepared.decode(input)?;
        let errors = Arc::clone(&self.prepared.errors);
        let run = async move {
            let end = EndOfCall(call);
            let call = &*end.0;
            let handler = async {
                let iterator = P::call(Scope { context: &*context, call }, input).await;
                iterator.map(Hibernating::into_opened).map_err(RpcError::into_error)
            };
            match AssertUnwindSafe(handler).catch_unwind().await {
                Ok(Ok(opened)) => {
                    let call = Arc::clone(&end.0);
                    Ok(Box::new(move |id| opened(id).map_err(|error| errors.settle(&call, error)))
                        as Opened)
                }
                Ok(Err(error)) => Err(errors.settle(call, error)),
                Err(panic) => Err(panicked(call, &*panic)),
            }
        };
        Ok(Started::Hibernating(Box::pin(run)))
    }

    fn input_schema(&self) -> Option<&serde_json::Value> {
        self.prepared.input_schema()
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        // Its events are written elsewhere.
        Ok(Arc::new(Self { prepared: Arc::clone(&self.prepared), how: PhantomData }))
    }
}

/// The end of a handler as its client sees it: a declared error is told from
/// others, and a panic is an internal error.
async fn settled<T>(
    call: &Call,
    errors: &DeclaredErrors,
    handler: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(result) => result.map_err(|error| errors.settle(call, error)),
        Err(panic) => Err(panicked(call, &*panic)),
    }
}

fn check_socket(is_needed: bool, call: &Call) -> Result<(), Error> {
    if is_needed && call.socket().is_none() { Err(needs_socket()) } else { Ok(()) }
}

/// The answer to a call that would have to be on a socket.
pub(crate) fn needs_socket() -> Error {
    Error::custom("UPGRADE_REQUIRED")
        .with_status(426)
        .with_message("This procedure can be called over WebSocket only")
}

/// The value, or none for `()`: undefined in JavaScript.
pub(crate) fn present<T: 'static>(value: &T) -> Option<&T> {
    (TypeId::of::<T>() != TypeId::of::<()>()).then_some(value)
}

/// The input of a procedure that has none.
fn unit_input<P: Procedure>() -> Result<P::Input, Error> {
    // `P::Input` is `()` here, which the compiler cannot know.
    let unit: Box<dyn Any> = Box::new(());
    unit.downcast::<P::Input>().map(|input| *input).map_err(|_| Error::hidden())
}

/// Room for most outputs at once, in bytes.
const OUTPUT: usize = 512;

const OUTPUT_INVALID: &str = "Output validation failed";

/// The answer to a request that cannot be read.
pub(crate) fn malformed_request(_: DecodeError) -> Error {
    Error::new(Code::BadRequest).with_message(
        "Malformed request. Ensure the request body is properly formatted and the 'Content-Type' header is set correctly.",
    )
}

/// The answer to an input that its type refuses.
pub(crate) fn invalid_input(issues: &[Issue]) -> Error {
    Error::new(Code::BadRequest)
        .with_message("Input validation failed")
        .with_data(&serde_json::json!({ "issues": issues }))
}

/// The answer to a caller whose handler panicked; the text goes to the log.
pub(crate) fn panicked(call: &Call, panic: &(dyn Any + Send)) -> Error {
    tracing::error!(procedure = call.path(), panic = panic_text(panic), "a handler panicked");
    Error::hidden()
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// Tells spawned work that the call is over, also when its future is dropped.
struct EndOfCall(Arc<Call>);

impl Drop for EndOfCall {
    fn drop(&mut self) {
        self.0.end();
    }
}
