pub async fn send(
    app: &App,
    SendMessage { message }: SendMessage,
) -> Result<(), SendError> {
    app.send(message)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct send {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = SendMessage;
    type __Returned = Result<(), SendError>;
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
    impl ::orpc_runtime::__private::Procedure for send {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
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
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
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
                <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    send(
                            <__C as ::orpc_runtime::__private::Lends<
                                App,
                                __H0,
                            >>::lend(scope),
                            input,
                        )
                        .await,
                )
            }
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for send
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, (__H0,)>()
        }
    }
};
