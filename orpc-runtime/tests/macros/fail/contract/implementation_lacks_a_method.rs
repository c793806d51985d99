use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&self);

    async fn last(&self) -> String;
}

pub struct App;

impl Chat for App {
    async fn send(&self) {}
}

fn main() {}
