use orpc_runtime::prelude::*;

pub struct App;

struct User;

#[middleware]
pub async fn check() -> Result<User, Error> {
    Ok(User)
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
