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
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = ();
    type __Returned = ();
    type __Output = __Returned;
    type __Error = ::orpc_runtime::__private::Infallible;
    const _: () = {
        type __Probed = __Returned;
        #[allow(dead_code)]
        struct __Probe<__T>(::core::marker::PhantomData<__T>);
        #[allow(dead_code)]
        trait __Other {
            const IS: ::core::primitive::bool = false;
        }
        impl<__T> __Other for __Probe<__T> {}
        #[allow(dead_code)]
        impl<__T, __E> __Probe<::orpc_runtime::__private::Result<__T, __E>> {
            const IS: ::core::primitive::bool = true;
        }
        ::core::assert!(
            ! __Probe:: < __Probed > ::IS,
            "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
        );
    };
    impl ::orpc_runtime::__private::Procedure for reset {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "reset",
                ::orpc_runtime::__private::Kind::Unary,
            )
        }
    }
    impl ::orpc_runtime::__private::Unary for reset {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::Answers<__C, ()> for reset
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
                ::orpc_runtime::__private::Ok(reset().await)
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
    #[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
    const _: () = {
        type __Input = ();
        type __Returned = ();
        type __Output = __Returned;
        type __Error = ::orpc_runtime::__private::Infallible;
        const _: () = {
            type __Probed = __Returned;
            #[allow(dead_code)]
            struct __Probe<__T>(::core::marker::PhantomData<__T>);
            #[allow(dead_code)]
            trait __Other {
                const IS: ::core::primitive::bool = false;
            }
            impl<__T> __Other for __Probe<__T> {}
            #[allow(dead_code)]
            impl<__T, __E> __Probe<::orpc_runtime::__private::Result<__T, __E>> {
                const IS: ::core::primitive::bool = true;
            }
            ::core::assert!(
                ! __Probe:: < __Probed > ::IS,
                "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
            );
        };
        impl ::orpc_runtime::__private::Procedure for ping {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "ping",
                    ::orpc_runtime::__private::Kind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for ping {
            type Output = __Output;
        }
        impl<__C> ::orpc_runtime::__private::Answers<__C, ()> for ping
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
                    ::orpc_runtime::__private::Ok(ping().await)
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
        #[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
        const _: () = {
            type __Input = ();
            type __Returned = ();
            type __Output = __Returned;
            type __Error = ::orpc_runtime::__private::Infallible;
            const _: () = {
                type __Probed = __Returned;
                #[allow(dead_code)]
                struct __Probe<__T>(::core::marker::PhantomData<__T>);
                #[allow(dead_code)]
                trait __Other {
                    const IS: ::core::primitive::bool = false;
                }
                impl<__T> __Other for __Probe<__T> {}
                #[allow(dead_code)]
                impl<__T, __E> __Probe<::orpc_runtime::__private::Result<__T, __E>> {
                    const IS: ::core::primitive::bool = true;
                }
                ::core::assert!(
                    ! __Probe:: < __Probed > ::IS,
                    "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
                );
            };
            impl ::orpc_runtime::__private::Procedure for ping {
                type Input = __Input;
                type Reply = __Output;
                type Error = __Error;
                const HAS_INPUT: ::core::primitive::bool = false;
                fn definition() -> ::orpc_runtime::__private::Definition {
                    ::orpc_runtime::__private::Definition::new(
                        "ping",
                        ::orpc_runtime::__private::Kind::Unary,
                    )
                }
            }
            impl ::orpc_runtime::__private::Unary for ping {
                type Output = __Output;
            }
            impl<__C> ::orpc_runtime::__private::Answers<__C, ()> for ping
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
                        ::orpc_runtime::__private::Ok(ping().await)
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
        ///The router of `other`.
        #[must_use]
        #[allow(deprecated, clippy::all, clippy::pedantic)]
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
    ///The router of `api`.
    #[must_use]
    #[allow(deprecated, clippy::all, clippy::pedantic)]
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
