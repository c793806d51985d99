use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(app: &App) -> &App {
    app
}

#[middleware]
async fn name(app: &App) -> Result<&str, Error> {
    let _ = app;
    Ok("ada")
}

#[router(context = App, with = [check, name])]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
