use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send_message(&self);

    #[procedure(name = "sendMessage")]
    async fn post(&self);
}

fn main() {}
