use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    type Message;

    const LIMIT: usize;

    async fn send(&self);
}

fn main() {}
