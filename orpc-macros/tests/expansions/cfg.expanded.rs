#[cfg(feature = "admin")]
#[cfg(unix)]
pub async fn reset() {}
#[cfg(feature = "admin")]
#[cfg(unix)]
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct reset {}
#[cfg(feature = "admin")]
#[cfg(unix)]
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
    impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for reset
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
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
                > as ::orpc_runtime::__private::ResultType>::split(reset().await)
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for reset
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
pub mod api {
    #[cfg(unix)]
    pub async fn ping() {}
    #[cfg(unix)]
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct ping {}
    #[cfg(unix)]
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
    #[cfg(not(unix))]
    pub mod other {
        #[cfg(windows)]
        pub async fn ping() {}
        #[cfg(windows)]
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        pub struct ping {}
        #[cfg(windows)]
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
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        pub struct router {}
        #[allow(deprecated)]
        const _: () = {
            impl<
                AnyContext: ::orpc_runtime::__private::Send
                    + ::orpc_runtime::__private::Sync + 'static,
            > ::orpc_runtime::__private::RouterModule<AnyContext> for self::router {
                fn router() -> ::orpc_runtime::Router<AnyContext> {
                    self::router()
                }
            }
            #[cfg(windows)]
            impl ::orpc_runtime::__private::Entry<self::router> for self::ping {
                fn name() -> &'static ::core::primitive::str {
                    ::orpc_runtime::__private::procedure_name::<self::ping>()
                }
            }
        };
        ///The router of `other`.
        #[must_use]
        #[allow(deprecated)]
        pub fn router<
            AnyContext: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >() -> ::orpc_runtime::Router<AnyContext> {
            let router = <::orpc_runtime::Router<
                AnyContext,
            > as ::core::default::Default>::default();
            #[cfg(windows)]
            let router = ::orpc_runtime::Router::procedure::<self::ping, _>(router);
            router
        }
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
        #[cfg(unix)]
        impl ::orpc_runtime::__private::Entry<self::router> for self::ping {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::ping>()
            }
        }
        #[cfg(not(unix))]
        impl ::orpc_runtime::__private::Entry<self::router> for self::other::router {
            fn name() -> &'static ::core::primitive::str {
                "other"
            }
        }
    };
    ///The router of `api`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router<
        AnyContext: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
            + 'static,
    >() -> ::orpc_runtime::Router<AnyContext> {
        let router = <::orpc_runtime::Router<
            AnyContext,
        > as ::core::default::Default>::default();
        #[cfg(unix)]
        let router = ::orpc_runtime::Router::procedure::<self::ping, _>(router);
        #[cfg(not(unix))]
        let router = ::orpc_runtime::Router::nest(
            router,
            "other",
            self::other::router(),
        );
        router
    }
}
