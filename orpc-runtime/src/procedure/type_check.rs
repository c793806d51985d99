//! Properties of the user's types that generated code finds by constants.
//!
//! A constant whose evaluation fails is one message of this crate, and the compiler
//! reports nothing further about a type with such a constant in its arguments. A trait
//! bound that does not hold is reported at every use of the type.

use std::convert::Infallible;
use std::marker::PhantomData;

use futures::stream::{Empty, Stream};
use http::HeaderMap;

use crate::core::{Event, RpcError, TypedError};
use crate::procedure::{Call, Extended, Middleware, PreparedOutput, Procedure};
use crate::socket::Socket;

/// Outcome of a check of `T`: passed if `IS` is `true`.
#[derive(Debug)]
pub struct Checked<T, const IS: bool>(PhantomData<T>);

/// Fallback of the checks: `IS` for types without an inherent constant.
pub trait IsNot {
    /// Always `false`.
    const IS: bool = false;
}

/// Check for a `Result`, under any name.
#[derive(Debug)]
pub struct IsResult<T>(PhantomData<T>);

impl<T> IsNot for IsResult<T> {}

impl<T, E> IsResult<Result<T, E>> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for a `Result` in the place of a success, where serde would write its error as
/// a value, `{"Err": …}`.
#[derive(Debug)]
pub struct Misplaced<T>(PhantomData<T>);

impl<T> IsNot for Misplaced<T> {}

impl<T, E> Misplaced<Result<T, E>> {
    /// Always `true`.
    pub const IS: bool = true;
}

impl<T, E> Misplaced<Option<Result<T, E>>> {
    /// Always `true`.
    pub const IS: bool = true;
}

impl<T, E, R> Misplaced<Event<Result<T, E>, R>> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for an output that is completed for each call.
#[derive(Debug)]
pub struct IsPrepared<T>(PhantomData<T>);

impl<T> IsNot for IsPrepared<T> {}

impl<T: PreparedOutput> IsPrepared<T> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for an error with `#[derive(RpcError)]`.
#[derive(Debug)]
pub struct IsTyped<T>(PhantomData<T>);

impl<T> IsNot for IsTyped<T> {}

impl<T: TypedError> IsTyped<T> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for a type that `#[procedure]` adds.
#[derive(Debug)]
pub struct IsProcedure<T>(PhantomData<T>);

impl<T> IsNot for IsProcedure<T> {}

impl<T: Procedure> IsProcedure<T> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for a type that `#[middleware]` adds.
#[derive(Debug)]
pub struct IsMiddleware<T>(PhantomData<T>);

impl<T> IsNot for IsMiddleware<T> {}

impl<T: Middleware> IsMiddleware<T> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for an RPC error that `?` converts to an internal error.
#[derive(Debug)]
pub struct IsInternal<T>(PhantomData<T>);

impl<T> IsNot for IsInternal<T> {}

impl<T: RpcError + std::error::Error + Send + Sync + Unpin + 'static> IsInternal<T> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// Check for a type that threads can share.
#[derive(Debug)]
pub struct IsShared<T>(PhantomData<T>);

impl<T> IsNot for IsShared<T> {}

impl<T: Send + Sync + 'static> IsShared<T> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// A middleware by its name. Implemented by generated code.
pub trait NamedType {
    /// The type of that name.
    type Type;
}

/// Check for a type without values.
#[derive(Debug)]
pub struct IsInfallible<T>(PhantomData<T>);

impl<T> IsNot for IsInfallible<T> {}

impl IsInfallible<Infallible> {
    /// Always `true`.
    pub const IS: bool = true;
}

/// A type split into success and failure: a `Result`, under any name, or any other type,
/// which cannot fail.
pub trait ResultType {
    /// The type itself.
    type Whole;
    /// The type of a success.
    type Ok;
    /// The type of a failure.
    type Err;

    /// Splits a value.
    ///
    /// # Errors
    /// The error of a `Result` that has one.
    fn split(whole: Self::Whole) -> Result<Self::Ok, Self::Err>;
}

impl<T, E> ResultType for Result<T, E> {
    type Whole = Self;
    type Ok = T;
    type Err = E;

    fn split(whole: Self) -> Self {
        whole
    }
}

impl<T, E> ResultType for Checked<Result<T, E>, true> {
    type Whole = Result<T, E>;
    type Ok = T;
    type Err = E;

    fn split(whole: Result<T, E>) -> Result<T, E> {
        whole
    }
}

impl<T> ResultType for Checked<T, false> {
    type Whole = T;
    type Ok = T;
    type Err = Infallible;

    fn split(whole: T) -> Result<T, Infallible> {
        Ok(whole)
    }
}

/// A stream, or a `Result` of one as [`ResultType`] splits it.
pub trait StreamType {
    /// The item of the stream.
    type Item;
    /// The type of the stream.
    type Stream;
}

impl<S: Stream> StreamType for Checked<Checked<S, false>, true> {
    type Item = S::Item;
    type Stream = S;
}

impl<S: Stream, E> StreamType for Checked<Checked<Result<S, E>, true>, true> {
    type Item = S::Item;
    type Stream = S;
}

impl<S: Stream, E> StreamType for Checked<Result<S, E>, true> {
    type Item = S::Item;
    type Stream = S;
}

// Two implementations may be meant of a check that has failed, so that the compiler
// reports nothing further.
impl<S> StreamType for Checked<Checked<S, false>, false> {
    type Item = Infallible;
    type Stream = Empty<Infallible>;
}

/// A middleware.
pub trait MiddlewareType {
    /// The type itself.
    type Middleware;
}

impl<M: Middleware> MiddlewareType for Checked<M, true> {
    type Middleware = M;
}

// After a failed check both implementations apply, so that the compiler reports no
// further errors.
impl<M> MiddlewareType for Checked<M, false> {
    type Middleware = M;
}

/// A context that provides each type once.
pub trait OnceType {
    /// The type itself.
    type Context;
}

impl<C> OnceType for Checked<C, true> {
    type Context = C;
}

impl<C> OnceType for Checked<C, false> {
    type Context = C;
}

/// Check for a context whose last middleware provides a type that is provided before it
/// as well. Each `CASE` covers one place: the four middlewares before it, the context of
/// the router, or the call. For other contexts generated code has a trait with a constant
/// of that name.
#[derive(Debug)]
pub struct Twice<C, const CASE: usize>(PhantomData<C>);

/// Check for a context whose last middleware adds no value; any number of middlewares may
/// do that.
#[derive(Debug)]
pub struct Nothing<C>(PhantomData<C>);

impl<C> Nothing<Extended<C, ()>> {
    /// Always `true`.
    pub const IS: bool = true;
}

macro_rules! twice {
    ($dollar:tt $($case:literal: [$($parameter:ident),*] $context:ty;)*) => {
        /// Expands to an expression that is `true` if one of the cases holds for a context.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __is_lent_twice {
            ([$dollar($dollar private:tt)*] $dollar context:ty) => {
                (false $(|| $dollar($dollar private)*::Twice::<$dollar context, $case>::IS)*)
            };
        }

        $(impl<$($parameter),*> Twice<$context, $case> {
            /// Always `true`.
            pub const IS: bool = true;
        })*
    };
}

twice! {
    $
    0: [C, X] Extended<Extended<C, X>, X>;
    1: [C, X, A] Extended<Extended<Extended<C, X>, A>, X>;
    2: [C, X, A, B] Extended<Extended<Extended<Extended<C, X>, A>, B>, X>;
    3: [C, X, A, B, D] Extended<Extended<Extended<Extended<Extended<C, X>, A>, B>, D>, X>;
    4: [X] Extended<X, X>;
    5: [X, A] Extended<Extended<X, A>, X>;
    6: [X, A, B] Extended<Extended<Extended<X, A>, B>, X>;
    7: [X, A, B, D] Extended<Extended<Extended<Extended<X, A>, B>, D>, X>;
    8: [C] Extended<C, Call>;
    9: [C] Extended<C, HeaderMap>;
    10: [C] Extended<C, Socket>;
}
