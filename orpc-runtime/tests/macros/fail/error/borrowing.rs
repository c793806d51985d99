use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum SendError<'a> {
    TooFast { author: &'a str },
}

fn main() {
    drop(SendError::TooFast { author: "" });
}
