#[derive(RpcError)]
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

#[derive(RpcError)]
pub enum Never {}
