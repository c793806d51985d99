use orpc_runtime::prelude::*;

pub struct App;

pub struct Log;


#[router(context = App, hooks = Log)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
