use orpc_runtime::prelude::*;

pub struct App;

pub struct CheckResult;

#[middleware]
async fn check() -> CheckResult {
    CheckResult
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
