use orpc_runtime::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Message;

#[contract]
pub trait Chat {
    async fn send(&self, message: Message);
}

fn main() {}
