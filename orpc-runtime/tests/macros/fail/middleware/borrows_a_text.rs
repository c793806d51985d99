use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(name: &str, rest: Option<&[u8]>) {}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
