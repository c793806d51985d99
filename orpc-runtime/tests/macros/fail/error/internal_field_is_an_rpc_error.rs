use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(internal)]
    Other(Error),
}

fn main() {}
