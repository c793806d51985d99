//! Items that generated code refers to. Not part of the public interface: they change
//! without notice.

pub use crate::core::{
    Error, ErrorDeclaration, EventError, EventItem, HiddenFromClients, RpcError, TypedError,
};
pub use crate::entries::{Entry, RouterModule, procedure_name};
pub use crate::procedure::type_check::{
    Checked, IsInfallible, IsInternal, IsMiddleware, IsNot, IsPrepared, IsProcedure, IsResult,
    IsShared, IsTyped, MiddlewareType, Misplaced, NamedType, Nothing, OnceType, ResultType,
    StreamType, Twice,
};
pub use crate::procedure::{
    Completed, Definition, Docs, Extended, Hibernating, HibernatingHandler, InputEvents, IoSchema,
    Lends, MayLend, Member, MetaValue, Middleware, MiddlewareDefinition, Mount, MountPoint, Next,
    PreparedOutput, Procedure, ProcedureInput, ProcedureKind, RawInput, RunMiddleware, Scope,
    StreamHandler, Streams, Unary, UnaryHandler, UnaryOutput,
};
pub use crate::router::Router;
pub use crate::schema::{DecodeError, InputDecoder, IntoIssues, Issue, SchemaError, derived};
pub use crate::value::Envelope;
pub use futures::stream::{BoxStream, Empty, Stream};
pub use orpc_runtime_macros::{JsonSchema, contract, middleware, procedure, router};
pub use std::borrow::Cow;
pub use std::convert::Infallible;
pub use std::future::Future;
pub use std::marker::{Send, Sync};
pub use std::option::Option::{None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::sync::Arc;
pub use std::vec::Vec;
pub use {schemars, serde};

use std::marker::PhantomData;

use http::HeaderMap;

use crate::core::LastEventId;
use crate::procedure::{Call, Hooks};
use crate::socket::Socket;

/// Types that a contract's procedures may borrow from the call, for any implementation.
#[diagnostic::on_unimplemented(
    message = "take `{Self}` by value, or keep it in the implementation: no call provides it",
    label = "not provided by calls",
    note = "a call provides `&Call`, `&HeaderMap`, `&Socket`, `Option<&LastEventId>`"
)]
pub trait LentByCall: Sized {
    /// `true` if only calls on a socket have the value.
    const NEEDS_SOCKET: bool = false;

    /// Returns the value of this call.
    fn lend<C: 'static>(scope: Scope<'_, C>) -> &Self;
}

impl LentByCall for Call {
    fn lend<C: 'static>(scope: Scope<'_, C>) -> &Self {
        Lends::lend(scope)
    }
}

impl LentByCall for HeaderMap {
    fn lend<C: 'static>(scope: Scope<'_, C>) -> &Self {
        Lends::lend(scope)
    }
}

impl LentByCall for Socket {
    const NEEDS_SOCKET: bool = true;

    fn lend<C: 'static>(scope: Scope<'_, C>) -> &Self {
        Lends::lend(scope)
    }
}

/// Types that a contract's procedures may borrow if the call has them.
#[diagnostic::on_unimplemented(
    message = "take `{Self}` by value, or keep it in the implementation: only `LastEventId` and `Socket` are optional",
    label = "not provided by calls"
)]
pub trait MaybeLentByCall: Sized {
    /// Returns the value of this call, if it has one.
    fn lend<C: 'static>(scope: Scope<'_, C>) -> Option<&Self>;
}

impl MaybeLentByCall for LastEventId {
    fn lend<C: 'static>(scope: Scope<'_, C>) -> Option<&Self> {
        MayLend::lend(scope)
    }
}

impl MaybeLentByCall for Socket {
    fn lend<C: 'static>(scope: Scope<'_, C>) -> Option<&Self> {
        MayLend::lend(scope)
    }
}

/// Context of a router in which one of context `Inner` is nested.
#[diagnostic::on_unimplemented(
    message = "remove `context = {Inner}` here: the context of the router around it is `{Self}`",
    label = "another context than that of the router around it"
)]
pub trait Nests<Inner>: Sized {
    /// Converts the nested router.
    fn nested(router: Router<Inner>) -> Router<Self>;
}

/// Makes the compiler infer `Inner` from the nested router, not from the only
/// implementation that there would be.
#[derive(Debug)]
pub struct Other<C>(PhantomData<C>);

impl<C> Nests<Other<C>> for C {
    fn nested(_: Router<Other<C>>) -> Router<C> {
        Router::default()
    }
}

impl<C> Nests<C> for C {
    fn nested(router: Router<C>) -> Router<C> {
        router
    }
}

/// Nests a router in another one.
pub fn nest<C, Inner>(router: Router<C>, name: &str, inner: Router<Inner>) -> Router<C>
where
    C: Nests<Inner> + Send + Sync + 'static,
{
    router.nest(name, C::nested(inner))
}

/// A router's context that threads can share; `Checked` says whether it is.
pub trait SharedContext {
    /// The context as code inside of the router names it.
    type Context;
    /// The context as it is declared.
    type Whole;

    /// Returns the router, whose type names the declared context.
    fn finish(router: Router<Self::Context>) -> Router<Self::Whole>;
}

impl<C> SharedContext for Checked<C, true> {
    type Context = C;
    type Whole = C;

    fn finish(router: Router<C>) -> Router<C> {
        router
    }
}

// Two implementations may be meant of a check that has failed, so that the compiler
// reports nothing further.
impl<C> SharedContext for Checked<C, false> {
    type Context = C;
    type Whole = C;

    fn finish(router: Router<C>) -> Router<C> {
        router
    }
}

/// Adds hooks by a name, which `Checked` says is that of a value.
#[diagnostic::on_unimplemented(
    message = "write `impl Hooks<{C}>` for the type of this value, or for a `struct` of your own in place of a function: `{H}` lacks it",
    label = "not told of calls with the context `{C}`",
    note = "hooks are a value, such as a unit struct; functions with `#[middleware]` are named by `with = …`",
    note = "without `context = …` on the router, write `impl<C: Send + Sync> Hooks<C>`"
)]
pub trait AddHooks<C, H> {
    /// Adds the hooks to a router.
    fn add(router: Router<C>, hooks: H) -> Router<C>;
}

impl<C: Send + Sync + 'static, H: Hooks<C>> AddHooks<C, H> for Checked<(), true> {
    fn add(router: Router<C>, hooks: H) -> Router<C> {
        router.hooks(hooks)
    }
}

impl<C, H> AddHooks<C, H> for Checked<(), false> {
    fn add(router: Router<C>, _: H) -> Router<C> {
        router
    }
}

/// Refuses a router that re-exports a function by the name of a type.
pub fn reexported<C: Send + Sync + 'static>(
    mut router: Router<C>,
    name: &str,
    is_function: bool,
) -> Router<C> {
    if is_function {
        router.refuse_unserved(name);
    }
    router
}

/// Returns `true` if a value is a function, which has no size and the name of its item.
pub fn is_function<T>(_: &T) -> bool {
    let name = std::any::type_name::<T>();
    let path = name.split_once('<').map_or(name, |(path, _)| path);
    size_of::<T>() == 0
        && path.rsplit_once("::").is_some_and(|(_, name)| {
            name.starts_with(|first: char| first.is_lowercase() || first == '_')
        })
}

/// Sources of an internal error.
#[diagnostic::on_unimplemented(
    message = "implement `std::error::Error` for `{Self}`, or write `#[rpc_error(transparent)]` if clients may see it: the cause of an internal error is logged",
    label = "neither an error nor a text"
)]
pub trait Cause {
    /// Converts it into an error.
    fn into_source(self) -> Box<dyn std::error::Error + Send + Sync>;
}

#[diagnostic::do_not_recommend]
impl<T: Into<Box<dyn std::error::Error + Send + Sync>>> Cause for T {
    fn into_source(self) -> Box<dyn std::error::Error + Send + Sync> {
        self.into()
    }
}

/// Creates an error whose text stays on the server.
pub fn internal(cause: impl Cause) -> Error {
    Error::internal(cause.into_source())
}

/// Converts the error of a middleware into its wire form.
pub fn failed<M: Middleware>(error: M::Error) -> Error {
    error.into_error()
}

/// Placeholder for an implementation that could not be generated.
pub fn unreachable() -> Error {
    Error::hidden()
}
