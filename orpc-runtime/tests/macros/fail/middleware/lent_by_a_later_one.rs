use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn authenticate(app: &App) -> User {
    let _ = app;
    User
}

#[middleware]
async fn authorize(user: &User) {
    let _ = user;
}

#[router(context = App, with = [authorize, authenticate])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
