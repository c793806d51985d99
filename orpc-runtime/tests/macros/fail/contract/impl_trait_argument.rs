use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&self, message: impl Into<String>);
}

fn main() {}
