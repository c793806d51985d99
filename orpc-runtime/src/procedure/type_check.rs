//! Properties of the user's types that generated code finds by constants.
//!
//! A constant that fails is one message of ours, and the compiler says nothing
//! further of a type with such a constant in its arguments. A trait bound that does
//! not hold is reported wherever the type is used.

use std::convert::Infallible;
use std::marker::PhantomData;

use futures::stream::Stream;
use http::HeaderMap;

use crate::core::{Event, TypedError};
use crate::procedure::{Call, DurableOutput, Extended, Middleware, Procedure};
use crate::socket::Socket;

/// A type that is what it is meant to be if `IS` is true.
#[derive(Debug)]
pub struct Checked<T, const IS: bool>(PhantomData<T>);

/// The fallback of [`IsResult`] and [`Misplaced`]: the constant of a type for which
/// they have none of their own.
pub trait IsNot {
    /// That it is not.
    const IS: bool = false;
}

/// Tells by its constant `IS` whether a type is a `Result`, under whatever name.
#[derive(Debug)]
pub struct IsResult<T>(PhantomData<T>);

impl<T> IsNot for IsResult<T> {}

impl<T, E> IsResult<Result<T, E>> {
    /// That it is.
    pub const IS: bool = true;
}

/// Tells by its constant `IS` whether a `Result` stands at a place of a success where
/// serde would write its error as a value, `{"Err": …}`.
#[derive(Debug)]
pub struct Misplaced<T>(PhantomData<T>);

impl<T> IsNot for Misplaced<T> {}

impl<T, E> Misplaced<Result<T, E>> {
    /// That it does.
    pub const IS: bool = true;
}

impl<T, E> Misplaced<Option<Result<T, E>>> {
    /// That it does.
    pub const IS: bool = true;
}

impl<T, E, R> Misplaced<Event<Result<T, E>, R>> {
    /// That it does.
    pub const IS: bool = true;
}

/// Tells by its constant `IS` whether a type is the token of a durable iterator.
#[derive(Debug)]
pub struct IsDurable<T>(PhantomData<T>);

impl<T> IsNot for IsDurable<T> {}

impl<T: DurableOutput> IsDurable<T> {
    /// That it is.
    pub const IS: bool = true;
}

/// Tells by its constant `IS` whether a type is an error by `#[derive(RpcError)]`.
#[derive(Debug)]
pub struct IsTyped<T>(PhantomData<T>);

impl<T> IsNot for IsTyped<T> {}

impl<T: TypedError> IsTyped<T> {
    /// That it is.
    pub const IS: bool = true;
}

/// Tells by its constant `IS` whether a type is one that `#[procedure]` adds.
#[derive(Debug)]
pub struct IsProcedure<T>(PhantomData<T>);

impl<T> IsNot for IsProcedure<T> {}

impl<T: Procedure> IsProcedure<T> {
    /// That it is.
    pub const IS: bool = true;
}

/// Tells by its constant `IS` whether `?` makes an internal error of a type.
#[derive(Debug)]
pub struct IsInternal<T>(PhantomData<T>);

impl<T> IsNot for IsInternal<T> {}

impl<T: std::error::Error + Send + Sync + Unpin + 'static> IsInternal<T> {
    /// That it does.
    pub const IS: bool = true;
}

/// Tells by its constant `IS` whether threads can share a value of a type.
#[derive(Debug)]
pub struct IsShared<T>(PhantomData<T>);

impl<T> IsNot for IsShared<T> {}

impl<T: Send + Sync + 'static> IsShared<T> {
    /// That they can.
    pub const IS: bool = true;
}

/// A middleware by its name. Implemented by generated code.
pub trait NamedType {
    /// The type of that name.
    type Type;
}

/// Tells by its constant `IS` whether a type has no values.
#[derive(Debug)]
pub struct IsInfallible<T>(PhantomData<T>);

impl<T> IsNot for IsInfallible<T> {}

impl IsInfallible<Infallible> {
    /// That it has none.
    pub const IS: bool = true;
}

/// A type taken apart into success and failure: a `Result`, under whatever name, or
/// any other type, which cannot fail.
pub trait ResultType {
    /// The type itself.
    type Whole;
    /// The type of a success.
    type Ok;
    /// The type of a failure.
    type Err;

    /// Takes a value apart.
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

/// A stream, or a `Result` of one as [`ResultType`] takes it apart.
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

/// A middleware.
pub trait MiddlewareType {
    /// The type itself.
    type Middleware;
}

impl<M: Middleware> MiddlewareType for Checked<M, true> {
    type Middleware = M;
}

// Of a check that has failed both implementations may be meant, so that the compiler
// says nothing further of it.
impl<M> MiddlewareType for Checked<M, false> {
    type Middleware = M;
}

/// A context that lends each type once.
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

/// Tells by its constant `IS` whether what the last middleware of a context lends is
/// lent in front of it, too, `CASE` by case: by one of the four middlewares before
/// it, by the router's context, or by the call. For the other contexts generated code
/// has a trait with a constant of that name.
#[derive(Debug)]
pub struct Twice<C, const CASE: usize>(PhantomData<C>);

/// Its constant `IS` is `true`, likewise, if the last middleware of a context adds no
/// value, which any number of them may do.
#[derive(Debug)]
pub struct Nothing<C>(PhantomData<C>);

impl<C> Nothing<Extended<C, ()>> {
    /// That it does.
    pub const IS: bool = true;
}

macro_rules! twice {
    ($($case:literal: [$($parameter:ident),*] $context:ty;)*) => {
        $(impl<$($parameter),*> Twice<$context, $case> {
            /// That it is.
            pub const IS: bool = true;
        })*
    };
}

twice! {
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
