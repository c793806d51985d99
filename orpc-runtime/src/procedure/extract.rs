//! Extractors: the types of the arguments that a procedure takes by reference.

use std::marker::PhantomData;

use http::HeaderMap;

use super::call::Call;
use super::handler::Scope;
use super::middleware::Extended;
use crate::core::LastEventId;
use crate::socket::Socket;

/// A router's context from which a procedure can borrow a `T` during a call.
///
/// Sealed: implemented for every context that is or holds a `T`, and for what a call provides. `Marker` is inferred; see
/// [`IntoContext`](crate::IntoContext#about-the-type-parameter-marker).
#[diagnostic::on_unimplemented(
    message = "write `#[router(context = {T})]`, or put a middleware that gives `{T}` before what takes `&{T}` in `with = [first, second]`; an input is taken without `&`: the context here is `{Self}`",
    label = "takes `&{T}`, which neither the context, nor an earlier middleware, nor a call provides",
    note = "a call provides `&Call`, `&HeaderMap`, `&Socket`, `Option<&LastEventId>`"
)]
pub trait Lends<T, Marker>: Sized {
    /// `true` if only calls on a socket have the value.
    #[doc(hidden)]
    const NEEDS_SOCKET: bool = false;

    /// Returns the `T` of this call.
    #[doc(hidden)]
    fn lend<'a>(scope: Scope<'a, Self>) -> &'a T;
}

/// A router's context from which a procedure can borrow an optional `T`. Sealed, as [`Lends`] is.
#[diagnostic::on_unimplemented(
    message = "write `&{T}`, not `Option<&{T}>`: only `LastEventId` and `Socket` are optional",
    label = "takes `Option<&{T}>`, which no call provides"
)]
pub trait MayLend<T, Marker>: Sized {
    /// Returns the `T` of this call, if it has one.
    #[doc(hidden)]
    fn lend<'a>(scope: Scope<'a, Self>) -> Option<&'a T>;
}

/// Marks the context itself as the source.
#[derive(Debug)]
pub enum ByContext {}

/// Marks a middleware as the source.
#[derive(Debug)]
pub enum ByMiddleware {}

/// Marks a context in front of a middleware as the source.
#[derive(Debug)]
pub struct Behind<Marker>(PhantomData<Marker>);

/// Marks the call as the source.
#[derive(Debug)]
pub enum ByCall {}

/// Marks the headers of the call as the source.
#[derive(Debug)]
pub enum ByHeaders {}

/// Marks the Last-Event-ID of the call as the source.
#[derive(Debug)]
pub enum ByLastEventId {}

/// Marks the socket of the call as the source.
#[derive(Debug)]
pub enum BySocket {}

impl<C: 'static> Lends<C, ByContext> for C {
    fn lend<'a>(scope: Scope<'a, C>) -> &'a C {
        scope.context
    }
}

/// A context, or one extended by a middleware, that is or holds a `T`: the values that
/// do not depend on the call.
#[diagnostic::on_unimplemented(
    message = "write `#[router(context = {T})]`, or put a middleware that gives `{T}` before what takes `&{T}` in `with = [first, second]`; an input is taken without `&`: the context here is `{Self}`",
    label = "takes `&{T}`, which neither the context, nor an earlier middleware, nor a call provides",
    note = "a call provides `&Call`, `&HeaderMap`, `&Socket`, `Option<&LastEventId>`"
)]
pub trait Holds<T, Marker>: Sized {
    /// Returns the `T`.
    fn get(&self) -> &T;
}

impl<C> Holds<C, ByContext> for C {
    fn get(&self) -> &C {
        self
    }
}

impl<C, X> Holds<X, ByMiddleware> for Extended<C, X> {
    fn get(&self) -> &X {
        self.value()
    }
}

impl<C, X, T, Marker> Holds<T, Behind<Marker>> for Extended<C, X>
where
    C: Holds<T, Marker>,
{
    fn get(&self) -> &T {
        C::get(self.context())
    }
}

impl<C: 'static, X: 'static> Lends<X, ByMiddleware> for Extended<C, X> {
    fn lend<'a>(scope: Scope<'a, Self>) -> &'a X {
        scope.context.value()
    }
}

impl<C, X, T, Marker> Lends<T, Behind<Marker>> for Extended<C, X>
where
    C: Holds<T, Marker> + 'static,
    X: 'static,
    T: 'static,
{
    fn lend<'a>(scope: Scope<'a, Self>) -> &'a T {
        C::get(scope.context.context())
    }
}

impl<C: 'static> Lends<Call, ByCall> for C {
    fn lend<'a>(scope: Scope<'a, C>) -> &'a Call {
        scope.call
    }
}

impl<C: 'static> Lends<HeaderMap, ByHeaders> for C {
    fn lend<'a>(scope: Scope<'a, C>) -> &'a HeaderMap {
        scope.call.headers()
    }
}

impl<C: 'static> Lends<Socket, BySocket> for C {
    const NEEDS_SOCKET: bool = true;

    fn lend<'a>(scope: Scope<'a, C>) -> &'a Socket {
        scope.call.any_socket()
    }
}

impl<C: 'static> MayLend<Socket, BySocket> for C {
    fn lend<'a>(scope: Scope<'a, C>) -> Option<&'a Socket> {
        scope.call.socket()
    }
}

impl<C: 'static> MayLend<LastEventId, ByLastEventId> for C {
    fn lend<'a>(scope: Scope<'a, C>) -> Option<&'a LastEventId> {
        scope.call.last_event_id()
    }
}
