use orpc_runtime::prelude::*;

#[contract]
pub trait Chat<T> {
    async fn send(&self, message: T);
}

fn main() {}
