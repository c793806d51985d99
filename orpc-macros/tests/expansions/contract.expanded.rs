/// A chat room.
pub trait ChatRoom: Debug + ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static {
    /// Sends a message.
    #[allow(clippy::manual_async_fn)]
    fn send(
        &self,
        call: &Call,
        input: Message,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = Result<(), SendError>,
    > + ::orpc_runtime::__private::Send;
    #[allow(clippy::manual_async_fn)]
    fn ping(
        &self,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = &'static str,
    > + ::orpc_runtime::__private::Send {
        async move { "pong" }
    }
    fn on_message(
        &self,
        last: Option<&LastEventId>,
    ) -> impl Stream<Item = Event<Message>> + ::orpc_runtime::__private::Send;
    #[allow(clippy::manual_async_fn)]
    fn rooms(
        &self,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = Result<
            impl Stream<Item = String> + ::orpc_runtime::__private::Send,
            Error,
        >,
    > + ::orpc_runtime::__private::Send;
}
///The procedures of [`ChatRoom`].
pub mod chat_room {
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct send {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct ping {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct on_message {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct rooms {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct router {}
    #[allow(deprecated)]
    const _: () = {
        impl<
            Implementation: super::ChatRoom,
        > ::orpc_runtime::__private::RouterModule<Implementation> for self::router {
            fn router() -> ::orpc_runtime::Router<Implementation> {
                self::router()
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::send {
            fn name() -> &'static ::core::primitive::str {
                "say"
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::ping {
            fn name() -> &'static ::core::primitive::str {
                "ping"
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::on_message {
            fn name() -> &'static ::core::primitive::str {
                "onMessage"
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::rooms {
            fn name() -> &'static ::core::primitive::str {
                "rooms"
            }
        }
    };
    ///The router of an implementation, which is the context of its calls.
    #[must_use]
    #[allow(deprecated)]
    pub fn router<Implementation: super::ChatRoom>() -> ::orpc_runtime::Router<
        Implementation,
    > {
        let router = <::orpc_runtime::Router<
            Implementation,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::send, _>(router);
        let router = ::orpc_runtime::Router::procedure::<self::ping, _>(router);
        let router = ::orpc_runtime::Router::procedure::<self::on_message, _>(router);
        let router = ::orpc_runtime::Router::procedure::<self::rooms, _>(router);
        router
    }
    ///The same without an implementation, to write the types of clients from.
    #[must_use]
    pub fn contract() -> ::orpc_runtime::Router<::orpc_runtime::Contract> {
        self::router()
    }
}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = Message;
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
    impl ::orpc_runtime::__private::Procedure for chat_room::send {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                    "say",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
                .docs("Sends a message.")
        }
    }
    impl ::orpc_runtime::__private::Unary for chat_room::send {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for chat_room::send
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <Call as ::orpc_runtime::__private::LentByCall>::NEEDS_SOCKET;
        fn call<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            input: __Input,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<__Output, __Error>,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = (&scope, &input);
                <__Returned as ::orpc_runtime::__private::ResultType>::split(
                    <__C as ChatRoom>::send(
                            ::orpc_runtime::__private::Scope::context(scope),
                            <Call as ::orpc_runtime::__private::LentByCall>::lend(scope),
                            input,
                        )
                        .await,
                )
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for chat_room::send
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Returned = &'static str;
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
    impl ::orpc_runtime::__private::Procedure for chat_room::ping {
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
    impl ::orpc_runtime::__private::Unary for chat_room::ping {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for chat_room::ping
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
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
                > as ::orpc_runtime::__private::ResultType>::split(
                    <__C as ChatRoom>::ping(
                            ::orpc_runtime::__private::Scope::context(scope),
                        )
                        .await,
                )
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for chat_room::ping
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Item = Event<Message>;
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
    impl ::orpc_runtime::__private::Procedure for chat_room::on_message {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "onMessage",
                ::orpc_runtime::__private::ProcedureKind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::Streams for chat_room::on_message {
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
    impl<__C> ::orpc_runtime::__private::StreamHandler<__C, ()> for chat_room::on_message
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
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
                ::orpc_runtime::__private::Ok(
                    <__C as ChatRoom>::on_message(
                        ::orpc_runtime::__private::Scope::context(scope),
                        <LastEventId as ::orpc_runtime::__private::MaybeLentByCall>::lend(
                            scope,
                        ),
                    ),
                )
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for chat_room::on_message
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.stream::<Self, ()>()
        }
    }
};
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Item = String;
    type __Opaque = ::orpc_runtime::__private::Empty<__Item>;
    type __Returned = Result<__Opaque, Error>;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
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
    impl ::orpc_runtime::__private::Procedure for chat_room::rooms {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "rooms",
                ::orpc_runtime::__private::ProcedureKind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::Streams for chat_room::rooms {
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
    impl<__C> ::orpc_runtime::__private::StreamHandler<__C, ()> for chat_room::rooms
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
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
                <__C as ChatRoom>::rooms(
                        ::orpc_runtime::__private::Scope::context(scope),
                    )
                    .await
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for chat_room::rooms
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: ChatRoom,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.stream::<Self, ()>()
        }
    }
};
#[allow(deprecated, refining_impl_trait)]
const _: () = {
    impl ChatRoom for ::orpc_runtime::Contract {
        async fn send(&self, _: &Call, _: Message) -> Result<(), SendError> {
            match *self {}
        }
        async fn ping(&self) -> &'static str {
            match *self {}
        }
        fn on_message(
            &self,
            _: Option<&LastEventId>,
        ) -> ::orpc_runtime::__private::Empty<Event<Message>> {
            match *self {}
        }
        async fn rooms(
            &self,
        ) -> Result<::orpc_runtime::__private::Empty<String>, Error> {
            match *self {}
        }
    }
};
