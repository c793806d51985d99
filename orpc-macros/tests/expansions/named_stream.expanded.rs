pub fn numbers(app: &App) -> Result<BoxStream<'_, u32>, Refused> {
    Ok(app.numbers())
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct numbers {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = ();
    const __IS_STREAM: ::core::primitive::bool = {
        type __Probed = BoxStream<'static, u32>;
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
            "write `async` before `fn`, or return a stream: this type is none"
        );
        true
    };
    type __Item = <::orpc_runtime::__private::Checked<
        BoxStream<'static, u32>,
        { __IS_STREAM },
    > as ::orpc_runtime::__private::StreamType>::Item;
    type __Error = Refused;
    type __Event = __Item;
    type __EventError = ::orpc_runtime::__private::Infallible;
    const _: () = {
        type __Probed = u32;
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
    impl ::orpc_runtime::__private::Procedure for numbers {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "numbers",
                ::orpc_runtime::__private::Kind::Stream,
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
            ::orpc_runtime::__private::Ok(item)
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::Opens<__C, (__H0,)> for numbers
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
                            BoxStream<'_, u32>,
                            { __IS_STREAM },
                        > as ::orpc_runtime::__private::StreamType>::Stream,
                        _,
                    >,
                >(
                    numbers(
                        <__C as ::orpc_runtime::__private::Lends<App, __H0>>::lend(scope),
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
