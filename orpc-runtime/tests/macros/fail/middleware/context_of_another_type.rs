use orpc_runtime::prelude::*;

pub struct App;

pub struct Db;

#[middleware]
async fn check(db: &Db) {
    let _ = db;
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
