use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(status = 200)]
    TooFast,
}

fn main() {
    drop(SendError::TooFast);
}
