use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

async fn check(app: &App) -> User {
    let _ = app;
    User
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
