//! A run of a procedure: bytes in, bytes or events out.

use std::any::Any;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::call::Call;
use super::declared_errors::DeclaredErrors;
use super::emitter::EventSink;
use super::erased::{
    AnyValue, ErasedProcedure, ErasedRun, LocalError, LocalInput, LocalRun, RunKind, Started,
    Wanted, into_reply,
};
use super::handler::Procedure;
use super::input::{ProcedureInput, RawInput};
use super::kind::Kind;
use crate::core::{Error, ErrorDeclaration, malformed_request, panic_text, undecoded_input};
use crate::schema::{DecodeError, Issue, SchemaError};
use crate::value::Envelope;

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

impl<P: Procedure, K, Marker> Runner<P, K, Marker> {
    /// Compiles the schemas of a procedure that declares the errors.
    pub(crate) fn compile<C>(errors: Vec<ErrorDeclaration>) -> Result<Self, SchemaError>
    where
        K: Kind<C, P, Marker>,
    {
        let kind = K::compile()?;
        let input = if P::HAS_INPUT { Some(P::Input::compile()?) } else { None };
        let prepared = Prepared { input, errors: Arc::new(DeclaredErrors::compile(errors)?) };
        Ok(Self { prepared: Arc::new(prepared), kind, how: PhantomData })
    }
}

impl<P: Procedure> Prepared<P> {
    /// Decodes the input; fails with the errors that oRPC clients know.
    fn decode(&self, input: RawInput<'_>) -> Result<P::Input, Error> {
        let Some(decoder) = &self.input else {
            // An input that the procedure ignores must still be a well-formed envelope.
            check_envelope(input)?;
            return unit_input::<P>();
        };
        match P::Input::decode(decoder, input) {
            Ok(input) => {
                check_issues(P::validate(&input))?;
                Ok(input)
            }
            Err(error) => Err(undecoded_input(error)),
        }
    }
}

/// Fails with issues, if there are any.
#[inline]
fn check_issues(issues: Vec<Issue>) -> Result<(), Error> {
    if issues.is_empty() { Ok(()) } else { Err(undecoded_input(DecodeError::Invalid(issues))) }
}

/// Checks that an input is well-formed.
fn check_envelope(input: RawInput<'_>) -> Result<(), Error> {
    let envelope = match input {
        RawInput::Text("") | RawInput::Events(_) => return Ok(()),
        RawInput::Text(text) => Envelope::parse(text.as_bytes()),
        RawInput::Value(envelope) => Ok(envelope),
    };
    let checked = envelope.and_then(|envelope| envelope.value(&[]).map(drop));
    checked.map_err(|error| malformed_request(error.into()))
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
            LocalInput::Received(mut input) => match input.raw() {
                Some(input) => self.prepared.decode(input),
                None => Err(Error::hidden()),
            },
        };
        let run = match input {
            Ok(input) => {
                let errors = Arc::clone(&self.prepared.errors);
                Ok(self.kind.call(Run { context, call, input }, errors))
            }
            Err(error) => Err(error),
        };
        local(run)
    }

    fn run_kind(&self) -> RunKind {
        K::RUNS
    }

    fn reads_events(&self) -> bool {
        P::HAS_INPUT && P::Input::IS_EVENTS
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let (prepared, kind) = (Arc::clone(&self.prepared), self.kind.checked()?);
        Ok(Arc::new(Self { prepared, kind, how: PhantomData }))
    }
}

/// Returns the run of a call in the same process.
fn local(run: Result<ErasedRun, Error>) -> LocalRun {
    Box::pin(async move {
        match run {
            Ok(run) => into_reply(run.await),
            Err(error) => Err(LocalError::Refused(error)),
        }
    })
}

/// Finalizes the result of a handler for clients: marks declared errors, and turns a panic into
/// an internal error. The handler is of any type, so that this is compiled once.
pub(super) struct Finalized<'a, T> {
    pub(super) call: &'a Call,
    pub(super) errors: &'a DeclaredErrors,
    pub(super) wanted: Wanted,
    pub(super) handler: Pin<&'a mut (dyn Future<Output = Result<T, Error>> + Send + 'a)>,
}

impl<T> Future for Finalized<'_, T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if this.wanted == Wanted::Reply {
            return this.handler.as_mut().poll(cx);
        }
        Poll::Ready(match catch_unwind(AssertUnwindSafe(|| this.handler.as_mut().poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Err(error))) => Err(this.errors.finalize(this.call, error)),
            Ok(Poll::Ready(result)) => result,
            Err(panic) => Err(panicked(this.call, &*panic)),
        })
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
    match value.downcast::<T>() {
        Ok(value) => Ok(*value),
        Err(_) => Err(Error::hidden()),
    }
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
pub(super) struct EndOfFunction<'a>(pub(super) &'a Call);

impl Drop for EndOfFunction<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
