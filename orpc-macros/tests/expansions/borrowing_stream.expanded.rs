/// Every message from now on, or from the last one that the client saw.
pub async fn on_message<'a>(
    app: &'a App,
    last: Option<&'a LastEventId>,
    call: &'a Call,
) -> Result<impl Stream<Item = Result<Event<String>, Gone>>, SendError> {
    app.subscribe(last, call)
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct on_message {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Item = Result<Event<String>, Gone>;
    type __Opaque = ::orpc_runtime::__private::Empty<__Item>;
    type __Returned = Result<__Opaque, SendError>;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    type __Event = <__Item as ::orpc_runtime::__private::ResultType>::Ok;
    type __EventError = <__Item as ::orpc_runtime::__private::ResultType>::Err;
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
    impl ::orpc_runtime::__private::Procedure for on_message {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                    "onMessage",
                    ::orpc_runtime::__private::ProcedureKind::Stream,
                )
                .docs(
                    "Every message from now on, or from the last one that the client saw.",
                )
        }
    }
    impl ::orpc_runtime::__private::Streams for on_message {
        type Item = __Item;
        type Event = __Event;
        type EventError = __EventError;
        fn split(
            item: __Item,
        ) -> ::orpc_runtime::__private::Result<__Event, __EventError> {
            <__Item as ::orpc_runtime::__private::ResultType>::split(item)
        }
    }
    impl<
        __C,
        __H0,
        __H1,
        __H2,
    > ::orpc_runtime::__private::StreamHandler<__C, (__H0, __H1, __H2)> for on_message
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        __C: ::orpc_runtime::__private::MayLend<LastEventId, __H1>,
        __H1: 'static,
        __C: ::orpc_runtime::__private::Lends<Call, __H2>,
        __H2: 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <__C as ::orpc_runtime::__private::Lends<App, __H0>>::NEEDS_SOCKET
            || <__C as ::orpc_runtime::__private::Lends<Call, __H2>>::NEEDS_SOCKET;
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
                on_message(
                        <__C as ::orpc_runtime::__private::Lends<
                            App,
                            __H0,
                        >>::lend(scope),
                        <__C as ::orpc_runtime::__private::MayLend<
                            LastEventId,
                            __H1,
                        >>::lend(scope),
                        <__C as ::orpc_runtime::__private::Lends<
                            Call,
                            __H2,
                        >>::lend(scope),
                    )
                    .await
            }
        }
    }
    impl<__C, __H0, __H1, __H2> ::orpc_runtime::__private::Mount<__C, (__H0, __H1, __H2)>
    for on_message
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ::orpc_runtime::__private::Lends<App, __H0>,
        __H0: 'static,
        __C: ::orpc_runtime::__private::MayLend<LastEventId, __H1>,
        __H1: 'static,
        __C: ::orpc_runtime::__private::Lends<Call, __H2>,
        __H2: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.stream::<Self, (__H0, __H1, __H2)>()
        }
    }
};
