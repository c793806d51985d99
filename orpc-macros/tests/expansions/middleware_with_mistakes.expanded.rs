#[cfg(unix)]
pub async fn authenticate(app: &mut App, text: String) -> &User {
    app.user()
}
::core::compile_error! {
    "take it by `&` and put what changes behind a lock: calls share what is lent"
}
::core::compile_error! {
    "take it by reference, or write `next: Next`: a middleware has no input, it runs before the input is read"
}
::core::compile_error! {
    "return an owned type, `String` for `&str`, `Arc<T>` for `&T`: what is lent to procedures cannot borrow itself"
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct authenticate {}
#[cfg(unix)]
const _: () = {
    type __Value = &'static User;
    type __Error = ::orpc_runtime::__private::Infallible;
    impl ::orpc_runtime::__private::Middleware for authenticate {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = ::orpc_runtime::__private::With<__C, __Value>;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<
            ::orpc_runtime::__private::With<__C, __Value>,
        > {
            ::orpc_runtime::__private::Arc::new(
                ::orpc_runtime::__private::With::new(context, value),
            )
        }
    }
    impl<
        __C: ::orpc_runtime::__private::Sync + 'static,
    > ::orpc_runtime::__private::RunMiddleware<__C, ()> for authenticate {
        async fn run<'__a>(
            _: ::orpc_runtime::__private::Scope<'__a, __C>,
            _: ::orpc_runtime::__private::Next<__Value>,
        ) -> ::orpc_runtime::__private::Result<
            ::orpc_runtime::__private::Done,
            ::orpc_runtime::__private::Error,
        > {
            ::orpc_runtime::__private::Err(::orpc_runtime::__private::unreachable())
        }
    }
};
fn limit(call: &Call) {}
::core::compile_error! {
    "write `crate` here: there is no option `name`"
}
::core::compile_error! {
    "write `async` before `fn`: a middleware is awaited"
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
struct limit {}
const _: () = {
    type __Value = ();
    type __Error = ::orpc_runtime::__private::Infallible;
    impl ::orpc_runtime::__private::Middleware for limit {
        type Value = __Value;
        type Error = __Error;
        type Context<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        > = __C;
        fn extend<
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        >(
            context: ::orpc_runtime::__private::Arc<__C>,
            value: __Value,
        ) -> ::orpc_runtime::__private::Arc<__C> {
            let _ = value;
            context
        }
    }
    impl<
        __C: ::orpc_runtime::__private::Sync + 'static,
    > ::orpc_runtime::__private::RunMiddleware<__C, ()> for limit {
        async fn run<'__a>(
            _: ::orpc_runtime::__private::Scope<'__a, __C>,
            _: ::orpc_runtime::__private::Next<__Value>,
        ) -> ::orpc_runtime::__private::Result<
            ::orpc_runtime::__private::Done,
            ::orpc_runtime::__private::Error,
        > {
            ::orpc_runtime::__private::Err(::orpc_runtime::__private::unreachable())
        }
    }
};
