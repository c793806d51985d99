//! A run of a procedure: bytes in, bytes or events out.

use std::any::Any;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;

use super::call::Call;
use super::declared_errors::DeclaredErrors;
use super::emitter::EventSink;
use super::erased::{
    AnyValue, ErasedProcedure, LocalError, LocalInput, LocalRun, RunKind, Started,
};
use super::handler::{Procedure, Scope, UnaryHandler};
use super::input::{ProcedureInput, RawInput};
use super::kind::Kind;
use crate::core::{Error, ErrorDeclaration, malformed_request, panic_text, undecoded_input};
use crate::schema::{DecodeError, SchemaError};
use crate::value::{Envelope, Malformed};

/// Runs a procedure of one kind.
pub(crate) struct Runner<P: Procedure, K, Marker> {
    prepared: Arc<Prepared<P>>,
    kind: K,
    how: PhantomData<fn() -> Marker>,
}

/// State that all calls of a procedure share.
struct Prepared<P: Procedure> {
    /// `None` if the procedure has no input.
    input: Option<<P::Input as ProcedureInput>::Decoder>,
    errors: Arc<DeclaredErrors>,
}

/// Procedure, context and input of one call.
pub(crate) struct Run<C, P: Procedure> {
    pub(super) context: Arc<C>,
    pub(super) call: Arc<Call>,
    pub(super) input: P::Input,
}

impl<C, P: Procedure> Run<C, P> {
    /// Calls the function. Dropping the future ends the call.
    pub(super) async fn answer<Marker>(self) -> Result<P::Reply, P::Error>
    where
        P: UnaryHandler<C, Marker>,
    {
        let end = EndOfCall(self.call);
        P::call(Scope { context: &*self.context, call: &end.0 }, self.input).await
    }
}

/// Calls the function of a call that goes on behind it.
pub(super) async fn answer<C, P, Marker>(
    context: Arc<C>,
    call: &Call,
    input: P::Input,
) -> Result<P::Reply, P::Error>
where
    P: UnaryHandler<C, Marker>,
{
    let _end = EndOfFunction(call);
    P::call(Scope { context: &*context, call }, input).await
}

impl<P: Procedure, K, Marker> Runner<P, K, Marker> {
    /// Compiles the schemas of a procedure that declares the errors.
    pub(crate) fn compile<C>(errors: Vec<ErrorDeclaration>) -> Result<Self, SchemaError>
    where
        K: Kind<C, P, Marker>,
    {
        let kind = K::compile()?;
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
            check_envelope(input).map_err(|error| malformed_request(error.into()))?;
            return unit_input::<P>();
        };
        let input = P::Input::decode(decoder, input).map_err(undecoded_input)?;
        let issues = P::validate(&input);
        if issues.is_empty() {
            Ok(input)
        } else {
            Err(undecoded_input(DecodeError::Invalid(issues)))
        }
    }
}

/// Checks that an input is well-formed.
fn check_envelope(input: RawInput<'_>) -> Result<(), Malformed> {
    let envelope = match input {
        RawInput::Text("") | RawInput::Events(_) => return Ok(()),
        RawInput::Text(text) => Envelope::parse(text.as_bytes())?,
        RawInput::Value(envelope) => envelope,
    };
    envelope.value(&[]).map(drop)
}

impl<C, P, K, Marker> ErasedProcedure<C> for Runner<P, K, Marker>
where
    C: Send + Sync + 'static,
    P: Procedure,
    K: Kind<C, P, Marker>,
    Marker: 'static,
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

    fn call(&self, context: Arc<C>, call: Arc<Call>, input: LocalInput) -> LocalRun {
        let input = match input {
            LocalInput::Typed(value) => typed::<P::Input>(value),
            LocalInput::Received(input) => input.read(|input| self.prepared.decode(input)),
        };
        let run = input.map(|input| K::call(Run { context, call, input }));
        Box::pin(async move {
            let reply = run.map_err(LocalError::Refused)?.await;
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

/// Finalizes the result of a handler: marks declared errors, and turns a panic into an
/// internal error.
pub(super) fn finalized<T>(
    call: &Call,
    errors: &DeclaredErrors,
    handler: impl Future<Output = Result<T, Error>>,
) -> impl Future<Output = Result<T, Error>> {
    // An async function would hold the future twice: as its argument, and where it is awaited.
    AssertUnwindSafe(handler).catch_unwind().map(|result| match result {
        Ok(result) => result.map_err(|error| errors.finalize(call, error)),
        Err(panic) => Err(panicked(call, &*panic)),
    })
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

/// Does the same for a call that goes on.
struct EndOfFunction<'a>(&'a Call);

impl Drop for EndOfFunction<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
