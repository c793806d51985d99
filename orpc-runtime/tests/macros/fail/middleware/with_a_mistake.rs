use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn authenticate(app: App) -> User {
    drop(app);
    User
}

#[middleware]
async fn authorize(user: &User) {
    let _ = user;
}

#[router(context = App, with = [authenticate, authorize])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(app: &App, user: &User) {
        let _ = (app, user);
    }

    #[procedure(with = [authenticate, authorize])]
    pub async fn pong(app: &App) {
        let _ = app;
    }
}

fn main() {
    let _: Router<App> = api::router();
}
