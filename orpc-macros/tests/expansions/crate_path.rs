#[procedure(crate = "renamed")]
pub async fn ping() {}

#[derive(RpcError)]
#[rpc_error(crate = "crate::vendored::renamed")]
pub enum Refused {
    TooFast { retry_after: u32 },
}

#[router(crate = "crate::vendored::renamed")]
pub mod api {
    #[procedure]
    pub async fn inherits() {}

    #[procedure(name = "own", crate = "::orpc_runtime")]
    pub async fn has_its_own() {}
}
