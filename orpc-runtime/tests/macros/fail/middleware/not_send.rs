use std::rc::Rc;

use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check() {
    let shared = Rc::new(1);
    std::future::ready(()).await;
    drop(shared);
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
