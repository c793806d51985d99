use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(transparent)]
    TooFast,
    #[rpc_error(transparent)]
    Other { error: Error },
}

fn main() {
    drop(SendError::TooFast);
}
