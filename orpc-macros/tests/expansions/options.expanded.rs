/// Finds messages.
///
/// The newest first.
#[deprecated(since = "1.2.0", note = "use `query`")]
#[allow(unused_variables)]
pub async fn find(mut input: Option<String>) -> Vec<String> {
    Vec::new()
}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct find {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = Option<String>;
    type __Returned = Vec<String>;
    type __Output = __Returned;
    type __Error = ::orpc_runtime::__private::Infallible;
    const _: () = {
        type __Probed = __Returned;
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
    impl ::orpc_runtime::__private::Procedure for find {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                    "search",
                    ::orpc_runtime::__private::Kind::Unary,
                )
                .docs("Finds messages.\n\nThe newest first.")
                .deprecated(
                    ::orpc_runtime::__private::Some("1.2.0"),
                    ::orpc_runtime::__private::Some("use `query`"),
                )
                .get()
                .meta("auth", ::orpc_runtime::__private::MetaValue::Bool(true))
                .meta("role", ::orpc_runtime::__private::MetaValue::Text("admin"))
                .meta("limit", ::orpc_runtime::__private::MetaValue::Integer(5))
                .meta("rate", ::orpc_runtime::__private::MetaValue::Float(0.5))
        }
    }
    impl ::orpc_runtime::__private::Unary for find {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::Answers<__C, ()> for find
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
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
                ::orpc_runtime::__private::Ok(find(input).await)
            }
        }
    }
    impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for find
    where
        __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync + 'static,
    {
        fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
