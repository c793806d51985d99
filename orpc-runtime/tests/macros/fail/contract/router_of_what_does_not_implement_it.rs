use orpc_runtime::prelude::*;

#[contract]
pub trait Chat {
    async fn ping(&self);
}

pub struct App;

fn main() {
    let _: Router<App> = chat::router();
}
