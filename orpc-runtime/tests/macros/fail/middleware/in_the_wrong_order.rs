use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn authenticate(app: &App) -> User {
    let _ = app;
    User
}

#[middleware]
async fn only_admins(user: &User) {
    let _ = user;
}

#[router(context = App, with = [only_admins, authenticate])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
