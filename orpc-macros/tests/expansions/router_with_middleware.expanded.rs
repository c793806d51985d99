pub mod account {
    pub async fn rename(
        app: &App,
        user: &User,
        input: Rename,
    ) -> Result<(), RenameError> {
        app.rename(user, input).await
    }
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct rename {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = Rename;
        type __Returned = Result<(), RenameError>;
        type __Output = <__Returned as ::orpc_runtime::__private::ResultType>::Ok;
        type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
        const _: () = {
            use ::orpc_runtime::__private::IsNot as _;
            ::core::assert!(
                ! ::orpc_runtime::__private::IsInternal:: < __Error > ::IS ||
                ::orpc_runtime::__private::IsInfallible:: < __Error > ::IS,
                "derive `RpcError` for this error, or remove `std::error::Error`: with both by hand, `?` would hide it"
            );
        };
        impl ::orpc_runtime::__private::Procedure for rename {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = true;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "rename",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for rename {
            type Output = __Output;
        }
        impl<__C, __H0, __H1> ::orpc_runtime::__private::UnaryHandler<__C, (__H0, __H1)>
        for rename
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
            __C: ::orpc_runtime::__private::Lends<User, __H1>,
            __H1: 'static,
        {
            const NEEDS_SOCKET: ::core::primitive::bool = false
                || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET
                || <__C as ::orpc_runtime::__private::Lends<User, __H1>>::NEEDS_SOCKET;
            fn call<'__a>(
                scope: ::orpc_runtime::__private::Scope<'__a, __C>,
                input: __Input,
            ) -> impl ::orpc_runtime::__private::Future<
                Output = ::orpc_runtime::__private::Result<__Output, __Error>,
            > + ::orpc_runtime::__private::Send + '__a {
                async move {
                    let _ = (&scope, &input);
                    <__Returned as ::orpc_runtime::__private::ResultType>::split(
                        rename(
                                <__C as ::orpc_runtime::__private::Lends<
                                    App,
                                    __H0,
                                >>::lend(scope),
                                <__C as ::orpc_runtime::__private::Lends<
                                    User,
                                    __H1,
                                >>::lend(scope),
                                input,
                            )
                            .await,
                    )
                }
            }
        }
        #[doc(hidden)]
        struct __WithinProcedure0 {}
        const _: () = {
            struct __Found {}
            const _: () = {
                use timed as __Found;
                impl ::orpc_runtime::__private::NamedType for __WithinProcedure0 {
                    type Type = __Found;
                }
            };
        };
        #[doc(hidden)]
        type __Named0 = <__WithinProcedure0 as ::orpc_runtime::__private::NamedType>::Type;
        #[doc(hidden)]
        type __Middleware0 = <::orpc_runtime::__private::Checked<
            __Named0,
            {
                type __Probed = __Named0;
                #[allow(dead_code)]
                struct __Probe<__T>(::core::marker::PhantomData<__T>);
                #[allow(dead_code)]
                trait __Other {
                    const IS: ::core::primitive::bool = false;
                }
                impl<__T> __Other for __Probe<__T> {}
                #[allow(dead_code)]
                impl<__M: ::orpc_runtime::__private::Middleware> __Probe<__M> {
                    const IS: ::core::primitive::bool = true;
                }
                ::core::assert!(
                    __Probe:: < __Probed > ::IS,
                    "write `#[middleware]` before `timed`, or name a function that has it: this is not a middleware"
                );
                true
            },
        > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
        impl<
            __C,
            __M0,
            __H0,
            __H1,
        > ::orpc_runtime::__private::Mount<__C, (__M0, __H0, __H1)> for rename
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __Middleware0: ::orpc_runtime::__private::RunMiddleware<__C, __M0>,
            __M0: 'static,
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
                __C,
            >: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
                __C,
            >: ::orpc_runtime::__private::Lends<User, __H1>,
            __H1: 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point
                    .behind::<
                        __Middleware0,
                        __M0,
                    >(|point| point.unary::<Self, (__H0, __H1)>())
            }
        }
    };
    pub mod devices {
        pub async fn list(user: &User) -> Vec<Device> {
            user.devices()
        }
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        pub struct list {}
        #[allow(deprecated, unused_parens)]
        const _: () = {
            type __Input = ();
            type __Returned = Vec<Device>;
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
            impl ::orpc_runtime::__private::Procedure for list {
                type Input = __Input;
                type Reply = __Output;
                type Error = __Error;
                const HAS_INPUT: ::core::primitive::bool = false;
                fn definition() -> ::orpc_runtime::__private::Definition {
                    ::orpc_runtime::__private::Definition::new(
                        "list",
                        ::orpc_runtime::__private::ProcedureKind::Unary,
                    )
                }
            }
            impl ::orpc_runtime::__private::Unary for list {
                type Output = __Output;
            }
            impl<__C, __H0> ::orpc_runtime::__private::UnaryHandler<__C, (__H0,)>
            for list
            where
                __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                    + 'static,
                __C: ::orpc_runtime::__private::Lends<User, __H0>,
                __H0: 'static,
            {
                const NEEDS_SOCKET: ::core::primitive::bool = false
                    || <__C as ::orpc_runtime::__private::Lends<
                        User,
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
                            list(
                                    <__C as ::orpc_runtime::__private::Lends<
                                        User,
                                        __H0,
                                    >>::lend(scope),
                                )
                                .await,
                        )
                    }
                }
            }
            impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for list
            where
                __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                    + 'static,
                __C: ::orpc_runtime::__private::Lends<User, __H0>,
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
            impl ::orpc_runtime::__private::Entry<self::router> for self::list {
                fn name() -> &'static ::core::primitive::str {
                    ::orpc_runtime::__private::procedure_name::<self::list>()
                }
            }
        };
        ///The router of `devices`.
        #[must_use]
        #[allow(deprecated)]
        pub fn router() -> ::orpc_runtime::Router<super::__RouterContext> {
            let router = <::orpc_runtime::Router<
                __RouterContext,
            > as ::core::default::Default>::default();
            let router = ::orpc_runtime::Router::procedure::<self::list, _>(router);
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
    struct __With0 {}
    const _: () = {
        struct __Found {}
        const _: () = {
            use authenticate as __Found;
            impl ::orpc_runtime::__private::NamedType for self::__With0 {
                type Type = __Found;
            }
        };
    };
    #[doc(hidden)]
    type __Named0 = <self::__With0 as ::orpc_runtime::__private::NamedType>::Type;
    #[doc(hidden)]
    type __Middleware0 = <::orpc_runtime::__private::Checked<
        __Named0,
        {
            type __Probed = __Named0;
            #[allow(dead_code)]
            struct __Probe<__T>(::core::marker::PhantomData<__T>);
            #[allow(dead_code)]
            trait __Other {
                const IS: ::core::primitive::bool = false;
            }
            impl<__T> __Other for __Probe<__T> {}
            #[allow(dead_code)]
            impl<__M: ::orpc_runtime::__private::Middleware> __Probe<__M> {
                const IS: ::core::primitive::bool = true;
            }
            ::core::assert!(
                __Probe:: < __Probed > ::IS,
                "write `#[middleware]` before `authenticate`, or name a function that has it: this is not a middleware"
            );
            true
        },
    > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
    #[doc(hidden)]
    struct __With1 {}
    const _: () = {
        struct __Found {}
        const _: () = {
            use limit as __Found;
            impl ::orpc_runtime::__private::NamedType for self::__With1 {
                type Type = __Found;
            }
        };
    };
    #[doc(hidden)]
    type __Named1 = <self::__With1 as ::orpc_runtime::__private::NamedType>::Type;
    #[doc(hidden)]
    type __Middleware1 = <::orpc_runtime::__private::Checked<
        __Named1,
        {
            type __Probed = __Named1;
            #[allow(dead_code)]
            struct __Probe<__T>(::core::marker::PhantomData<__T>);
            #[allow(dead_code)]
            trait __Other {
                const IS: ::core::primitive::bool = false;
            }
            impl<__T> __Other for __Probe<__T> {}
            #[allow(dead_code)]
            impl<__M: ::orpc_runtime::__private::Middleware> __Probe<__M> {
                const IS: ::core::primitive::bool = true;
            }
            ::core::assert!(
                __Probe:: < __Probed > ::IS,
                "write `#[middleware]` before `limit`, or name a function that has it: this is not a middleware"
            );
            true
        },
    > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
    #[doc(hidden)]
    type __RouterContext = <::orpc_runtime::__private::Checked<
        <__Middleware1 as ::orpc_runtime::__private::Middleware>::Context<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
                __SharedContext,
            >,
        >,
        {
            trait __Other {
                const IS: ::core::primitive::bool = false;
            }
            impl<__C, const __CASE: ::core::primitive::usize> __Other
            for ::orpc_runtime::__private::Twice<__C, __CASE> {}
            impl<__C> __Other for ::orpc_runtime::__private::Nothing<__C> {}
            type __Behind0 = <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
                __SharedContext,
            >;
            ::core::assert!(
                ::orpc_runtime::__private::Nothing:: < __Behind0 > ::IS || !
                ::orpc_runtime::__is_lent_twice!([::orpc_runtime::__private] __Behind0),
                "return a type of its own here: the context in front of this middleware has the type already"
            );
            type __Behind1 = <__Middleware1 as ::orpc_runtime::__private::Middleware>::Context<
                <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
                    __SharedContext,
                >,
            >;
            ::core::assert!(
                ::orpc_runtime::__private::Nothing:: < __Behind1 > ::IS || !
                ::orpc_runtime::__is_lent_twice!([::orpc_runtime::__private] __Behind1),
                "return a type of its own here: the context in front of this middleware has the type already"
            );
            true
        },
    > as ::orpc_runtime::__private::OnceType>::Context;
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
        impl ::orpc_runtime::__private::Entry<self::router> for self::rename {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::rename>()
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::devices::router {
            fn name() -> &'static ::core::primitive::str {
                "devices"
            }
        }
    };
    ///The router of `account`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router() -> ::orpc_runtime::Router<App> {
        let router = <::orpc_runtime::Router<
            __RouterContext,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::rename, _>(router);
        let router = ::orpc_runtime::__private::nest(
            router,
            "devices",
            self::devices::router(),
        );
        let router = ::orpc_runtime::Router::<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
                __SharedContext,
            >,
        >::with_middleware::<__Middleware1, _>(router);
        let router = ::orpc_runtime::Router::<
            __SharedContext,
        >::with_middleware::<__Middleware0, _>(router);
        let router = ::orpc_runtime::Router::hooks(router, Log);
        <__IsShared as ::orpc_runtime::__private::SharedContext>::finish(router)
    }
}
pub mod anywhere {
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
    #[doc(hidden)]
    struct __With0 {}
    const _: () = {
        struct __Found {}
        const _: () = {
            use limit as __Found;
            impl ::orpc_runtime::__private::NamedType for self::__With0 {
                type Type = __Found;
            }
        };
    };
    #[doc(hidden)]
    type __Named0 = <self::__With0 as ::orpc_runtime::__private::NamedType>::Type;
    #[doc(hidden)]
    type __Middleware0 = <::orpc_runtime::__private::Checked<
        __Named0,
        {
            type __Probed = __Named0;
            #[allow(dead_code)]
            struct __Probe<__T>(::core::marker::PhantomData<__T>);
            #[allow(dead_code)]
            trait __Other {
                const IS: ::core::primitive::bool = false;
            }
            impl<__T> __Other for __Probe<__T> {}
            #[allow(dead_code)]
            impl<__M: ::orpc_runtime::__private::Middleware> __Probe<__M> {
                const IS: ::core::primitive::bool = true;
            }
            ::core::assert!(
                __Probe:: < __Probed > ::IS,
                "write `#[middleware]` before `limit`, or name a function that has it: this is not a middleware"
            );
            true
        },
    > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
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
        impl ::orpc_runtime::__private::Entry<self::router> for self::ping {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::ping>()
            }
        }
    };
    ///The router of `anywhere`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router<
        AnyContext: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
            + 'static,
    >() -> ::orpc_runtime::Router<AnyContext> {
        let router = <::orpc_runtime::Router<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<AnyContext>,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::ping, _>(router);
        let router = ::orpc_runtime::Router::<
            AnyContext,
        >::with_middleware::<__Middleware0, _>(router);
        router
    }
}
