/// The chat room.
pub trait Chat: Clone + ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static {
    /// Sends a message.
    #[deprecated]
    #[allow(clippy::manual_async_fn)]
    fn send(
        &self,
        call: &Call,
        input: SendMessage,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = Result<(), SendError>,
    > + ::orpc_runtime::__private::Send;
    #[cfg(unix)]
    fn on_message(
        &self,
        last: Option<&LastEventId>,
    ) -> impl Stream<Item = Event<String>> + ::orpc_runtime::__private::Send;
    #[allow(clippy::manual_async_fn)]
    fn ping(
        &self,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = (),
    > + ::orpc_runtime::__private::Send {
        async move { helper() }
    }
}
///The procedures of [`Chat`].
pub mod chat {
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct send {}
    #[cfg(unix)]
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct on_message {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct ping {}
    ///The router of an implementation, which is the context of its calls.
    #[must_use]
    #[allow(deprecated, clippy::all, clippy::pedantic)]
    pub fn router<Implementation: super::Chat>() -> ::orpc_runtime::Router<
        Implementation,
    > {
        let router = <::orpc_runtime::Router<
            Implementation,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::send, _>(router);
        #[cfg(unix)]
        let router = ::orpc_runtime::Router::procedure::<self::on_message, _>(router);
        let router = ::orpc_runtime::Router::procedure::<self::ping, _>(router);
        router
    }
    ///The same without an implementation, to write the types of clients from.
    #[must_use]
    pub fn contract() -> ::orpc_runtime::Router<::orpc_runtime::Contract> {
        self::router()
    }
}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = SendMessage;
    type __Returned = Result<(), SendError>;
    type __Output = <__Returned as ::orpc_runtime::__private::ResultType>::Ok;
    type __Error = <__Returned as ::orpc_runtime::__private::ResultType>::Err;
    impl ::orpc_runtime::__private::Procedure for chat::send {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                    "post",
                    ::orpc_runtime::__private::Kind::Unary,
                )
                .docs("Sends a message.")
                .deprecated(
                    ::orpc_runtime::__private::None,
                    ::orpc_runtime::__private::None,
                )
                .get()
        }
    }
    impl ::orpc_runtime::__private::Unary for chat::send {
        type Output = __Output;
    }
    impl<__C, __H0> ::orpc_runtime::__private::Answers<__C, (__H0,)> for chat::send
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: Chat,
        __C: ::orpc_runtime::__private::Lends<Call, __H0>,
        __H0: 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false
            || <__C as ::orpc_runtime::__private::Lends<Call, __H0>>::NEEDS_SOCKET;
        fn call<'__a>(
            scope: ::orpc_runtime::__private::Scope<'__a, __C>,
            input: __Input,
        ) -> impl ::orpc_runtime::__private::Future<
            Output = ::orpc_runtime::__private::Result<__Output, __Error>,
        > + ::orpc_runtime::__private::Send + '__a {
            async move {
                let _ = (&scope, &input);
                <__C as Chat>::send(
                        ::orpc_runtime::__private::Scope::context(scope),
                        <__C as ::orpc_runtime::__private::Lends<
                            Call,
                            __H0,
                        >>::lend(scope),
                        input,
                    )
                    .await
            }
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for chat::send
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: Chat,
        __C: ::orpc_runtime::__private::Lends<Call, __H0>,
        __H0: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, (__H0,)>()
        }
    }
};
#[cfg(unix)]
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = ();
    type __Item = Event<String>;
    type __Error = ::orpc_runtime::__private::Infallible;
    type __Event = __Item;
    type __EventError = ::orpc_runtime::__private::Infallible;
    type __Checked = __Item;
    #[allow(dead_code)]
    const _: () = {
        struct __Probe<__T>(::core::marker::PhantomData<__T>);
        trait __Other {
            const IS_RESULT: ::core::primitive::bool = false;
        }
        impl<__T> __Other for __Probe<__T> {}
        impl<__T, __E> __Probe<::orpc_runtime::__private::Result<__T, __E>> {
            const IS_RESULT: ::core::primitive::bool = true;
        }
        ::core::assert!(
            ! __Probe:: < __Checked > ::IS_RESULT,
            "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
        );
    };
    impl ::orpc_runtime::__private::Procedure for chat::on_message {
        type Input = __Input;
        type Reply = ::orpc_runtime::__private::BoxStream<'static, __Item>;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                "onMessage",
                ::orpc_runtime::__private::Kind::Stream,
            )
        }
    }
    impl ::orpc_runtime::__private::Streams for chat::on_message {
        type Item = __Item;
        type Event = __Event;
        type EventError = __EventError;
        fn split(
            item: __Item,
        ) -> ::orpc_runtime::__private::Result<__Event, __EventError> {
            ::orpc_runtime::__private::Ok(item)
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::Opens<__C, (__H0,)> for chat::on_message
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: Chat,
        __C: ::orpc_runtime::__private::MayLend<LastEventId, __H0>,
        __H0: 'static,
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
                    <__C as Chat>::on_message(
                        ::orpc_runtime::__private::Scope::context(scope),
                        <__C as ::orpc_runtime::__private::MayLend<
                            LastEventId,
                            __H0,
                        >>::lend(scope),
                    ),
                )
            }
        }
    }
    impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for chat::on_message
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: Chat,
        __C: ::orpc_runtime::__private::MayLend<LastEventId, __H0>,
        __H0: 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.stream::<Self, (__H0,)>()
        }
    }
};
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = ();
    type __Returned = ();
    type __Output = __Returned;
    type __Error = ::orpc_runtime::__private::Infallible;
    type __Checked = __Returned;
    #[allow(dead_code)]
    const _: () = {
        struct __Probe<__T>(::core::marker::PhantomData<__T>);
        trait __Other {
            const IS_RESULT: ::core::primitive::bool = false;
        }
        impl<__T> __Other for __Probe<__T> {}
        impl<__T, __E> __Probe<::orpc_runtime::__private::Result<__T, __E>> {
            const IS_RESULT: ::core::primitive::bool = true;
        }
        ::core::assert!(
            ! __Probe:: < __Checked > ::IS_RESULT,
            "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
        );
    };
    impl ::orpc_runtime::__private::Procedure for chat::ping {
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
    impl ::orpc_runtime::__private::Unary for chat::ping {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::Answers<__C, ()> for chat::ping
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: Chat,
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
                ::orpc_runtime::__private::Ok(
                    <__C as Chat>::ping(::orpc_runtime::__private::Scope::context(scope))
                        .await,
                )
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for chat::ping
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
        __C: Chat,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
#[allow(deprecated, refining_impl_trait, clippy::all, clippy::pedantic)]
const _: () = {
    impl Chat for ::orpc_runtime::Contract {
        async fn send(&self, _: &Call, _: SendMessage) -> Result<(), SendError> {
            match *self {}
        }
        #[cfg(unix)]
        fn on_message(
            &self,
            _: Option<&LastEventId>,
        ) -> ::orpc_runtime::__private::Empty<Event<String>> {
            match *self {}
        }
        async fn ping(&self) {
            match *self {}
        }
    }
};
trait Wrong<
    T,
>: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static {
    #[allow(clippy::manual_async_fn)]
    fn generic<U>(
        &self,
        input: U,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = (),
    > + ::orpc_runtime::__private::Send;
    fn no_receiver();
    const LIMIT: u8 = 1;
}
::core::compile_error! {
    "write `async fn name(&self, …) -> …;`: a contract has procedures alone"
}
::core::compile_error! {
    "remove the parameters: a contract is of the types that clients know"
}
::core::compile_error! {
    "add `&self`: a contract's procedures are methods of what implements it"
}
::core::compile_error! {
    "write the type itself: a procedure cannot be generic, its schema is that of one type"
}
::core::compile_error! {
    "write `async` before `fn`, or return `impl Stream<Item = …>`: a procedure does either"
}
