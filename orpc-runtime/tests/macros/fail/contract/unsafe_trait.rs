use orpc_runtime::prelude::*;

#[contract]
pub unsafe trait Chat {
    async fn send(&self);
}

fn main() {}
