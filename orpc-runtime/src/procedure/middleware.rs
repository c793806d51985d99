//! Middleware around the calls of a router or a procedure.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::call::Call;
use super::definition::MiddlewareDefinition;
use super::erased::Finished;
use super::handler::Scope;
use crate::core::{Error, RpcError};

#[doc = include_str!("middleware.md")]
#[diagnostic::on_unimplemented(
    message = "write the name of a function with `#[middleware]`: `{Self}` is not one",
    label = "not a middleware"
)]
pub trait Middleware: Sized + Send + Sync + 'static {
    /// Value that it adds to the context of the procedures behind it.
    type Value: Send + Sync + 'static;
    /// Error with which it ends a call.
    type Error: RpcError;
    /// Context of the procedures behind it, where its own is `C`.
    type Context<C: Send + Sync + 'static>: Send + Sync + 'static;

    /// Returns the description.
    fn definition() -> MiddlewareDefinition;

    /// Creates the context of one call.
    fn extend<C: Send + Sync + 'static>(
        context: Arc<C>,
        value: Self::Value,
    ) -> Arc<Self::Context<C>>;
}

/// The context behind a middleware.
pub(crate) type Below<M, C> = <M as Middleware>::Context<C>;

/// A middleware for routers of context `C`.
#[diagnostic::on_unimplemented(
    message = "write the name of a function with `#[middleware]`: `{Self}` is not one for the context `{C}`",
    label = "not a middleware here"
)]
pub trait RunMiddleware<C, Marker>: Middleware {
    /// Runs it for one call.
    fn run<'a>(
        scope: Scope<'a, C>,
        next: Next<Self::Value>,
    ) -> impl Future<Output = Result<Completed, Error>> + Send + 'a;
}

/// A context extended with the value of a middleware: the context of the procedures
/// behind it.
///
/// Their arguments may borrow the `X`, and everything that `C` provides.
#[derive(Debug, Clone)]
pub struct Extended<C, X> {
    pub(super) context: Arc<C>,
    pub(super) value: X,
}

impl<C, X> Extended<C, X> {
    /// Adds a value to a context.
    pub fn new(context: Arc<C>, value: X) -> Self {
        Self { context, value }
    }

    /// Returns the context without the value.
    pub fn context(&self) -> &Arc<C> {
        &self.context
    }

    /// Returns the value of the middleware.
    pub fn value(&self) -> &X {
        &self.value
    }
}

/// The rest of a call: the middlewares behind this one, the input check and the
/// procedure itself. A [middleware](crate::middleware) takes it if it acts after the
/// call, or replaces it.
///
/// `T` is the type of the value for the procedures.
///
/// ```
/// use std::time::Instant;
/// use orpc_runtime::prelude::*;
///
/// #[middleware]
/// async fn timed(call: &Call, next: Next) -> Result<Completed, Error> {
///     let started = Instant::now();
///     let result = next.run().await;
///     println!("{} took {:?}", call.path(), started.elapsed());
///     result
/// }
/// # fn main() {}
/// ```
pub struct Next<T = ()>(Box<Rest<T>>);

type Rest<T> = dyn FnOnce(T) -> BoxFuture<'static, Result<Completed, Error>> + Send;

impl<T> Next<T> {
    pub(super) fn new<F, Fut>(rest: F) -> Self
    where
        F: FnOnce(T) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Completed, Error>> + Send + 'static,
    {
        Self(Box::new(|value| Box::pin(rest(value))))
    }

    /// Runs the rest of the call, which may borrow the value.
    ///
    /// For a stream procedure that is until the stream has ended; in a call in the
    /// same process, until the procedure has returned it.
    ///
    /// # Errors
    /// The error with which the call ends. Return it unchanged to preserve the client's
    /// error.
    pub async fn with(self, value: T) -> Result<Completed, Error> {
        self.0(value).await
    }
}

impl Next {
    /// Runs the rest of the call, as [`with`](Next::with) does.
    ///
    /// # Errors
    /// The error with which the call ends.
    pub async fn run(self) -> Result<Completed, Error> {
        self.with(()).await
    }
}

impl<T> fmt::Debug for Next<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

/// Result of a call that [`Next`] has run. The middleware returns it, so that the
/// client gets the result.
#[must_use = "return it: it holds the result of the call"]
pub struct Completed {
    outcome: Finished,
    /// The call that it is the result of.
    call: Arc<Call>,
}

impl Completed {
    pub(super) fn new(outcome: Finished, call: Arc<Call>) -> Self {
        Self { outcome, call }
    }

    /// Returns the outcome, or an error if it is that of another call.
    pub(super) fn into_outcome_of(self, call: &Arc<Call>) -> Result<Finished, Error> {
        if Arc::ptr_eq(&self.call, call) {
            Ok(self.outcome)
        } else {
            Err(Error::internal("a middleware returned the `Completed` of another call"))
        }
    }

    /// Returns the error event with which a stream has ended. The client has received
    /// it already.
    pub fn stream_error(&self) -> Option<&Error> {
        self.outcome.event_error()
    }
}

impl fmt::Debug for Completed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completed")
            .field("stream_error", &self.stream_error())
            .finish_non_exhaustive()
    }
}
