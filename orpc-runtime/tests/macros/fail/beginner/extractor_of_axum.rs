use std::sync::Arc;

use axum::extract::State;
use orpc_runtime::prelude::*;

pub struct App;

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(State(app): State<Arc<App>>) {
        drop(app);
    }
}

fn main() {
    let _: Router<App> = api::router();
}
