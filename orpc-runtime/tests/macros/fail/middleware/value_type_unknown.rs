use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware]
async fn check() -> Result<Usr, Error> {
    Ok(User)
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
