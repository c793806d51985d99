use orpc_runtime::prelude::*;

#[derive(Debug, thiserror::Error, RpcError)]
pub enum AuthError {
    #[error("expired")]
    Expired,
}

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(internal)]
    Auth(AuthError),
}

fn main() {}
