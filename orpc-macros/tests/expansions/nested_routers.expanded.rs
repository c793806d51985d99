pub struct App;
pub mod api {
    pub async fn ping() {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct ping {}
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
        impl ::orpc_runtime::__private::Procedure for ping {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "ping",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for ping {
            type Output = __Output;
        }
        impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for ping
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        {
            const NEEDS_SOCKET: ::core::primitive::bool = false;
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
                    > as ::orpc_runtime::__private::ResultType>::split(ping().await)
                }
            }
        }
        impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for ping
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.unary::<Self, ()>()
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
        #[doc(hidden)]
        type __IsShared = ::orpc_runtime::__private::Checked<
            super::__RouterContext,
            {
                use ::orpc_runtime::__private::IsNot as _;
                ::core::assert!(
                    ::orpc_runtime::__private::IsShared:: < super::__RouterContext >
                    ::IS,
                    "make `super::__RouterContext` `Send + Sync`, with `Arc` in place of `Rc` and `Mutex` or an atomic in place of `RefCell` or `Cell`: calls on several threads share the context"
                );
                true
            },
        >;
        #[doc(hidden)]
        type __SharedContext = <__IsShared as ::orpc_runtime::__private::SharedContext>::Context;
        #[doc(hidden)]
        type __RouterContext = __SharedContext;
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        pub struct router {}
        #[allow(deprecated)]
        const _: () = {
            impl ::orpc_runtime::__private::RouterModule<__SharedContext>
            for self::router {
                fn router() -> ::orpc_runtime::Router<__SharedContext> {
                    self::router()
                }
            }
            impl ::orpc_runtime::__private::Entry<self::router> for self::reset {
                fn name() -> &'static ::core::primitive::str {
                    ::orpc_runtime::__private::procedure_name::<self::reset>()
                }
            }
        };
        ///The router of `admin`.
        #[must_use]
        #[allow(deprecated)]
        pub fn router() -> ::orpc_runtime::Router<super::__RouterContext> {
            let router = <::orpc_runtime::Router<
                __RouterContext,
            > as ::core::default::Default>::default();
            let router = ::orpc_runtime::Router::procedure::<self::reset, _>(router);
            <__IsShared as ::orpc_runtime::__private::SharedContext>::finish(router)
        }
    }
    #[doc(hidden)]
    type __IsShared = ::orpc_runtime::__private::Checked<
        App,
        {
            use ::orpc_runtime::__private::IsNot as _;
            ::core::assert!(
                ::orpc_runtime::__private::IsShared:: < App > ::IS,
                "make `App` `Send + Sync`, with `Arc` in place of `Rc` and `Mutex` or an atomic in place of `RefCell` or `Cell`: calls on several threads share the context"
            );
            true
        },
    >;
    #[doc(hidden)]
    type __SharedContext = <__IsShared as ::orpc_runtime::__private::SharedContext>::Context;
    #[doc(hidden)]
    type __RouterContext = __SharedContext;
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct router {}
    #[allow(deprecated)]
    const _: () = {
        impl ::orpc_runtime::__private::RouterModule<__SharedContext> for self::router {
            fn router() -> ::orpc_runtime::Router<__SharedContext> {
                self::router()
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::ping {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::ping>()
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::admin::router {
            fn name() -> &'static ::core::primitive::str {
                "administration"
            }
        }
    };
    ///The router of `api`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router() -> ::orpc_runtime::Router<App> {
        let router = <::orpc_runtime::Router<
            __RouterContext,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::ping, _>(router);
        let router = ::orpc_runtime::__private::nest(
            router,
            "administration",
            self::admin::router(),
        );
        <__IsShared as ::orpc_runtime::__private::SharedContext>::finish(router)
    }
}
mod r#use {
    pub async fn r#type(r#match: u8) {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct r#type {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = u8;
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
        impl ::orpc_runtime::__private::Procedure for r#type {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = true;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "type",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for r#type {
            type Output = __Output;
        }
        impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for r#type
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        {
            const NEEDS_SOCKET: ::core::primitive::bool = false;
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
                        r#type(input).await,
                    )
                }
            }
        }
        impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for r#type
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.unary::<Self, ()>()
            }
        }
    };
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
        impl ::orpc_runtime::__private::Entry<self::router> for self::r#type {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::r#type>()
            }
        }
    };
    ///The router of `r#use`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router<
        AnyContext: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
            + 'static,
    >() -> ::orpc_runtime::Router<AnyContext> {
        let router = <::orpc_runtime::Router<
            AnyContext,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::r#type, _>(router);
        router
    }
}
