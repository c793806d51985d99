pub async fn ping() {}
#[doc(hidden)]
#[allow(non_camel_case_types)]
pub struct ping {}
#[allow(deprecated, unused_parens)]
const _: () = {
    type __Input = ();
    type __Returned = ();
    const __IS_RESULT: ::core::primitive::bool = {
        use renamed::__private::IsNot as _;
        renamed::__private::IsResult::<__Returned>::IS
    };
    type __Output = <renamed::__private::Checked<
        __Returned,
        { __IS_RESULT },
    > as renamed::__private::ResultType>::Ok;
    type __Error = <renamed::__private::Checked<
        __Returned,
        { __IS_RESULT },
    > as renamed::__private::ResultType>::Err;
    impl renamed::__private::Procedure for ping {
        type Input = __Input;
        type Reply = __Output;
        type Error = __Error;
        const HAS_INPUT: ::core::primitive::bool = false;
        fn definition() -> renamed::__private::Definition {
            renamed::__private::Definition::new(
                "ping",
                renamed::__private::ProcedureKind::Unary,
            )
        }
    }
    impl renamed::__private::Unary for ping {
        type Output = __Output;
    }
    impl<__C> renamed::__private::UnaryHandler<__C, ()> for ping
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
                <renamed::__private::Checked<
                    __Returned,
                    { __IS_RESULT },
                > as renamed::__private::ResultType>::split(ping().await)
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
const _: () = {
    #[derive(
        crate::vendored::renamed::__private::serde::Serialize,
        crate::vendored::renamed::__private::JsonSchema
    )]
    #[serde(crate = "crate::vendored::renamed::__private::serde")]
    #[json_schema(crate = "crate::vendored::renamed")]
    #[schemars(inline)]
    #[repr(C)]
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
                    .with_data::<__TooFastData>(),
            );
            all
        }
    }
    impl crate::vendored::renamed::__private::TypedError for Refused {}
    impl<'__a> ::core::marker::Unpin for Refused
    where
        &'__a Refused: crate::vendored::renamed::__private::HiddenFromClients,
    {}
    impl ::core::convert::From<Refused> for crate::vendored::renamed::__private::Error {
        fn from(error: Refused) -> Self {
            crate::vendored::renamed::__private::RpcError::into_error(error)
        }
    }
};
pub mod api {
    pub async fn inherits() {}
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct inherits {}
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = ();
        type __Returned = ();
        const __IS_RESULT: ::core::primitive::bool = {
            use crate::vendored::renamed::__private::IsNot as _;
            crate::vendored::renamed::__private::IsResult::<__Returned>::IS
        };
        type __Output = <crate::vendored::renamed::__private::Checked<
            __Returned,
            { __IS_RESULT },
        > as crate::vendored::renamed::__private::ResultType>::Ok;
        type __Error = <crate::vendored::renamed::__private::Checked<
            __Returned,
            { __IS_RESULT },
        > as crate::vendored::renamed::__private::ResultType>::Err;
        impl crate::vendored::renamed::__private::Procedure for inherits {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> crate::vendored::renamed::__private::Definition {
                crate::vendored::renamed::__private::Definition::new(
                    "inherits",
                    crate::vendored::renamed::__private::ProcedureKind::Unary,
                )
            }
        }
        impl crate::vendored::renamed::__private::Unary for inherits {
            type Output = __Output;
        }
        impl<__C> crate::vendored::renamed::__private::UnaryHandler<__C, ()> for inherits
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
                    <crate::vendored::renamed::__private::Checked<
                        __Returned,
                        { __IS_RESULT },
                    > as crate::vendored::renamed::__private::ResultType>::split(
                        inherits().await,
                    )
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
    #[allow(deprecated, unused_parens)]
    const _: () = {
        type __Input = ();
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
        impl ::orpc_runtime::__private::Procedure for has_its_own {
            type Input = __Input;
            type Reply = __Output;
            type Error = __Error;
            const HAS_INPUT: ::core::primitive::bool = false;
            fn definition() -> ::orpc_runtime::__private::Definition {
                ::orpc_runtime::__private::Definition::new(
                    "own",
                    ::orpc_runtime::__private::ProcedureKind::Unary,
                )
            }
        }
        impl ::orpc_runtime::__private::Unary for has_its_own {
            type Output = __Output;
        }
        impl<__C> ::orpc_runtime::__private::UnaryHandler<__C, ()> for has_its_own
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
                    <::orpc_runtime::__private::Checked<
                        __Returned,
                        { __IS_RESULT },
                    > as ::orpc_runtime::__private::ResultType>::split(
                        has_its_own().await,
                    )
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
    #[doc(hidden)]
    #[allow(non_camel_case_types)]
    pub struct router {}
    #[allow(deprecated)]
    const _: () = {
        impl<
            AnyContext: crate::vendored::renamed::__private::Send
                + crate::vendored::renamed::__private::Sync + 'static,
        > crate::vendored::renamed::__private::RouterModule<AnyContext>
        for self::router {
            fn router() -> crate::vendored::renamed::Router<AnyContext> {
                self::router()
            }
        }
        impl crate::vendored::renamed::__private::Entry<self::router>
        for self::inherits {
            fn name() -> &'static ::core::primitive::str {
                crate::vendored::renamed::__private::procedure_name::<self::inherits>()
            }
        }
        impl crate::vendored::renamed::__private::Entry<self::router>
        for self::has_its_own {
            fn name() -> &'static ::core::primitive::str {
                crate::vendored::renamed::__private::procedure_name::<
                    self::has_its_own,
                >()
            }
        }
    };
    ///The router of `api`.
    #[must_use]
    #[allow(deprecated)]
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
