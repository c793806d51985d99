trait Chat<
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
    #[allow(clippy::manual_async_fn)]
    fn send(
        &self,
        input: String,
    ) -> impl ::orpc_runtime::__private::Future<
        Output = (),
    > + ::orpc_runtime::__private::Send;
    const LIMIT: u8 = 1;
}
::core::compile_error! {
    "remove `crat`: the only option is `crate`"
}
::core::compile_error! {
    "write `async fn name(&self, …) -> …;`: a contract has only procedures"
}
::core::compile_error! {
    "remove the parameters: the types of a contract are those that clients know"
}
::core::compile_error! {
    "add `&self`: a contract's procedures are methods of its implementation"
}
::core::compile_error! {
    "remove `with`: the implementation puts middlewares in front of its router, with `Router::with_middleware`"
}
::core::compile_error! {
    "write the type itself: a procedure cannot be generic, its schema is that of one type"
}
::core::compile_error! {
    "write `async` before `fn`, or return `impl Stream<Item = …>`: a procedure does either"
}
#[allow(missing_docs)]
mod chat {
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct generic {}
    const _: () = {
        impl ::orpc_runtime::__private::Procedure for generic {
            type Input = ();
            type Reply = ();
            type Error = ::orpc_runtime::__private::Infallible;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "generic",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for generic {
            fn mount(_: ::orpc_runtime::__private::MountPoint<'_, __C>) {}
        }
    };
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct no_receiver {}
    const _: () = {
        impl ::orpc_runtime::__private::Procedure for no_receiver {
            type Input = ();
            type Reply = ();
            type Error = ::orpc_runtime::__private::Infallible;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "noReceiver",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for no_receiver {
            fn mount(_: ::orpc_runtime::__private::MountPoint<'_, __C>) {}
        }
    };
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct send {}
    const _: () = {
        impl ::orpc_runtime::__private::Procedure for send {
            type Input = ();
            type Reply = ();
            type Error = ::orpc_runtime::__private::Infallible;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "send",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for send {
            fn mount(_: ::orpc_runtime::__private::MountPoint<'_, __C>) {}
        }
    };
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct router {}
    #[allow(deprecated)]
    const _: () = {
        impl<
            Implementation: ::orpc_runtime::__private::Send
                + ::orpc_runtime::__private::Sync + 'static,
        > ::orpc_runtime::__private::RouterModule<Implementation> for self::router {
            fn router() -> ::orpc_runtime::Router<Implementation> {
                self::router()
            }
        }
    };
    #[must_use]
    pub fn router<
        Implementation: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
            + 'static,
    >() -> ::orpc_runtime::Router<Implementation> {
        ::core::default::Default::default()
    }
    #[must_use]
    pub fn contract() -> ::orpc_runtime::Router<::orpc_runtime::Contract> {
        self::router()
    }
}
