pub struct App;
pub mod chat {
    async fn send(app: &App) {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    struct send {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = ();
        type __Returned = ();
        const __IS_RESULT: ::core::primitive::bool = {
            use ::orpc_runtime::__private::IsNot as _;
            ::orpc_runtime::__private::IsResult::<__Returned>::IS
        };
        type __Output = <::orpc_runtime::__private::Checked<
            __Returned,
            { __IS_RESULT },
        > as ::orpc_runtime::__private::ResultType>::Ok;
        type __Error = <::orpc_runtime::__private::Checked<
            __Returned,
            { __IS_RESULT },
        > as ::orpc_runtime::__private::ResultType>::Err;
        impl ::orpc_runtime::__private::Procedure for send {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "send",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for send {
            type Output = __Output;
        }
        impl<__C, __H0> ::orpc_runtime::__private::UnaryHandler<__C, (__H0,)> for send
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
        {
            const NEEDS_SOCKET: ::core::primitive::bool = false
                || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET;
            fn call<'__a>(
                scope: ::orpc_runtime::__private::Scope<'__a, __C>,
                input: __Input,
            ) -> impl ::orpc_runtime::__private::Future<
                Output = ::orpc_runtime::__private::Result<__Output, __Error>,
            > + ::orpc_runtime::__private::Send + '__a {
                async move {
                    let _ = (&scope, &input);
                    <::orpc_runtime::__private::Checked<
                        __Returned,
                        { __IS_RESULT },
                    > as ::orpc_runtime::__private::ResultType>::split(
                        send(
                                <__C as ::orpc_runtime::__private::Lends<
                                    App,
                                    __H0,
                                >>::lend(scope),
                            )
                            .await,
                    )
                }
            }
        }
        impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for send
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.unary::<Self, (__H0,)>()
            }
        }
    };
    pub async fn post(app: &App) {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct post {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = ();
        type __Returned = ();
        const __IS_RESULT: ::core::primitive::bool = {
            use ::orpc_runtime::__private::IsNot as _;
            ::orpc_runtime::__private::IsResult::<__Returned>::IS
        };
        type __Output = <::orpc_runtime::__private::Checked<
            __Returned,
            { __IS_RESULT },
        > as ::orpc_runtime::__private::ResultType>::Ok;
        type __Error = <::orpc_runtime::__private::Checked<
            __Returned,
            { __IS_RESULT },
        > as ::orpc_runtime::__private::ResultType>::Err;
        impl ::orpc_runtime::__private::Procedure for post {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "send",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for post {
            type Output = __Output;
        }
        impl<__C, __H0> ::orpc_runtime::__private::UnaryHandler<__C, (__H0,)> for post
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
        {
            const NEEDS_SOCKET: ::core::primitive::bool = false
                || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET;
            fn call<'__a>(
                scope: ::orpc_runtime::__private::Scope<'__a, __C>,
                input: __Input,
            ) -> impl ::orpc_runtime::__private::Future<
                Output = ::orpc_runtime::__private::Result<__Output, __Error>,
            > + ::orpc_runtime::__private::Send + '__a {
                async move {
                    let _ = (&scope, &input);
                    <::orpc_runtime::__private::Checked<
                        __Returned,
                        { __IS_RESULT },
                    > as ::orpc_runtime::__private::ResultType>::split(
                        post(
                                <__C as ::orpc_runtime::__private::Lends<
                                    App,
                                    __H0,
                                >>::lend(scope),
                            )
                            .await,
                    )
                }
            }
        }
        impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for post
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.unary::<Self, (__H0,)>()
            }
        }
    };
    pub mod admin {
        pub async fn reset(app: &App) {}
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        pub struct reset {}
        #[allow(deprecated, unused_parens)]
        const _: () = {
            type __Input = ();
            type __Returned = ();
            const __IS_RESULT: ::core::primitive::bool = {
                use ::orpc_runtime::__private::IsNot as _;
                ::orpc_runtime::__private::IsResult::<__Returned>::IS
            };
            type __Output = <::orpc_runtime::__private::Checked<
                __Returned,
                { __IS_RESULT },
            > as ::orpc_runtime::__private::ResultType>::Ok;
            type __Error = <::orpc_runtime::__private::Checked<
                __Returned,
                { __IS_RESULT },
            > as ::orpc_runtime::__private::ResultType>::Err;
            impl ::orpc_runtime::__private::Procedure for reset {
                type Input = __Input;
                type Reply = __Output;
                type Error = __Error;
                const HAS_INPUT: ::core::primitive::bool = false;
                fn definition() -> ::orpc_runtime::__private::Definition {
                    ::orpc_runtime::__private::Definition::new(
                        "reset",
                        ::orpc_runtime::__private::ProcedureKind::Unary,
                    )
                }
            }
            impl ::orpc_runtime::__private::Unary for reset {
                type Output = __Output;
            }
            impl<__C, __H0> ::orpc_runtime::__private::UnaryHandler<__C, (__H0,)>
            for reset
            where
                __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                    + 'static,
                __C: ::orpc_runtime::__private::Lends<App, __H0>,
                __H0: 'static,
            {
                const NEEDS_SOCKET: ::core::primitive::bool = false
                    || <__C as ::orpc_runtime::__private::Lends<
                        App,
                        __H0,
                    >>::NEEDS_SOCKET;
                fn call<'__a>(
                    scope: ::orpc_runtime::__private::Scope<'__a, __C>,
                    input: __Input,
                ) -> impl ::orpc_runtime::__private::Future<
                    Output = ::orpc_runtime::__private::Result<__Output, __Error>,
                > + ::orpc_runtime::__private::Send + '__a {
                    async move {
                        let _ = (&scope, &input);
                        <::orpc_runtime::__private::Checked<
                            __Returned,
                            { __IS_RESULT },
                        > as ::orpc_runtime::__private::ResultType>::split(
                            reset(
                                    <__C as ::orpc_runtime::__private::Lends<
                                        App,
                                        __H0,
                                    >>::lend(scope),
                                )
                                .await,
                        )
                    }
                }
            }
            impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for reset
            where
                __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                    + 'static,
                __C: ::orpc_runtime::__private::Lends<App, __H0>,
                __H0: 'static,
            {
                fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                    point.unary::<Self, (__H0,)>()
                }
            }
        };
    }
    ::core::compile_error! {
        "write `context` here: there is no option `contxt`"
    }
    ::core::compile_error! {
        "give `send` or `post` another `name = \"…\"`: both are `send` on the wire"
    }
    ::core::compile_error! {
        "write `pub` before this function: the procedure `send` is called from outside"
    }
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct router {}
    #[allow(deprecated)]
    const _: () = {
        impl<
            AnyContext: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > ::orpc_runtime::__private::RouterModule<AnyContext> for self::router {
            fn router() -> ::orpc_runtime::Router<AnyContext> {
                self::router()
            }
        }
    };
    ///The router of `chat`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router<
        AnyContext: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
            + 'static,
    >() -> ::orpc_runtime::Router<AnyContext> {
        let router = <::orpc_runtime::Router<
            AnyContext,
        > as ::core::default::Default>::default();
        router
    }
}
