use std::cell::Cell;

use orpc_runtime::prelude::*;

pub struct App(Cell<u8>);

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn count(app: &App) -> u8 {
        app.0.get()
    }
}

fn main() {
    let _ = api::router();
}
