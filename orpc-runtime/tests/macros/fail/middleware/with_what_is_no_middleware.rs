use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[router]
pub mod other {
    use super::*;

    #[procedure]
    pub async fn check() {}
}

#[router(context = App, with = other::check)]
pub mod api {
    use super::*;

    #[procedure(with = super::User)]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
