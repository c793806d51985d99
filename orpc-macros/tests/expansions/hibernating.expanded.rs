pub async fn watch(
    app: &App,
    socket: &Socket,
) -> Result<HibernatingIterator<String>, Refused> {
    app.watch(socket)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct watch {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Returned = Result<HibernatingIterator<String>, Refused>;
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
    impl ::orpc_runtime::__private::Procedure for watch {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "watch",
                ::orpc_runtime::__private::ProcedureKind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::HibernatingHandler for watch {
        type Iterator = __Output;
    }
    impl<__C, __H0, __H1> ::orpc_runtime::__private::UnaryHandler<__C, (__H0, __H1)>
    for watch
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        __C: ::orpc_runtime::__private::Lends<Socket, __H1>,
        __H1: 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET
            || <__C as ::orpc_runtime::__private::Lends<Socket, __H1>>::NEEDS_SOCKET;
        fn call<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            input: __Input,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<__Output, __Error>,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = (&scope, &input);
                <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    watch(
                            <__C as ::orpc_runtime::__private::Lends<
                                App,
                                __H0,
                            >>::lend(scope),
                            <__C as ::orpc_runtime::__private::Lends<
                                Socket,
                                __H1,
                            >>::lend(scope),
                        )
                        .await,
                )
            }
        }
    }
    impl<__C, __H0, __H1> ::orpc_runtime::__private::Mount<__C, (__H0, __H1)> for watch
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        __C: ::orpc_runtime::__private::Lends<Socket, __H1>,
        __H1: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.hibernating::<Self, (__H0, __H1)>()
        }
    }
};
