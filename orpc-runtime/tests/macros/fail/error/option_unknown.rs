use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
#[rpc_error(code = "SEND")]
pub enum SendError {
    #[rpc_error(sttus = 429)]
    TooFast,
    #[rpc_error(status = 429, status = 430)]
    TooLong,
}

fn main() {
    drop([SendError::TooFast, SendError::TooLong]);
}
