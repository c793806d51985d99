use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    #[router]
    mod admin {
        async fn ban(&self);
    }

    async fn send(&self);
}

fn main() {}
