use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error]
    TooFast,
    #[rpc_error(status = "429", message = 1)]
    TooLong,
    #[rpc_error(internal = true)]
    Broken,
    #[rpc_error = "TOO_OLD"]
    TooOld,
}

fn main() {
    drop([SendError::TooFast, SendError::TooLong, SendError::Broken, SendError::TooOld]);
}
