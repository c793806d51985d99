/// Only members.
pub async fn authenticate(app: &App, call: &Call) -> Result<User, AuthError> {
    app.user(call)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct authenticate {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Returned = Result<User, AuthError>;
    type __Value = <__Returned as ::orpc_runtime::__private::ResultType>::Ok;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    impl ::orpc_runtime::__private::Middleware for authenticate {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = ::orpc_runtime::__private::With<__C, __Value>;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<
            ::orpc_runtime::__private::With<__C, __Value>,
        > {
            ::orpc_runtime::__private::Arc::new(
                ::orpc_runtime::__private::With::new(context, value),
            )
        }
    }
    impl<__C, __H0, __H1> ::orpc_runtime::__private::RunMiddleware<__C, (__H0, __H1)>
    for authenticate
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        __C: ::orpc_runtime::__private::Lends<Call, __H1>,
        __H1: 'static,
    {
        fn run<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            next: ::orpc_runtime::__private::Next<__Value>,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<
                ::orpc_runtime::__private::Done,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                match authenticate(
                        <__C as ::orpc_runtime::__private::Lends<
                            App,
                            __H0,
                        >>::lend(scope),
                        <__C as ::orpc_runtime::__private::Lends<
                            Call,
                            __H1,
                        >>::lend(scope),
                    )
                    .await
                {
                    ::orpc_runtime::__private::Ok(value) => {
                        ::orpc_runtime::__private::Next::with(next, value).await
                    }
                    ::orpc_runtime::__private::Err(error) => {
                        ::orpc_runtime::__private::Err(
                            ::orpc_runtime::__private::RpcError::into_error(error),
                        )
                    }
                }
            }
        }
    }
};
async fn record(call: &Call) {
    call.record()
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct record {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Returned = ();
    type __Value = __Returned;
    type __Error = ::orpc_runtime::__private::Infallible;
    impl ::orpc_runtime::__private::Middleware for record {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = __C;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<__C> {
            let _ = value;
            context
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::RunMiddleware<__C, (__H0,)> for record
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<Call, __H0>,
        __H0: 'static,
    {
        fn run<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            next: ::orpc_runtime::__private::Next<__Value>,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<
                ::orpc_runtime::__private::Done,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                let value = record(
                        <__C as ::orpc_runtime::__private::Lends<
                            Call,
                            __H0,
                        >>::lend(scope),
                    )
                    .await;
                ::orpc_runtime::__private::Next::with(next, value).await
            }
        }
    }
};
pub async fn with_plan(user: &User) -> Plan {
    user.plan()
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct with_plan {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Returned = Plan;
    type __Value = __Returned;
    type __Error = ::orpc_runtime::__private::Infallible;
    impl ::orpc_runtime::__private::Middleware for with_plan {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = ::orpc_runtime::__private::With<__C, __Value>;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<
            ::orpc_runtime::__private::With<__C, __Value>,
        > {
            ::orpc_runtime::__private::Arc::new(
                ::orpc_runtime::__private::With::new(context, value),
            )
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::RunMiddleware<__C, (__H0,)> for with_plan
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<User, __H0>,
        __H0: 'static,
    {
        fn run<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            next: ::orpc_runtime::__private::Next<__Value>,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<
                ::orpc_runtime::__private::Done,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                let value = with_plan(
                        <__C as ::orpc_runtime::__private::Lends<
                            User,
                            __H0,
                        >>::lend(scope),
                    )
                    .await;
                ::orpc_runtime::__private::Next::with(next, value).await
            }
        }
    }
};
#[cfg(unix)]
pub async fn timed(last: Option<&LastEventId>, next: Next) -> Result<Done, Error> {
    next.run().await
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct timed {}
#[cfg(unix)]
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Returned = Result<Done, Error>;
    type __Value = ();
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    impl ::orpc_runtime::__private::Middleware for timed {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = __C;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<__C> {
            let _ = value;
            context
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::RunMiddleware<__C, (__H0,)> for timed
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::MayLend<LastEventId, __H0>,
        __H0: 'static,
    {
        fn run<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            next: ::orpc_runtime::__private::Next<__Value>,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<
                ::orpc_runtime::__private::Done,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                match timed(
                        <__C as ::orpc_runtime::__private::MayLend<
                            LastEventId,
                            __H0,
                        >>::lend(scope),
                        next,
                    )
                    .await
                {
                    ::orpc_runtime::__private::Ok(value) => {
                        ::orpc_runtime::__private::Ok(value)
                    }
                    ::orpc_runtime::__private::Err(error) => {
                        ::orpc_runtime::__private::Err(
                            ::orpc_runtime::__private::RpcError::into_error(error),
                        )
                    }
                }
            }
        }
    }
};
pub async fn wrong(app: &mut App, text: String) -> &User {
    app.user()
}
::core::compile_error! {
    "take it by `&` and put what changes behind a lock: calls share what is lent"
}
::core::compile_error! {
    "take it by reference, or write `next: Next`: a middleware has no input, it runs before the input is read"
}
::core::compile_error! {
    "return an owned type, `String` for `&str`, `Arc<T>` for `&T`: what is lent to procedures cannot borrow itself"
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct wrong {}
const _: () = {
    type __Value = &'static User;
    type __Error = ::orpc_runtime::__private::Infallible;
    impl ::orpc_runtime::__private::Middleware for wrong {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = ::orpc_runtime::__private::With<__C, __Value>;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<
            ::orpc_runtime::__private::With<__C, __Value>,
        > {
            ::orpc_runtime::__private::Arc::new(
                ::orpc_runtime::__private::With::new(context, value),
            )
        }
    }
    impl<
        __C: ::orpc_runtime::__private::Sync + 'static,
    > ::orpc_runtime::__private::RunMiddleware<__C, ()> for wrong {
        async fn run<'__a>(
            _: ::orpc_runtime::__private::Scope<'__a, __C>,
            _: ::orpc_runtime::__private::Next<__Value>,
        ) -> ::orpc_runtime::__private::Result<
            ::orpc_runtime::__private::Done,
            ::orpc_runtime::__private::Error,
        > {
            ::orpc_runtime::__private::Err(::orpc_runtime::__private::unreachable())
        }
    }
};
