use orpc_runtime::prelude::*;

pub struct App;

#[derive(Debug)]
pub struct Refused;

#[middleware]
async fn check() -> Result<(), Refused> {
    Err(Refused)
}

#[middleware]
async fn around(next: Next) -> Result<Completed, Refused> {
    next.run().await.map_err(|_| Refused)
}

#[router(context = App, with = [check, around])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
