use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send();

    async fn ping(&self) -> u8;
}

pub struct App;

impl Chat for App {
    async fn send() {}

    async fn ping(&self) -> u8 {
        1
    }
}

fn main() {}
