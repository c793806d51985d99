use std::cell::Cell;

use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check() -> Cell<u8> {
    Cell::new(1)
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
