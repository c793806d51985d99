use orpc_runtime::Hooks;
use orpc_runtime::prelude::*;

pub struct App;

pub struct Log {
    pub level: u8,
}

impl<C> Hooks<C> for Log {}

#[router(context = App, hooks = [Log, Lgo])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
