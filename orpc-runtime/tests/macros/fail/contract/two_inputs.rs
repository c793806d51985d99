use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn send(&self, room: String, message: String);
}

pub struct App;

impl Chat for App {
    async fn send(&self, room: String, message: String) {
        drop((room, message));
    }
}

fn main() {
    let router: Router<App> = chat::router();
    drop(router.call::<chat::send>(App, ()));
}
