#[serde(rename_all_fields = "camelCase")]
pub enum SendError {
    /// Too fast.
    #[rpc_error(code = "RATE_LIMITED", status = 429, message = "Slow down")]
    TooFast {
        /// Seconds.
        #[schemars(range(min = 1))]
        retry_after: u32,
        r#type: Option<String>,
    },
    NotFound,
    Full(Vec<Member>),
    #[rpc_error(transparent)]
    Other(AccountError),
    #[rpc_error(internal)]
    Database(io::Error),
    #[rpc_error(internal)]
    Bug,
}
const _: () = {
    #[derive(
        ::orpc_runtime::__private::serde::Serialize,
        ::orpc_runtime::__private::JsonSchema
    )]
    #[serde(crate = "::orpc_runtime::__private::serde")]
    #[json_schema(crate = "::orpc_runtime")]
    #[schemars(inline)]
    #[serde(rename_all = "camelCase")]
    #[repr(C)]
    struct __TooFastData {
        /// Seconds.
        #[schemars(range(min = 1))]
        retry_after: u32,
        r#type: Option<String>,
    }
    impl ::orpc_runtime::__private::RpcError for SendError {
        fn into_error(self) -> ::orpc_runtime::__private::Error {
            match self {
                Self::TooFast { retry_after: field0, r#type: field1 } => {
                    ::orpc_runtime::__private::Error::custom("RATE_LIMITED")
                        .with_status(429)
                        .with_message("Slow down")
                        .into_defined()
                        .with_data(
                            &__TooFastData {
                                retry_after: field0,
                                r#type: field1,
                            },
                        )
                }
                Self::NotFound => {
                    ::orpc_runtime::__private::Error::custom("NOT_FOUND").into_defined()
                }
                Self::Full(field) => {
                    ::orpc_runtime::__private::Error::custom("FULL")
                        .into_defined()
                        .with_data(&field)
                }
                Self::Other(field) => {
                    <AccountError as ::orpc_runtime::__private::RpcError>::into_error(
                        field,
                    )
                }
                Self::Database(field) => ::orpc_runtime::__private::internal(field),
                Self::Bug => ::orpc_runtime::__private::Error::internal("Bug"),
            }
        }
        #[allow(unused_mut)]
        fn declarations() -> ::orpc_runtime::__private::Vec<
            ::orpc_runtime::__private::ErrorDeclaration,
        > {
            let mut all = ::orpc_runtime::__private::Vec::new();
            all.push(
                ::orpc_runtime::__private::ErrorDeclaration::new("RATE_LIMITED")
                    .with_status(429)
                    .with_message("Slow down")
                    .with_data::<__TooFastData>(),
            );
            all.push(::orpc_runtime::__private::ErrorDeclaration::new("NOT_FOUND"));
            all.push(
                ::orpc_runtime::__private::ErrorDeclaration::new("FULL")
                    .with_data::<Vec<Member>>(),
            );
            all.append(
                &mut <AccountError as ::orpc_runtime::__private::RpcError>::declarations(),
            );
            all
        }
    }
    impl ::orpc_runtime::__private::TypedError for SendError {}
    impl<'__a> ::core::marker::Unpin for SendError
    where
        &'__a SendError: ::orpc_runtime::__private::HiddenFromClients,
    {}
    impl ::core::convert::From<SendError> for ::orpc_runtime::__private::Error {
        fn from(error: SendError) -> Self {
            ::orpc_runtime::__private::RpcError::into_error(error)
        }
    }
    impl ::core::convert::From<AccountError> for SendError {
        fn from(field: AccountError) -> Self {
            Self::Other(field)
        }
    }
    impl ::core::convert::From<io::Error> for SendError {
        fn from(field: io::Error) -> Self {
            Self::Database(field)
        }
    }
    const _: () = {
        use ::orpc_runtime::__private::IsNot as _;
        ::core::assert!(
            ! ::orpc_runtime::__private::IsTyped:: < io::Error > ::IS,
            "write `#[rpc_error(transparent)]` here, or `internal, from = false`: this is an error that clients know, which `?` would hide"
        );
    };
};
pub enum Never {}
const _: () = {
    impl ::orpc_runtime::__private::RpcError for Never {
        fn into_error(self) -> ::orpc_runtime::__private::Error {
            match self {}
        }
        #[allow(unused_mut)]
        fn declarations() -> ::orpc_runtime::__private::Vec<
            ::orpc_runtime::__private::ErrorDeclaration,
        > {
            let mut all = ::orpc_runtime::__private::Vec::new();
            all
        }
    }
    impl ::orpc_runtime::__private::TypedError for Never {}
    impl<'__a> ::core::marker::Unpin for Never
    where
        &'__a Never: ::orpc_runtime::__private::HiddenFromClients,
    {}
    impl ::core::convert::From<Never> for ::orpc_runtime::__private::Error {
        fn from(error: Never) -> Self {
            ::orpc_runtime::__private::RpcError::into_error(error)
        }
    }
};
