use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn check(app: &App) -> u8 {
    let _ = app;
    1
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(user: &User) {
        let _ = user;
    }
}

fn main() {
    let _: Router<App> = api::router();
}
