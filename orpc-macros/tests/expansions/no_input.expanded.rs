async fn ping() {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct ping {}
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
                ::orpc_runtime::__private::Ok(ping().await)
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
