pub fn ticks(input: Every) -> impl Stream<Item = Event<Tick>> + use<> {
    ticks_of(input)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct ticks {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = Every;
    type __Item = Event<Tick>;
    type __Error = ::orpc_runtime::__private::Infallible;
    type __Event = __Item;
    type __EventError = ::orpc_runtime::__private::Infallible;
    const _: () = {
        type __Probed = __Item;
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
    impl ::orpc_runtime::__private::Procedure for ticks {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "ticks",
                ::orpc_runtime::__private::Kind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::Streams for ticks {
        type Item = __Item;
        type Event = __Event;
        type EventError = __EventError;
        fn split(
            item: __Item,
        ) -> ::orpc_runtime::__private::Result<__Event, __EventError> {
            ::orpc_runtime::__private::Ok(item)
        }
    }
    impl<__C> ::orpc_runtime::__private::Opens<__C, ()> for ticks
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false;
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
                ::orpc_runtime::__private::Ok(ticks(input))
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for ticks
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.stream::<Self, ()>()
        }
    }
};
