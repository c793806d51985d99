pub async fn ping() {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct ping {}
#[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
const _: () = {
    type __Input = ();
    type __Returned = ();
    type __Output = __Returned;
    type __Error = renamed::__private::Infallible;
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
        impl<__T, __E> __Probe<renamed::__private::Result<__T, __E>> {
            const IS: ::core::primitive::bool = true;
        }
        ::core::assert!(
            ! __Probe:: < __Probed > ::IS,
            "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
        );
    };
    impl renamed::__private::Procedure for ping {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> renamed::__private::Definition {
            renamed::__private::Definition::new("ping", renamed::__private::Kind::Unary)
        }
    }
    impl renamed::__private::Unary for ping {
        type Output = __Output;
    }
    impl<__C> renamed::__private::Answers<__C, ()> for ping
    where
        __C: renamed::__private::Send + renamed::__private::Sync + 'static,
    {
        const NEEDS_SOCKET: ::core::primitive::bool = false;
        fn call<'__a>(
            scope: renamed::__private::Scope<'__a, __C>,
            input: __Input,
        ) -> impl renamed::__private::Future<
            Output = renamed::__private::Result<__Output, __Error>,
        > + renamed::__private::Send + '__a {
            async move {
                let _ = (&scope, &input);
                renamed::__private::Ok(ping().await)
            }
        }
    }
    impl<__C> renamed::__private::Mount<__C, ()> for ping
    where
        __C: renamed::__private::Send + renamed::__private::Sync + 'static,
    {
        fn mount(point: renamed::__private::MountPoint<'_, __C>) {
            point.unary::<Self, ()>()
        }
    }
};
#[rpc_error(crate = "crate::vendored::renamed")]
pub enum Refused {
    TooFast { retry_after: u32 },
}
#[allow(clippy::all, clippy::pedantic)]
const _: () = {
    use ::core::convert::Into as _;
    #[derive(
        crate::vendored::renamed::__private::serde::Serialize,
        crate::vendored::renamed::__private::schemars::JsonSchema
    )]
    #[serde(crate = "crate::vendored::renamed::__private::serde")]
    #[schemars(crate = "crate::vendored::renamed::__private::schemars", inline)]
    #[allow(dead_code)]
    struct __TooFastData {
        retry_after: u32,
    }
    impl crate::vendored::renamed::__private::RpcError for Refused {
        fn into_error(self) -> crate::vendored::renamed::__private::Error {
            match self {
                Self::TooFast { retry_after: field0 } => {
                    crate::vendored::renamed::__private::Error::custom("TOO_FAST")
                        .into_defined()
                        .with_data(
                            &__TooFastData {
                                retry_after: field0,
                            },
                        )
                }
            }
        }
        #[allow(unused_mut)]
        fn declarations() -> crate::vendored::renamed::__private::Vec<
            crate::vendored::renamed::__private::ErrorDeclaration,
        > {
            let mut all = crate::vendored::renamed::__private::Vec::new();
            all.push(
                crate::vendored::renamed::__private::ErrorDeclaration::new("TOO_FAST")
                    .data::<__TooFastData>(),
            );
            all
        }
    }
};
pub mod api {
    pub async fn inherits() {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct inherits {}
    #[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
    const _: () = {
        type __Input = ();
        type __Returned = ();
        type __Output = __Returned;
        type __Error = crate::vendored::renamed::__private::Infallible;
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
            impl<
                __T,
                __E,
            > __Probe<crate::vendored::renamed::__private::Result<__T, __E>> {
                const IS: ::core::primitive::bool = true;
            }
            ::core::assert!(
                ! __Probe:: < __Probed > ::IS,
                "write `Result` here, or let the alias of it end with `Result`: by another name its error would be sent as a value"
            );
        };
        impl crate::vendored::renamed::__private::Procedure for inherits {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> crate::vendored::renamed::__private::Definition {
                crate::vendored::renamed::__private::Definition::new(
                    "inherits",
                    crate::vendored::renamed::__private::Kind::Unary,
                )
            }
        }
        impl crate::vendored::renamed::__private::Unary for inherits {
            type Output = __Output;
        }
        impl<__C> crate::vendored::renamed::__private::Answers<__C, ()> for inherits
        where
            __C: crate::vendored::renamed::__private::Send
                + crate::vendored::renamed::__private::Sync + 'static,
        {
            const NEEDS_SOCKET: ::core::primitive::bool = false;
            fn call<'__a>(
                scope: crate::vendored::renamed::__private::Scope<'__a, __C>,
                input: __Input,
            ) -> impl crate::vendored::renamed::__private::Future<
                Output = crate::vendored::renamed::__private::Result<__Output, __Error>,
            > + crate::vendored::renamed::__private::Send + '__a {
                async move {
                    let _ = (&scope, &input);
                    crate::vendored::renamed::__private::Ok(inherits().await)
                }
            }
        }
        impl<__C> crate::vendored::renamed::__private::Mount<__C, ()> for inherits
        where
            __C: crate::vendored::renamed::__private::Send
                + crate::vendored::renamed::__private::Sync + 'static,
        {
            fn mount(point: crate::vendored::renamed::__private::MountPoint<'_, __C>) {
                point.unary::<Self, ()>()
            }
        }
    };
    pub async fn has_its_own() {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct has_its_own {}
    #[allow(deprecated, unused_parens, clippy::all, clippy::pedantic)]
    const _: () = {
        type __Input = ();
        type __Returned = ();
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
        impl ::orpc_runtime::__private::Procedure for has_its_own {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "own",
                    ::orpc_runtime::__private::Kind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for has_its_own {
            type Output = __Output;
        }
        impl<__C> ::orpc_runtime::__private::Answers<__C, ()> for has_its_own
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
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
                    ::orpc_runtime::__private::Ok(has_its_own().await)
                }
            }
        }
        impl<__C> ::orpc_runtime::__private::Mount<__C, ()> for has_its_own
        where
            __C: ::orpc_runtime::__private::Send + ::orpc_runtime::__private::Sync
                + 'static,
        {
            fn mount(point: ::orpc_runtime::__private::MountPoint<'_, __C>) {
                point.unary::<Self, ()>()
            }
        }
    };
    ///The router of `api`.
    #[must_use]
    #[allow(deprecated, clippy::all, clippy::pedantic)]
    pub fn router<
        AnyContext: crate::vendored::renamed::__private::Send
            + crate::vendored::renamed::__private::Sync + 'static,
    >() -> crate::vendored::renamed::Router<AnyContext> {
        let router = <crate::vendored::renamed::Router<
            AnyContext,
        > as ::core::default::Default>::default();
        let router = crate::vendored::renamed::Router::procedure::<
            self::inherits,
            _,
        >(router);
        let router = crate::vendored::renamed::Router::procedure::<
            self::has_its_own,
            _,
        >(router);
        router
    }
}
