use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&self, room: String, message: String);
}

fn main() {}
