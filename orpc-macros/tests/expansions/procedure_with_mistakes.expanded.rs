#[cfg(unix)]
pub async fn send<T>(a: String, b: String) -> &'static str {
    a
}
::core::compile_error! {
    "write `name` here: there is no option `nmae`"
}
::core::compile_error! {
    "write the type itself: a procedure cannot be generic, its schema is that of one type"
}
::core::compile_error! {
    "put the values into one struct: a procedure has one input (extractors are taken by reference)"
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct send {}
#[cfg(unix)]
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
pub struct NoFunction;
::core::compile_error! {
    "put #[procedure] on a function: `pub async fn …`"
}
