pub fn numbers(app: &App) -> Result<BoxStream<'_, u32>, Refused> {
    Ok(app.numbers())
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct numbers {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Returned = Result<BoxStream<'static, u32>, Refused>;
    type __Stream = <__Returned as ::orpc_runtime::__private::ResultType>::Ok;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    const _: () = {
        use ::orpc_runtime::__private::IsNot as _;
        ::core::assert!(
            ! ::orpc_runtime::__private::IsInternal:: < __Error > ::IS ||
            ::orpc_runtime::__private::IsInfallible:: < __Error > ::IS,
            "derive `RpcError` for this error, or remove `std::error::Error`: with both by hand, `?` would hide it"
        );
    };
    const __IS_STREAM: ::core::primitive::bool = {
        type __Probed = __Stream;
        #[allow(dead_code)]
        struct __Probe<__T>(::core::marker::PhantomData<__T>);
        #[allow(dead_code)]
        trait __Other {
            const IS: ::core::primitive::bool = false;
        }
        impl<__T> __Other for __Probe<__T> {}
        #[allow(dead_code)]
        impl<__S: ::orpc_runtime::__private::Stream> __Probe<__S> {
            const IS: ::core::primitive::bool = true;
        }
        ::core::assert!(
            __Probe:: < __Probed > ::IS,
            "write `async` before `fn`, or return a stream: this type is not a stream"
        );
        true
    };
    type __Item = <::orpc_runtime::__private::Checked<
        __Returned,
        { __IS_STREAM },
    > as ::orpc_runtime::__private::StreamType>::Item;
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
            ! ::orpc_runtime::__private::Misplaced:: < __Event > ::IS,
            "move this `Result` outwards, so that the function or the stream fails with its error: here the error would be sent as a value"
        );
    };
    impl ::orpc_runtime::__private::Procedure for numbers {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "numbers",
                ::orpc_runtime::__private::ProcedureKind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::Streams for numbers {
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
    impl<__C, __H0> ::orpc_runtime::__private::StreamHandler<__C, (__H0,)> for numbers
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET;
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
                ::core::convert::identity::<
                    ::orpc_runtime::__private::Result<
                        <::orpc_runtime::__private::Checked<
                            Result<BoxStream<'_, u32>, Refused>,
                            { __IS_STREAM },
                        > as ::orpc_runtime::__private::StreamType>::Stream,
                        _,
                    >,
                >(
                    <Result<
                        BoxStream<'_, u32>,
                        Refused,
                    > as ::orpc_runtime::__private::ResultType>::split(
                        numbers(
                            <__C as ::orpc_runtime::__private::Lends<
                                App,
                                __H0,
                            >>::lend(scope),
                        ),
                    ),
                )
            }
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for numbers
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.stream::<Self, (__H0,)>()
        }
    }
};
