use orpc_runtime::prelude::*;

#[derive(Debug)]
pub struct Plain;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(transparent)]
    Other(Plain),
}

fn main() {
    drop(SendError::Other(Plain));
}
