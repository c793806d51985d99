async fn ping() {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct ping {}
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
                > as ::orpc_runtime::__private::ResultType>::split(ping().await)
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for ping
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
