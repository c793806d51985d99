use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError<T> {
    TooFast { retry_after: T },
}

#[procedure]
pub async fn send() -> Result<(), SendError<u32>> {
    Err(SendError::TooFast { retry_after: 1 })
}

fn main() {}
