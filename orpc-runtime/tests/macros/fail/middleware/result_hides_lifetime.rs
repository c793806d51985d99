use orpc_runtime::prelude::*;

pub struct App;

pub struct Session<'a>(&'a App);

#[middleware]
async fn check(app: &App) -> Session<'_> {
    Session(app)
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
