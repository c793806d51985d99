use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(code = "too-fast")]
    TooFast,
    #[rpc_error(code = "")]
    TooLong,
}

fn main() {
    drop([SendError::TooFast, SendError::TooLong]);
}
