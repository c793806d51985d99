use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async unsafe extern "C" fn check() {}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
