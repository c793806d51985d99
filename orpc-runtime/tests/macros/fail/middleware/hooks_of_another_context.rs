use orpc_runtime::Hooks;
use orpc_runtime::prelude::*;

pub struct App;

pub struct Db;

pub struct Log;

impl Hooks<Db> for Log {}

#[router(context = App, hooks = Log)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
