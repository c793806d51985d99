pub struct App;
/// The chat room.
pub mod chat {
    //! Documented inside, too.
    use super::*;
    /// A message to send.
    pub struct SendMessage {
        pub message: String,
    }
    pub async fn send(app: &App, input: SendMessage) {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct send {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = SendMessage;
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
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
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
                    <::orpc_runtime::__private::Checked<
                        __Returned,
                        { __IS_RESULT },
                    > as ::orpc_runtime::__private::ResultType>::split(
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
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.unary::<Self, (__H0,)>()
            }
        }
    };
    fn helper() -> Option<String> {
        None
    }
    pub fn on_message(app: &App) -> impl Stream<Item = String> {
        app.messages()
    }
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct on_message {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = ();
        type __Item = String;
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
            }
        }
        impl ::orpc_runtime::__private::Streams for on_message {
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
        impl<__C, __H0> ::orpc_runtime::__private::StreamHandler<__C, (__H0,)>
        for on_message
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
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
                    ::orpc_runtime::__private::Ok(
                        on_message(
                            <__C as ::orpc_runtime::__private::Lends<
                                App,
                                __H0,
                            >>::lend(scope),
                        ),
                    )
                }
            }
        }
        impl<__C, __H0> ::orpc_runtime::__private::Mount<__C, (__H0,)> for on_message
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
            __C: ::orpc_runtime::__private::Lends<App, __H0>,
            __H0: 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.stream::<Self, (__H0,)>()
            }
        }
    };
    #[doc(hidden)]
    type __IsShared = ::orpc_runtime::__private::Checked<
        App,
        {
            use ::orpc_runtime::__private::IsNot as _;
            ::core::assert!(
                ::orpc_runtime::__private::IsShared:: < App > ::IS,
                "make `App` `Send + Sync`, with `Arc` in place of `Rc` and `Mutex` or an atomic in place of `RefCell` or `Cell`: calls on several threads share the context"
            );
            true
        },
    >;
    #[doc(hidden)]
    type __SharedContext = <__IsShared as ::orpc_runtime::__private::SharedContext>::Context;
    #[doc(hidden)]
    type __RouterContext = __SharedContext;
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct router {}
    #[allow(deprecated)]
    const _: () = {
        impl ::orpc_runtime::__private::RouterModule<__SharedContext> for self::router {
            fn router() -> ::orpc_runtime::Router<__SharedContext> {
                self::router()
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::send {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::send>()
            }
        }
        impl ::orpc_runtime::__private::Entry<self::router> for self::on_message {
            fn name() -> &'static ::core::primitive::str {
                ::orpc_runtime::__private::procedure_name::<self::on_message>()
            }
        }
    };
    ///The router of `chat`.
    #[must_use]
    #[allow(deprecated)]
    pub fn router() -> ::orpc_runtime::Router<App> {
        let router = <::orpc_runtime::Router<
            __RouterContext,
        > as ::core::default::Default>::default();
        let router = ::orpc_runtime::Router::procedure::<self::send, _>(router);
        let router = ::orpc_runtime::Router::procedure::<self::on_message, _>(router);
        <__IsShared as ::orpc_runtime::__private::SharedContext>::finish(router)
    }
}
