pub(crate) async fn read(input: (String)) -> io::Result<Vec<u8>> {
    Ok(Vec::new())
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub(crate) struct read {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = String;
    type __Returned = io::Result<Vec<u8>>;
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
    impl ::orpc_runtime::__private::Procedure for read {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "read",
                ::orpc_runtime::__private::ProcedureKind::Unary,
            )
        }
    }
    impl ::orpc_runtime::__private::Unary for read {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for read
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
                <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    read(input).await,
                )
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for read
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
