//! A procedure behind a middleware.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::call::Call;
use super::declared_errors::DeclaredErrors;
use super::emitter::EventSink;
use super::erased::{
    ErasedProcedure, Finished, LocalError, LocalInput, LocalRun, RunKind, Started, StreamEnd,
    Wanted, into_reply,
};
use super::handler::Scope;
use super::input::RawInput;
use super::middleware::{Below, Completed, Next, RunMiddleware};
use super::register::Mounted;
use super::runner::{EndOfCall, Finalized};
use super::signature::MiddlewareSignature;
use crate::core::{Error, EventMeta, RpcError, malformed_request};
use crate::schema::SchemaError;

/// Puts a middleware in front of a procedure.
pub(crate) fn mounted<M, C, Marker>(inner: Mounted<Below<M, C>>) -> Mounted<C>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, Marker>,
    Marker: 'static,
{
    let Mounted { definition, mut signature, type_id, erased } = inner;
    let errors = <M::Error as RpcError>::declarations();
    signature.errors.extend(errors.iter().cloned());
    let middleware = MiddlewareSignature { definition: M::definition(), errors: errors.clone() };
    signature.middlewares.insert(0, middleware);
    let erased = erased.and_then(|inner| {
        let errors = Arc::new(DeclaredErrors::compile(errors)?);
        Ok(Arc::new(Guarded::<M, C, Marker> { inner, errors, how: PhantomData }) as _)
    });
    Mounted { definition, signature, type_id, erased }
}

/// Runs the middleware before the input is checked, so that unauthorised callers learn
/// nothing about the input.
struct Guarded<M, C, Marker>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, Marker>,
{
    inner: Arc<dyn ErasedProcedure<Below<M, C>>>,
    /// Declared errors of the middleware alone.
    errors: Arc<DeclaredErrors>,
    how: PhantomData<fn() -> (M, Marker)>,
}

impl<M, C, Marker> Guarded<M, C, Marker>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, Marker>,
    Marker: 'static,
{
    /// Runs the middleware around the rest of the call.
    fn around<F, Fut>(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        rest: F,
    ) -> impl Future<Output = Result<Completed, Error>> + Send + 'static
    where
        F: FnOnce(Arc<Below<M, C>>, Arc<Call>) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Completed, Error>> + Send + 'static,
    {
        let errors = Arc::clone(&self.errors);
        async move {
            let end = EndOfCall(call);
            let (below, called) = (Arc::clone(&context), Arc::clone(&end.0));
            let next = Next::new(move |value| rest(M::extend(below, value), called));
            let scope = Scope { context: &*context, call: &end.0 };
            let handler = pin!(M::run(scope, next));
            let (call, wanted) = (&*end.0, Wanted::Output);
            Finalized { call, errors: &errors, wanted, handler }.await
        }
    }
}

impl<M, C, Marker> ErasedProcedure<C> for Guarded<M, C, Marker>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, Marker>,
    Marker: 'static,
{
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        let inner = Arc::clone(&self.inner);
        let input = input.into_owned().map_err(|error| malformed_request(error.into()))?;
        let events = (inner.run_kind() == RunKind::Events).then(sink);
        // `true` once all events have been written, including the last.
        let ended = Arc::new(AtomicBool::new(false));
        let (sink, is_ended) = (events.clone(), Arc::clone(&ended));
        let called = Arc::clone(&call);
        let done = self.around(context, call, move |context, call| async move {
            let sink = move || sink.clone().expect("only a stream asks for its sink");
            let called = Arc::clone(&call);
            let mut input = input;
            let raw = input.raw().ok_or_else(Error::hidden)?;
            let started = inner.start(context, called, raw, &sink)?;
            drop(input);
            let outcome = started.run.await;
            is_ended.store(true, Ordering::Relaxed);
            Ok(Completed::new(outcome?, call))
        });
        let done = async move { done.await?.into_outcome_of(&called) };
        let Some(sink) = events.clone() else { return Ok(Started::run(done)) };
        let run = async move {
            let error = match done.await {
                Ok(outcome) => return Ok(outcome),
                Err(error) => error,
            };
            if !sink.is_open() {
                return Err(error);
            }
            // The stream has ended already: the middleware's error would come too late.
            if !ended.load(Ordering::Relaxed) {
                sink.error(&error, &EventMeta::default());
            }
            Ok(Finished::Events(StreamEnd(Some(error))))
        };
        Ok(Started { run: Box::pin(run), events })
    }

    fn call(&self, context: Arc<C>, call: Arc<Call>, input: LocalInput) -> LocalRun {
        let inner = Arc::clone(&self.inner);
        let called = Arc::clone(&call);
        let done = self.around(context, call, move |context, call| async move {
            match inner.call(context, Arc::clone(&call), input).await {
                Ok(reply) => Ok(Completed::new(Finished::Reply(reply), call)),
                Err(LocalError::Refused(error)) => Err(error),
                Err(LocalError::Procedure(error)) => Err(Error::of_procedure(error)),
            }
        });
        Box::pin(
            async move { into_reply(done.await.and_then(|done| done.into_outcome_of(&called))) },
        )
    }

    fn run_kind(&self) -> RunKind {
        self.inner.run_kind()
    }

    fn reads_events(&self) -> bool {
        self.inner.reads_events()
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let (inner, errors) = (self.inner.with_checked_outputs()?, Arc::clone(&self.errors));
        Ok(Arc::new(Self { inner, errors, how: PhantomData }))
    }
}
