use orpc_runtime::prelude::*;

#[derive(JsonSchema)]
pub struct Message;

#[contract]
pub trait Chat {
    async fn last(&self) -> Message;

    async fn first(&self) -> Result<Message, Error>;
}

fn main() {}
