use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn check(next: Next) -> Result<User, Error> {
    next.run().await?;
    Ok(User)
}

#[middleware]
async fn silent(next: Next) {
    drop(next.run().await);
}

#[router(context = App, with = [check, silent])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
