use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    #[rpc_error(transparent, code = "OTHER")]
    Other(Error),
    #[rpc_error(internal, status = 500)]
    Io(std::io::Error),
    #[rpc_error(transparent, internal)]
    Both(Error),
}

fn main() {
    drop(SendError::Other(Error::new(Code::NotFound)));
}
