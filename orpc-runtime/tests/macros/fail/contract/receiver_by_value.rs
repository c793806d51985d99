use std::sync::Arc;

use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(self);

    async fn post(self: Arc<Self>);
}

pub struct App;

impl Chat for App {
    async fn send(self) {}

    async fn post(self: Arc<Self>) {}
}

fn main() {
    let router: Router<App> = chat::router();
    drop(router.call::<chat::send>(App, ()));
}
