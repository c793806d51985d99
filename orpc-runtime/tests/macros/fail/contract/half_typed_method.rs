use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn first(&self);

    async fn send(&self, mess) -> u8;

    async fn last(&self);
}

pub struct App;

impl Chat for App {
    async fn first(&self) {}

    async fn send(&self, mess: u8) -> u8 {
        mess
    }

    async fn last(&self) {}
}

fn main() {
    let router: Router<App> = chat::router();
    drop(router.call::<chat::send>(App, ()));
}
