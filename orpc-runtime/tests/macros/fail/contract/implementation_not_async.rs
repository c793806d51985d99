use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&self) -> u8;
}

pub struct App;

impl Chat for App {
    fn send(&self) -> u8 {
        1
    }
}

fn main() {}
