use orpc_runtime::prelude::*;

pub mod chat {}

#[contract]
pub trait Chat {
    async fn send(&self);
}

fn main() {}
