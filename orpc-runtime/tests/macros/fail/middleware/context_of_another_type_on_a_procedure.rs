use orpc_runtime::prelude::*;

pub struct App;

pub struct Db;

#[middleware]
async fn check(db: &Db) {
    let _ = db;
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure(with = check)]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
