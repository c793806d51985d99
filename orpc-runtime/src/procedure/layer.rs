//! A procedure behind a middleware.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::call::Call;
use super::declared_errors::DeclaredErrors;
use super::emitter::EventSink;
use super::erased::{AnyValue, ErasedProcedure, LocalError, LocalRun, RunKind, Started, StreamEnd};
use super::handler::Scope;
use super::input::RawInput;
use super::middleware::{Below, Completed, Next, Outcome, RunMiddleware};
use super::register::Mounted;
use super::runner::{EndOfCall, finalized};
use super::signature::MiddlewareSignature;
use crate::core::{Error, EventMeta, RpcError};
use crate::schema::SchemaError;

/// Puts a middleware in front of a procedure.
pub(crate) fn mounted<M, C, How>(inner: Mounted<Below<M, C>>) -> Mounted<C>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, How>,
    How: 'static,
{
    let Mounted { definition, mut signature, type_id, erased } = inner;
    let errors = <M::Error as RpcError>::declarations();
    signature.errors.extend(errors.iter().cloned());
    let middleware = MiddlewareSignature { definition: M::definition(), errors: errors.clone() };
    signature.middlewares.insert(0, middleware);
    let erased = erased.and_then(|inner| {
        let errors = Arc::new(DeclaredErrors::compile(errors)?);
        Ok(Arc::new(Guarded::<M, C, How> { inner, errors, how: PhantomData }) as _)
    });
    Mounted { definition, signature, type_id, erased }
}

/// Runs the middleware before the input is checked, so that unauthorised callers learn
/// nothing about the input.
struct Guarded<M, C, How>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, How>,
{
    inner: Arc<dyn ErasedProcedure<Below<M, C>>>,
    /// Declared errors of the middleware alone.
    errors: Arc<DeclaredErrors>,
    how: PhantomData<fn() -> (M, How)>,
}

impl<M, C, How> Guarded<M, C, How>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, How>,
    How: 'static,
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
            finalized(&end.0, &errors, M::run(scope, next)).await
        }
    }
}

impl<M, C, How> ErasedProcedure<C> for Guarded<M, C, How>
where
    C: Send + Sync + 'static,
    M: RunMiddleware<C, How>,
    How: 'static,
{
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        let inner = Arc::clone(&self.inner);
        let kind = inner.run_kind();
        let input = input.into_owned();
        let sink = (kind == RunKind::Stream).then(sink);
        // `true` once all events have been written, including the last.
        let ended = Arc::new(AtomicBool::new(false));
        let (events, is_ended) = (sink.clone(), Arc::clone(&ended));
        let done = self.around(context, call, move |context, call| async move {
            let sink = move || events.clone().expect("only a stream asks for its sink");
            let started = input.read(|input| inner.start(context, call, input, &sink))?;
            Ok(Completed(match started {
                Started::Unary(run) => Outcome::Output(run.await?),
                Started::Stream(run, _) => {
                    let end = run.await;
                    is_ended.store(true, Ordering::Relaxed);
                    Outcome::Stream(end?)
                }
                Started::Hibernating(run) => Outcome::Hibernates(run.await?),
            }))
        });
        Ok(match (kind, sink) {
            (RunKind::Unary, _) => Started::Unary(Box::pin(async move {
                match done.await?.0 {
                    Outcome::Output(output) => Ok(output),
                    _ => Err(not_of_this_call()),
                }
            })),
            (RunKind::Hibernating, _) => Started::Hibernating(Box::pin(async move {
                match done.await?.0 {
                    Outcome::Hibernates(opened) => Ok(opened),
                    _ => Err(not_of_this_call()),
                }
            })),
            (RunKind::Stream, sink) => {
                let sink = sink.expect("made above for a stream");
                let events = Arc::clone(&sink);
                let run = async move {
                    let error = match done.await {
                        Ok(Completed(Outcome::Stream(end))) if events.is_open() => return Ok(end),
                        Ok(_) => not_of_this_call(),
                        Err(error) => error,
                    };
                    if !events.is_open() {
                        return Err(error);
                    }
                    // The stream has ended already: the middleware's error would come
                    // too late.
                    if !ended.load(Ordering::Relaxed) {
                        events.error(&error, &EventMeta::default());
                    }
                    Ok(StreamEnd(Some(error)))
                };
                Started::Stream(Box::pin(run), sink)
            }
        })
    }

    fn call(&self, context: Arc<C>, call: Arc<Call>, input: AnyValue) -> LocalRun {
        let inner = Arc::clone(&self.inner);
        let done = self.around(context, call, move |context, call| async move {
            match inner.call(context, call, input).await {
                Ok(reply) => Ok(Completed(Outcome::Reply(reply))),
                Err(LocalError::Middleware(error)) => Err(error),
                Err(LocalError::Procedure(error)) => Err(Error::of_procedure(error)),
            }
        });
        Box::pin(async move {
            match done.await {
                Ok(Completed(Outcome::Reply(reply))) => Ok(reply),
                Ok(_) => Err(LocalError::Middleware(not_of_this_call())),
                Err(error) => Err(match error.into_procedure_error() {
                    Ok(error) => LocalError::Procedure(error),
                    Err(error) => LocalError::Middleware(error),
                }),
            }
        })
    }

    fn run_kind(&self) -> RunKind {
        self.inner.run_kind()
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let (inner, errors) = (self.inner.with_checked_outputs()?, Arc::clone(&self.errors));
        Ok(Arc::new(Self { inner, errors, how: PhantomData }))
    }
}

/// Returns the error of a middleware that returned the outcome of another call.
fn not_of_this_call() -> Error {
    Error::internal("a middleware returned the `Completed` of another call")
}
