//! Lifecycle callbacks of calls.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Instant;

use futures::FutureExt as _;

use super::call::Call;
use super::emitter::EventSink;
use super::erased::{
    AnyValue, ErasedProcedure, LocalError, LocalInput, LocalRun, RunKind, Started,
};
use super::input::RawInput;
use super::register::Mounted;
use crate::core::Error;
use crate::core::panic_text;
use crate::schema::SchemaError;

/// Callbacks at the start and end of every call of a router: for logs, metrics, traces.
/// See [`Router::hooks`](crate::Router::hooks).
///
/// A call starts when its context has been created, before the middlewares of the
/// router run and before its input is checked. A call of a stream procedure ends with
/// its stream, one of a hibernating iterator when the client has received the iterator.
/// In a call in the same process a stream counts as the result, and an error of the
/// procedure has the code INTERNAL_SERVER_ERROR.
///
/// Hooks run within the call and delay it: they should return quickly. If one panics,
/// the call continues and the panic is logged.
///
/// ```
/// use std::time::Duration;
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::{CallEnd, Hooks};
///
/// pub struct Log;
///
/// impl<C> Hooks<C> for Log {
///     fn on_finish(&self, _: &C, call: &Call, end: CallEnd<'_>, elapsed: Duration) {
///         println!("{} {end} after {elapsed:?}", call.path());
///     }
/// }
///
/// # #[router]
/// # pub mod health {
/// #     #[orpc_runtime::procedure]
/// #     pub async fn ping() -> &'static str { "pong" }
/// # }
/// # fn main() {
/// let router: Router<()> = health::router().hooks(Log);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "write `impl Hooks<{C}>` for the type of this value, or for a `struct` of your own in place of a function: `{Self}` lacks it",
    label = "not told of calls with the context `{C}`",
    note = "without `context = …` on the router, write `impl<C: Send + Sync> Hooks<C>`"
)]
pub trait Hooks<C>: Send + Sync + 'static {
    /// A call has begun.
    fn on_start(&self, context: &C, call: &Call) {
        let _ = (context, call);
    }

    /// A call has its result; a stream has ended without an error.
    fn on_success(&self, context: &C, call: &Call) {
        let _ = (context, call);
    }

    /// A call has failed, or a stream has ended with an error event. `error` is the
    /// error that the client gets; its [`source`](Error::source) is the source of an
    /// internal one.
    fn on_error(&self, context: &C, call: &Call, error: &Error) {
        let _ = (context, call, error);
    }

    /// A call has ended, for any reason; runs after [`on_success`](Hooks::on_success)
    /// or [`on_error`](Hooks::on_error).
    fn on_finish(&self, context: &C, call: &Call, end: CallEnd<'_>, elapsed: Duration) {
        let _ = (context, call, end, elapsed);
    }
}

/// End of a call.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum CallEnd<'a> {
    /// It has a result, or its stream has ended.
    Success,
    /// It has failed, or its stream has.
    Error(&'a Error),
    /// It was dropped: its client aborted it, disconnected or was lost, or the server
    /// shuts down.
    Dropped,
}

impl fmt::Display for CallEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("succeeded"),
            Self::Error(error) => write!(f, "failed with {}", error.code()),
            Self::Dropped => f.write_str("was dropped"),
        }
    }
}

/// Wraps a procedure so that hooks observe its calls.
pub(crate) fn hooked<C: Send + Sync + 'static>(
    mounted: Mounted<C>,
    hooks: &Arc<dyn Hooks<C>>,
) -> Mounted<C> {
    let hooked = |inner| Arc::new(Hooked { inner, hooks: Arc::clone(hooks) }) as _;
    Mounted { erased: mounted.erased.map(hooked), ..mounted }
}

struct Hooked<C> {
    inner: Arc<dyn ErasedProcedure<C>>,
    hooks: Arc<dyn Hooks<C>>,
}

/// A call whose end the hooks observe.
struct Watched<C: 'static> {
    hooks: Arc<dyn Hooks<C>>,
    context: Arc<C>,
    call: Arc<Call>,
    began: Instant,
    has_ended: bool,
}

impl<C: 'static> Hooked<C> {
    fn begin(&self, context: &Arc<C>, call: &Arc<Call>) -> Watched<C> {
        let watched = Watched {
            hooks: Arc::clone(&self.hooks),
            context: Arc::clone(context),
            call: Arc::clone(call),
            began: Instant::now(),
            has_ended: false,
        };
        watched.tell(|hooks| hooks.on_start(context, call));
        watched
    }
}

impl<C: 'static> Watched<C> {
    fn tell(&self, tell: impl FnOnce(&dyn Hooks<C>)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| tell(&*self.hooks))) {
            let panic = panic_text(&*panic);
            tracing::error!(procedure = self.call.path(), panic, "a hook panicked");
        }
    }

    fn end(mut self, error: Option<&Error>) {
        let end = match error {
            None => {
                self.tell(|hooks| hooks.on_success(&self.context, &self.call));
                CallEnd::Success
            }
            Some(error) => {
                self.tell(|hooks| hooks.on_error(&self.context, &self.call, error));
                CallEnd::Error(error)
            }
        };
        self.finish(end);
    }

    fn finish(&mut self, end: CallEnd<'_>) {
        self.has_ended = true;
        let elapsed = self.began.elapsed();
        self.tell(|hooks| hooks.on_finish(&self.context, &self.call, end, elapsed));
    }
}

impl<C: 'static> Drop for Watched<C> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.finish(CallEnd::Dropped);
        }
    }
}

impl<C: Send + Sync + 'static> ErasedProcedure<C> for Hooked<C> {
    fn start(
        &self,
        context: Arc<C>,
        call: Arc<Call>,
        input: RawInput<'_>,
        sink: &dyn Fn() -> Arc<EventSink>,
    ) -> Result<Started, Error> {
        let watched = self.begin(&context, &call);
        let started = match self.inner.start(context, call, input, sink) {
            Ok(started) => started,
            Err(error) => {
                watched.end(Some(&error));
                return Err(error);
            }
        };
        let Started { run, events } = started;
        let run = run.inspect(move |end| {
            watched.end(match end {
                Ok(outcome) => outcome.event_error(),
                Err(error) => Some(error),
            });
        });
        Ok(Started { run: run.boxed(), events })
    }

    fn call(&self, context: Arc<C>, call: Arc<Call>, input: LocalInput) -> LocalRun {
        let watched = self.begin(&context, &call);
        let run = self.inner.call(context, call, input);
        let end = |end: &Result<AnyValue, LocalError>| match end {
            Ok(_) => watched.end(None),
            Err(LocalError::Refused(error)) => watched.end(Some(error)),
            Err(LocalError::Procedure(_)) => watched.end(Some(&Error::hidden())),
        };
        run.inspect(end).boxed()
    }

    fn run_kind(&self) -> RunKind {
        self.inner.run_kind()
    }

    fn reads_events(&self) -> bool {
        self.inner.reads_events()
    }

    fn with_checked_outputs(&self) -> Result<Arc<dyn ErasedProcedure<C>>, SchemaError> {
        let inner = self.inner.with_checked_outputs()?;
        Ok(Arc::new(Self { inner, hooks: Arc::clone(&self.hooks) }))
    }
}
