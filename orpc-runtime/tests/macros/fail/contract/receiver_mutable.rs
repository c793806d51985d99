use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&mut self);
}

fn main() {}
