pub fn ticks(input: Every) -> impl Stream<Item = Event<Tick>> + use<> {
    ticks_of(input)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct ticks {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = Every;
    type __Item = Event<Tick>;
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
    impl ::orpc_runtime::__private::Procedure for ticks {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "ticks",
                ::orpc_runtime::__private::ProcedureKind::Stream,
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
            <::orpc_runtime::__private::Checked<
                __Item,
                { __IS_ITEM_RESULT },
            > as ::orpc_runtime::__private::ResultType>::split(item)
        }
    }
    impl<__C> ::orpc_runtime::__private::StreamHandler<__C, ()> for ticks
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
