#[cfg(unix)]
pub async fn authenticate(app: &mut App, text: String) -> &User {
    app.user()
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct authenticate {}
::core::compile_error! {
    "take it by reference, or write `next: Next`: a middleware has no input, it runs before the input is read"
}
::core::compile_error! {
    "return an owned type, `String` for `&str`, `Arc<T>` for `&T`: procedures borrow the value, which cannot borrow itself"
}
#[cfg(unix)]
const _: () = {
    impl ::orpc_runtime::__private::Middleware for authenticate {
        type Value = ::orpc_runtime::__private::Infallible;
        type Error = ::orpc_runtime::__private::Infallible;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = [(); ::core::compile_error! {
            "take it by `&`, and put state that changes behind a lock: calls share this value"
        }];
        fn definition() -> ::orpc_runtime::__private::MiddlewareDefinition {
            ::orpc_runtime::__private::MiddlewareDefinition::new("authenticate")
        }
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            _: ::orpc_runtime::__private::Arc<__C>,
            value: Self::Value,
        ) -> ::orpc_runtime::__private::Arc<Self::Context<__C>> {
            match value {}
        }
    }
    impl<
        __C: ::orpc_runtime::__private::Sync + 'static,
    > ::orpc_runtime::__private::RunMiddleware<__C, ()> for authenticate {
        async fn run<'__a>(
            _: ::orpc_runtime::__private::Scope<'__a, __C>,
            _: ::orpc_runtime::__private::Next<Self::Value>,
        ) -> ::orpc_runtime::__private::Result<
            ::orpc_runtime::__private::Completed,
            ::orpc_runtime::__private::Error,
        > {
            ::orpc_runtime::__private::Err(::orpc_runtime::__private::unreachable())
        }
    }
};
fn limit(call: &Call) {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct limit {}
::core::compile_error! {
    "write `async` before `fn`: a middleware is awaited"
}
const _: () = {
    impl ::orpc_runtime::__private::Middleware for limit {
        type Value = ::orpc_runtime::__private::Infallible;
        type Error = ::orpc_runtime::__private::Infallible;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = [(); ::core::compile_error! {
            "remove `name`: the only option is `crate`"
        }];
        fn definition() -> ::orpc_runtime::__private::MiddlewareDefinition {
            ::orpc_runtime::__private::MiddlewareDefinition::new("limit")
        }
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            _: ::orpc_runtime::__private::Arc<__C>,
            value: Self::Value,
        ) -> ::orpc_runtime::__private::Arc<Self::Context<__C>> {
            match value {}
        }
    }
    impl<
        __C: ::orpc_runtime::__private::Sync + 'static,
    > ::orpc_runtime::__private::RunMiddleware<__C, ()> for limit {
        async fn run<'__a>(
            _: ::orpc_runtime::__private::Scope<'__a, __C>,
            _: ::orpc_runtime::__private::Next<Self::Value>,
        ) -> ::orpc_runtime::__private::Result<
            ::orpc_runtime::__private::Completed,
            ::orpc_runtime::__private::Error,
        > {
            ::orpc_runtime::__private::Err(::orpc_runtime::__private::unreachable())
        }
    }
};
