use std::cell::Cell;

use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(next: Next<Cell<u8>>) -> Result<Completed, Error> {
    next.with(Cell::new(1)).await
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
