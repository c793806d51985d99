use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send<T>(&self, message: T);

    async fn ping<'a>(&'a self) -> u8;
}

fn main() {}
