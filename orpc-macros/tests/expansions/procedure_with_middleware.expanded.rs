pub async fn buy(
    app: &App,
    user: &User,
    plan: &Plan,
    input: Order,
) -> Result<Receipt, Refused> {
    app.buy(user, plan, input)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct buy {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = Order;
    type __Returned = Result<Receipt, Refused>;
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
    const _: () = {
        use ::orpc_runtime::__private::IsNot as _;
        ::core::assert!(
            ! ::orpc_runtime::__private::Misplaced:: < __Output > ::IS,
            "move this `Result` outwards, so that the function or the stream fails with its error: here the error would be sent as a value"
        );
    };
    impl ::orpc_runtime::__private::Procedure for buy {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "buy",
                ::orpc_runtime::__private::ProcedureKind::Unary,
            )
        }
    }
    impl ::orpc_runtime::__private::Unary for buy {
        type Output = __Output;
    }
    impl<
        __C,
        __H0,
        __H1,
        __H2,
    > ::orpc_runtime::__private::UnaryHandler<__C, (__H0, __H1, __H2)> for buy
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        __C: ::orpc_runtime::__private::Lends<User, __H1>,
        __H1: 'static,
        __C: ::orpc_runtime::__private::Lends<Plan, __H2>,
        __H2: 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET
            || <__C as ::orpc_runtime::__private::Lends<User, __H1>>::NEEDS_SOCKET
            || <__C as ::orpc_runtime::__private::Lends<Plan, __H2>>::NEEDS_SOCKET;
        fn call<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            input: __Input,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<__Output, __Error>,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = (&scope, &input);
                <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    buy(
                            <__C as ::orpc_runtime::__private::Lends<
                                App,
                                __H0,
                            >>::lend(scope),
                            <__C as ::orpc_runtime::__private::Lends<
                                User,
                                __H1,
                            >>::lend(scope),
                            <__C as ::orpc_runtime::__private::Lends<
                                Plan,
                                __H2,
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
            use authenticate as __Found;
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
                "write `#[middleware]` before `authenticate`, or name a function that has it: this is not a middleware"
            );
            true
        },
    > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
    #[doc(hidden)]
    struct __WithinProcedure1 {}
    const _: () = {
        struct __Found {}
        const _: () = {
            use crate::plans::with_plan as __Found;
            impl ::orpc_runtime::__private::NamedType for __WithinProcedure1 {
                type Type = __Found;
            }
        };
    };
    #[doc(hidden)]
    type __Named1 = <__WithinProcedure1 as ::orpc_runtime::__private::NamedType>::Type;
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
                "write `#[middleware]` before `crate::plans::with_plan`, or name a function that has it: this is not a middleware"
            );
            true
        },
    > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
    impl<
        __C,
        __M0,
        __M1,
        __H0,
        __H1,
        __H2,
    > ::orpc_runtime::__private::Mount<__C, (__M0, __M1, __H0, __H1, __H2)> for buy
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __Middleware0: ::orpc_runtime::__private::RunMiddleware<__C, __M0>,
        __M0: 'static,
        __Middleware1: ::orpc_runtime::__private::RunMiddleware<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<__C>,
            __M1,
        >,
        __M1: 'static,
        <__Middleware1 as ::orpc_runtime::__private::Middleware>::Context<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<__C>,
        >: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        <__Middleware1 as ::orpc_runtime::__private::Middleware>::Context<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<__C>,
        >: ::orpc_runtime::__private::Lends<User, __H1>,
        __H1: 'static,
        <__Middleware1 as ::orpc_runtime::__private::Middleware>::Context<
            <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<__C>,
        >: ::orpc_runtime::__private::Lends<Plan, __H2>,
        __H2: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point
                .behind::<
                    __Middleware0,
                    __M0,
                >(|point| {
                    point
                        .behind::<
                            __Middleware1,
                            __M1,
                        >(|point| <::orpc_runtime::__private::Checked<
                            __Output,
                            {
                                use ::orpc_runtime::__private::IsNot as _;
                                ::orpc_runtime::__private::IsPrepared::<__Output>::IS
                            },
                        > as ::orpc_runtime::__private::UnaryOutput>::mount::<
                            Self,
                            _,
                            (__H0, __H1, __H2),
                        >(point))
                })
        }
    }
};
pub fn changes(user: &User) -> impl Stream<Item = Change> {
    user.changes()
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct changes {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Item = Change;
    type __Error = ::orpc_runtime::__private::Infallible;
    const __IS_ITEM_RESULT: ::core::primitive::bool = {
        use ::orpc_runtime::__private::IsNot as _;
        ::orpc_runtime::__private::IsResult::<__Item>::IS
    };
    type __Event = <::orpc_runtime::__private::Checked<
        __Item,
        { __IS_ITEM_RESULT },
    > as ::orpc_runtime::__private::ResultType>::Ok;
    type __EventError = <::orpc_runtime::__private::Checked<
        __Item,
        { __IS_ITEM_RESULT },
    > as ::orpc_runtime::__private::ResultType>::Err;
    const _: () = {
        use ::orpc_runtime::__private::IsNot as _;
        ::core::assert!(
            ! ::orpc_runtime::__private::IsInternal:: < __EventError > ::IS ||
            ::orpc_runtime::__private::IsInfallible:: < __EventError > ::IS,
            "derive `RpcError` for this error, or remove `std::error::Error`: with both by hand, `?` would hide it"
        );
    };
    const _: () = {
        use ::orpc_runtime::__private::IsNot as _;
        ::core::assert!(
            ! ::orpc_runtime::__private::Misplaced:: < __Event > ::IS,
            "move this `Result` outwards, so that the function or the stream fails with its error: here the error would be sent as a value"
        );
    };
    impl ::orpc_runtime::__private::Procedure for changes {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "changes",
                ::orpc_runtime::__private::ProcedureKind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::Streams for changes {
        type Item = __Item;
        type Event = __Event;
        type EventError = __EventError;
        fn split(
            item: __Item,
        ) -> ::orpc_runtime::__private::Result<__Event, __EventError> {
            <::orpc_runtime::__private::Checked<
                __Item,
                { __IS_ITEM_RESULT },
            > as ::orpc_runtime::__private::ResultType>::split(item)
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::StreamHandler<__C, (__H0,)> for changes
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<User, __H0>,
        __H0: 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <__C as ::orpc_runtime::__private::Lends<User, __H0>>::NEEDS_SOCKET;
        fn open<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            input: __Input,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<
                impl ::orpc_runtime::__private::Stream<
                    Item = __Item,
                > + ::orpc_runtime::__private::Send + '__a,
                __Error,
            >,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = (&scope, &input);
                ::orpc_runtime::__private::Ok(
                    changes(
                        <__C as ::orpc_runtime::__private::Lends<
                            User,
                            __H0,
                        >>::lend(scope),
                    ),
                )
            }
        }
    }
    #[doc(hidden)]
    struct __WithinProcedure0 {}
    const _: () = {
        struct __Found {}
        const _: () = {
            use authenticate as __Found;
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
                "write `#[middleware]` before `authenticate`, or name a function that has it: this is not a middleware"
            );
            true
        },
    > as ::orpc_runtime::__private::MiddlewareType>::Middleware;
    impl<__C, __M0, __H0> ::orpc_runtime::__private::Mount<__C, (__M0, __H0)> for changes
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __Middleware0: ::orpc_runtime::__private::RunMiddleware<__C, __M0>,
        __M0: 'static,
        <__Middleware0 as ::orpc_runtime::__private::Middleware>::Context<
            __C,
        >: ::orpc_runtime::__private::Lends<User, __H0>,
        __H0: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.behind::<__Middleware0, __M0>(|point| point.stream::<Self, (__H0,)>())
        }
    }
};
