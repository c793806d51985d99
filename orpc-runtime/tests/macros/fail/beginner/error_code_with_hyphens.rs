use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(code = "too-fast")]
    TooFast,
}

fn main() {
    drop(SendError::TooFast);
}
