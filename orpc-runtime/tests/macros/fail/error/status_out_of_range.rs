use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(status = 200)]
    TooFast,
    #[rpc_error(status = 600)]
    TooLong,
    #[rpc_error(status = 99999)]
    TooOld,
}

fn main() {
    drop([SendError::TooFast, SendError::TooLong, SendError::TooOld]);
}
