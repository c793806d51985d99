//! Sources of the contexts of calls.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::core::{Error, RpcError};
use crate::procedure::Call;

/// Context of a service's calls: a value of type `C` or an `Arc` of one, shared by all
/// calls; or an async function of the call, which creates a context for each call and
/// may refuse it.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// pub struct Session { user: String }
///
/// async fn session(call: &Call) -> Result<Session, Error> {
///     match call.bearer_token() {
///         Some(token) => Ok(Session { user: token.to_owned() }),
///         None => Err(Error::new(Code::Unauthorized)),
///     }
/// }
///
/// #[router(context = Session)]
/// pub mod account {
///     use super::*;
///
///     #[procedure]
///     pub async fn who_am_i(session: &Session) -> String {
///         session.user.clone()
///     }
/// }
///
/// # fn main() {
/// let service = Rpc::new(account::router()).http(session);
/// # }
/// ```
///
/// # About the type parameter `Marker`
///
/// A function pointer and a value could implement one trait for the same type, which Rust
/// refuses. The implementations therefore differ in a parameter that no method uses: a value
/// implements `IntoContext<C, Shared>`, an `Arc` of one `IntoContext<C, SharedArc>`, a function
/// `IntoContext<C, PerCall>`. The compiler infers it, since exactly one of them applies; where
/// types are written out, as in `router.procedure::<send, _>()`, it is `_`.
///
/// The other parameters of that name in this crate are of the same sort: a procedure borrows
/// an argument from the context itself, from a middleware or from the call, and the parameter
/// of [`Lends`](crate::Lends) says from which.
#[diagnostic::on_unimplemented(
    message = "pass `{C}` itself, an `Arc<{C}>`, or an `async fn(&Call) -> Result<{C}, E>`: `{Self}` is not a context for this router",
    label = "neither a `{C}` nor an async function that makes one",
    note = "`E` is `orpc_runtime::Error`, or an error with `#[derive(RpcError)]`"
)]
pub trait IntoContext<C, Marker> {
    /// Converts it into a source of contexts.
    fn into_context(self) -> ContextSource<C>;
}

/// Marks a value that all calls share.
#[derive(Debug)]
pub enum Shared {}

/// Marks an `Arc` that all calls share.
#[derive(Debug)]
pub enum SharedArc {}

/// Marks an async function of the call.
#[derive(Debug)]
pub enum PerCall {}

/// A source of contexts.
pub struct ContextSource<C>(Source<C>);

type MakeContext<C> = dyn Fn(Arc<Call>) -> BoxFuture<'static, Result<C, Error>> + Send + Sync;

#[cfg(feature = "websocket")]
type FindContext<C> = dyn Fn(&Call) -> Result<Arc<C>, Error> + Send + Sync;

enum Source<C> {
    Shared(Arc<C>),
    PerCall(Arc<MakeContext<C>>),
    /// A shared value for each socket.
    #[cfg(feature = "websocket")]
    OfCall(Arc<FindContext<C>>),
}

/// An async function that creates the context of a call.
pub trait ContextFn<'a, C>: Send + Sync {
    /// Error of a refused call.
    type Error: RpcError;
    /// Future that the function returns.
    type Future: Future<Output = Result<C, Self::Error>> + Send + 'a;

    /// Creates the context.
    fn make(&self, call: &'a Call) -> Self::Future;
}

impl<'a, C, E, F, Fut> ContextFn<'a, C> for F
where
    F: Fn(&'a Call) -> Fut + Send + Sync,
    Fut: Future<Output = Result<C, E>> + Send + 'a,
    E: RpcError,
{
    type Error = E;
    type Future = Fut;

    fn make(&self, call: &'a Call) -> Fut {
        self(call)
    }
}

impl<C> IntoContext<C, Shared> for C {
    fn into_context(self) -> ContextSource<C> {
        ContextSource(Source::Shared(Arc::new(self)))
    }
}

impl<C> IntoContext<C, SharedArc> for Arc<C> {
    fn into_context(self) -> ContextSource<C> {
        ContextSource(Source::Shared(self))
    }
}

impl<C, F> IntoContext<C, PerCall> for F
where
    C: Send + 'static,
    F: for<'a> ContextFn<'a, C> + 'static,
{
    fn into_context(self) -> ContextSource<C> {
        let function = Arc::new(self);
        ContextSource(Source::PerCall(Arc::new(move |call| {
            let function = Arc::clone(&function);
            Box::pin(async move { function.make(&call).await.map_err(RpcError::into_error) })
        })))
    }
}

impl<C> ContextSource<C> {
    /// Creates a source that finds the context by the call.
    #[cfg(feature = "websocket")]
    pub(crate) fn of_call(
        find: impl Fn(&Call) -> Result<Arc<C>, Error> + Send + Sync + 'static,
    ) -> Self {
        Self(Source::OfCall(Arc::new(find)))
    }

    /// Returns `true` if no call waits for its context.
    pub(crate) fn is_ready(&self) -> bool {
        !matches!(self.0, Source::PerCall(_))
    }

    /// Returns the context of a call, unless it has to be [waited](Self::is_ready) for.
    pub(crate) fn ready(
        &self,
        #[cfg_attr(not(feature = "websocket"), expect(unused_variables, reason = "for sockets"))]
        call: &Call,
    ) -> Option<Result<Arc<C>, Error>> {
        match &self.0 {
            Source::Shared(context) => Some(Ok(Arc::clone(context))),
            #[cfg(feature = "websocket")]
            Source::OfCall(find) => Some(find(call)),
            Source::PerCall(_) => None,
        }
    }

    /// Returns the context of a call.
    pub(crate) async fn get(&self, call: &Arc<Call>) -> Result<Arc<C>, Error> {
        match &self.0 {
            Source::Shared(context) => Ok(Arc::clone(context)),
            #[cfg(feature = "websocket")]
            Source::OfCall(find) => find(call),
            Source::PerCall(make) => make(Arc::clone(call))
                .await
                .map(Arc::new)
                .inspect_err(|error| error.log(call.path())),
        }
    }
}

impl<C> Clone for ContextSource<C> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Source::Shared(context) => Source::Shared(Arc::clone(context)),
            Source::PerCall(make) => Source::PerCall(Arc::clone(make)),
            #[cfg(feature = "websocket")]
            Source::OfCall(find) => Source::OfCall(Arc::clone(find)),
        })
    }
}

impl<C> std::fmt::Debug for ContextSource<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.0 {
            Source::Shared(_) => "ContextSource::Shared",
            Source::PerCall(_) => "ContextSource::PerCall",
            #[cfg(feature = "websocket")]
            Source::OfCall(_) => "ContextSource::OfCall",
        })
    }
}
