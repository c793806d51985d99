use orpc_runtime::prelude::*;

pub struct App;
pub struct Database;

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn send(app: &App, database: &Database) {
        drop((app, database));
    }
}

fn main() {
    let _: Router<App> = api::router();
}
