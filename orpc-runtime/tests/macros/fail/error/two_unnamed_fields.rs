use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError {
    TooFast(u32, String),
    Empty(),
}

fn main() {
    drop([SendError::TooFast(1, String::new()), SendError::Empty()]);
}
