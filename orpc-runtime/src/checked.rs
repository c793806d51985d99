//! What generated code finds out of the user's types by constants.
//!
//! A constant that fails is one message of ours, and the compiler says nothing
//! further of a type with such a constant in its arguments. A trait bound that does
//! not hold is reported wherever the type is used.

use std::marker::PhantomData;

use futures::stream::Stream;
use http::HeaderMap;

use crate::procedure::{Call, Middleware, With};
use crate::socket::Socket;

/// A type that is what it is meant to be if `IS` is true.
#[derive(Debug)]
pub struct Checked<T, const IS: bool>(PhantomData<T>);

/// A `Result`, under whatever name.
pub trait ResultType {
    /// The type of a success.
    type Ok;
    /// The type of a failure.
    type Err;
}

impl<T, E> ResultType for Result<T, E> {
    type Ok = T;
    type Err = E;
}

impl<T, E> ResultType for Checked<Result<T, E>, true> {
    type Ok = T;
    type Err = E;
}

/// A stream.
pub trait StreamType {
    /// What it yields.
    type Item;
    /// The type itself.
    type Stream;
}

impl<S: Stream> StreamType for Checked<S, true> {
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

/// A context that lends each type once.
pub trait OnceType {
    /// The type itself.
    type Context;
}

impl<C> OnceType for Checked<C, true> {
    type Context = C;
}

/// Tells by its constant `IS` whether what the last middleware of a context lends is
/// lent in front of it, too, `CASE` by case: by one of the four middlewares before
/// it, by the router's context, or by the call. For the other contexts generated code
/// has a trait with a constant of that name.
#[derive(Debug)]
pub struct Twice<C, const CASE: usize>(PhantomData<C>);

/// Tells by its constant `IS`, likewise, whether the last middleware of a context
/// lends nothing, which any number of them may do.
#[derive(Debug)]
pub struct Nothing<C>(PhantomData<C>);

impl<C> Nothing<With<C, ()>> {
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
    0: [C, X] With<With<C, X>, X>;
    1: [C, X, A] With<With<With<C, X>, A>, X>;
    2: [C, X, A, B] With<With<With<With<C, X>, A>, B>, X>;
    3: [C, X, A, B, D] With<With<With<With<With<C, X>, A>, B>, D>, X>;
    4: [X] With<X, X>;
    5: [X, A] With<With<X, A>, X>;
    6: [X, A, B] With<With<With<X, A>, B>, X>;
    7: [X, A, B, D] With<With<With<With<X, A>, B>, D>, X>;
    8: [C] With<C, Call>;
    9: [C] With<C, HeaderMap>;
    10: [C] With<C, Socket>;
}
