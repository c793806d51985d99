use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum LoadError {
    #[rpc_error(internal)]
    Open(std::io::Error),
    #[rpc_error(internal)]
    Read(std::io::Error),
    #[rpc_error(internal, from = true)]
    Name(String),
    #[rpc_error(from = false)]
    Empty,
    #[rpc_error(transparent)]
    Other(Error),
    #[rpc_error(transparent)]
    Another(Error),
}

fn main() {}
