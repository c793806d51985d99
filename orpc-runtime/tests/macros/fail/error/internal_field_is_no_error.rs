use orpc_runtime::prelude::*;

#[derive(Debug)]
pub struct Plain;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(internal)]
    Other(Plain),
}

fn main() {
    drop(SendError::Other(Plain));
}
