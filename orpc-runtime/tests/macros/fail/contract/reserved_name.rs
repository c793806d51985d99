use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn then(&self);

    #[procedure(name = "constructor")]
    async fn create(&self);

    #[procedure(name = "")]
    async fn nameless(&self);
}

fn main() {}
