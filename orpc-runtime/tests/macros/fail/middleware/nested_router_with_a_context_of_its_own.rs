use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn check(app: &App) -> User {
    let _ = app;
    User
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[router(context = App)]
    pub mod account {
        use super::*;

        #[procedure]
        pub async fn name(user: &User) {
            let _ = user;
        }
    }
}

fn main() {
    let _: Router<App> = api::router();
}
