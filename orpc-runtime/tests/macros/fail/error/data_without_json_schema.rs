use orpc_runtime::prelude::*;

#[derive(Debug, Serialize)]
pub struct Limit(u32);

#[derive(Debug, RpcError)]
pub enum SendError {
    TooFast { limit: Limit },
    TooLong(Limit),
}

fn main() {
    drop([SendError::TooFast { limit: Limit(1) }, SendError::TooLong(Limit(1))]);
}
