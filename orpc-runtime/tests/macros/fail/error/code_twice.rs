use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    TooFast,
    #[rpc_error(code = "TOO_FAST")]
    RateLimited,
}

#[procedure]
pub async fn send(fast: bool) -> Result<(), SendError> {
    Err(if fast { SendError::TooFast } else { SendError::RateLimited })
}

fn main() {}
