use orpc_runtime::prelude::*;

#[middleware]
async fn check() {}

#[contract]
pub trait Chat {
    #[procedure(with = check)]
    async fn send(&self);
}

fn main() {}
