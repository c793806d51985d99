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

#[router(context = App, with = authorize)]
pub mod api {
    use super::*;

    #[procedure(with = authenticate)]
    pub async fn ping(user: &User) {
        let _ = user;
    }
}

fn main() {
    let _: Router<App> = api::router();
}
