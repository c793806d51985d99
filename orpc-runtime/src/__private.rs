//! Items that generated code refers to. Not part of the public interface: they change
//! without notice.

pub use crate::core::{
    Error, ErrorDeclaration, EventError, EventItem, HiddenFromClients, RpcError, TypedError,
};
pub use crate::entries::{Entry, RouterModule, procedure_name};
pub use crate::procedure::type_check::{
    Checked, IsInfallible, IsInternal, IsNot, IsPrepared, IsProcedure, IsResult, IsShared, IsTyped,
    MiddlewareType, Misplaced, NamedType, Nothing, OnceType, ResultType, StreamType, Twice,
};
pub use crate::procedure::{
    Completed, Definition, Docs, Extended, Hibernating, HibernatingHandler, InputEvents, IoSchema,
    Lends, MayLend, Member, MetaValue, Middleware, MiddlewareDefinition, Mount, MountPoint, Next,
    PreparedOutput, Procedure, ProcedureInput, ProcedureKind, RawInput, RunMiddleware, Scope,
    StreamHandler, Streams, Unary, UnaryHandler, UnaryOutput,
};
pub use crate::router::Router;
pub use crate::schema::{DecodeError, InputDecoder, SchemaError, derived};
pub use crate::value::Envelope;
pub use futures::stream::{BoxStream, Empty, Stream};
pub use orpc_runtime_macros::{contract, middleware, procedure, router};
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
use crate::procedure::Call;
use crate::socket::Socket;

/// Types that a contract's procedures may borrow from the call, for any implementation.
#[diagnostic::on_unimplemented(
    message = "take `{Self}` by value, or keep it in the implementation: a contract's procedures borrow what a call lends",
    label = "lent by no call",
    note = "of a call these are lent: `&Call`, `&HeaderMap`, `&Socket`, `Option<&LastEventId>`"
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
    message = "take `{Self}` by value, or keep it in the implementation: only `LastEventId` and `Socket` are lent as options",
    label = "lent by no call"
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

/// Sources of an internal error.
#[diagnostic::on_unimplemented(
    message = "implement `std::error::Error` for `{Self}`: what is behind an internal error is logged",
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
