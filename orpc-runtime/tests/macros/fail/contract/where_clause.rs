use orpc_runtime::prelude::*;

#[contract]
pub trait Chat
where
    Self: Clone,
{
    async fn send(&self);
}

#[derive(Clone)]
pub struct App;

impl Chat for App {
    async fn send(&self) {}
}

fn main() {
    let router: Router<App> = chat::router();
    drop(router.call::<chat::send>(App, ()));
}
