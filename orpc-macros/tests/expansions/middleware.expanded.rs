pub async fn authenticate(app: &App, call: &Call) -> Result<User, AuthError> {
    app.users.of(call.bearer_token()).await
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct authenticate {}
#[allow(deprecated, unused_parens)]
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
        > = ::orpc_runtime::__private::Extended<__C, __Value>;
        fn definition() -> ::orpc_runtime::__private::MiddlewareDefinition {
            ::orpc_runtime::__private::MiddlewareDefinition::new("authenticate")
        }
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<
            ::orpc_runtime::__private::Extended<__C, __Value>,
        > {
            ::orpc_runtime::__private::Arc::new(
                ::orpc_runtime::__private::Extended::new(context, value),
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
                ::orpc_runtime::__private::Completed,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                match <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    authenticate(
                            <__C as ::orpc_runtime::__private::Lends<
                                App,
                                __H0,
                            >>::lend(scope),
                            <__C as ::orpc_runtime::__private::Lends<
                                Call,
                                __H1,
                            >>::lend(scope),
                        )
                        .await,
                ) {
                    ::orpc_runtime::__private::Ok(value) => {
                        ::orpc_runtime::__private::Next::with(next, value).await
                    }
                    ::orpc_runtime::__private::Err(error) => {
                        ::orpc_runtime::__private::Err(
                            ::orpc_runtime::__private::failed::<authenticate>(error),
                        )
                    }
                }
            }
        }
    }
};
/// Only lets pass.
async fn limit(user: &User) -> Result<(), TooFast> {
    user.count()
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct limit {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Returned = Result<(), TooFast>;
    type __Value = <__Returned as ::orpc_runtime::__private::ResultType>::Ok;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    impl ::orpc_runtime::__private::Middleware for limit {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = __C;
        fn definition() -> ::orpc_runtime::__private::MiddlewareDefinition {
            ::orpc_runtime::__private::MiddlewareDefinition::new("limit")
                .docs("Only lets pass.")
        }
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
    impl<__C, __H0> ::orpc_runtime::__private::RunMiddleware<__C, (__H0,)> for limit
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
                ::orpc_runtime::__private::Completed,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                match <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    limit(
                            <__C as ::orpc_runtime::__private::Lends<
                                User,
                                __H0,
                            >>::lend(scope),
                        )
                        .await,
                ) {
                    ::orpc_runtime::__private::Ok(value) => {
                        ::orpc_runtime::__private::Next::with(next, value).await
                    }
                    ::orpc_runtime::__private::Err(error) => {
                        ::orpc_runtime::__private::Err(
                            ::orpc_runtime::__private::failed::<limit>(error),
                        )
                    }
                }
            }
        }
    }
};
async fn timed(call: &Call, next: Next<Started>) -> Result<Completed, Error> {
    next.with(Started::now()).await
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct timed {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Returned = Result<Completed, Error>;
    type __Value = Started;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    impl ::orpc_runtime::__private::Middleware for timed {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = ::orpc_runtime::__private::Extended<__C, __Value>;
        fn definition() -> ::orpc_runtime::__private::MiddlewareDefinition {
            ::orpc_runtime::__private::MiddlewareDefinition::new("timed")
        }
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<
            ::orpc_runtime::__private::Extended<__C, __Value>,
        > {
            ::orpc_runtime::__private::Arc::new(
                ::orpc_runtime::__private::Extended::new(context, value),
            )
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::RunMiddleware<__C, (__H0,)> for timed
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
                ::orpc_runtime::__private::Completed,
                ::orpc_runtime::__private::Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = &scope;
                match ::core::convert::identity::<
                    ::orpc_runtime::__private::Result<
                        ::orpc_runtime::__private::Completed,
                        __Error,
                    >,
                >(
                    timed(
                            <__C as ::orpc_runtime::__private::Lends<
                                Call,
                                __H0,
                            >>::lend(scope),
                            next,
                        )
                        .await,
                ) {
                    ::orpc_runtime::__private::Ok(value) => {
                        ::orpc_runtime::__private::Ok(value)
                    }
                    ::orpc_runtime::__private::Err(error) => {
                        ::orpc_runtime::__private::Err(
                            ::orpc_runtime::__private::failed::<timed>(error),
                        )
                    }
                }
            }
        }
    }
};
