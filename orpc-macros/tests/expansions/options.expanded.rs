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
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = Option<String>;
    type __Returned = Vec<String>;
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
    impl ::orpc_runtime::__private::Procedure for find {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = true;
        fn definition() -> ::orpc_runtime::__private::Definition {
            ::orpc_runtime::__private::Definition::new(
                    "search",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
                .docs("Finds messages.\n\nThe newest first.")
                .deprecated(
                    ::orpc_runtime::__private::Some("1.2.0"),
                    ::orpc_runtime::__private::Some("use `query`"),
                )
                .allow_get()
                .meta("auth", ::orpc_runtime::__private::MetaValue::Bool(true))
                .meta("role", ::orpc_runtime::__private::MetaValue::Text("admin"))
                .meta("limit", ::orpc_runtime::__private::MetaValue::Integer(5))
                .meta("rate", ::orpc_runtime::__private::MetaValue::Float(0.5))
        }
        fn validate(
            input: &Self::Input,
        ) -> ::orpc_runtime::__private::Vec<::orpc_runtime::__private::Issue> {
            ::orpc_runtime::__private::IntoIssues::into_issues(checks::short(input))
        }
    }
    impl ::orpc_runtime::__private::Unary for find {
        type Output = __Output;
    }
    impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for find
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
                <::orpc_runtime::__private::Checked<
                    __Returned,
                    { __IS_RESULT },
                > as ::orpc_runtime::__private::ResultType>::split(find(input).await)
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
