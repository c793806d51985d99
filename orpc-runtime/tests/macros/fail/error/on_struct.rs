use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub struct TooFast {
    pub retry_after: u32,
}

#[procedure]
pub async fn send() -> Result<(), TooFast> {
    Err(TooFast { retry_after: 1 })
}

fn main() {}
