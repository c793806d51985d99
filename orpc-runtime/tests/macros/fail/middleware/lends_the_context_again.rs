use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(app: &App) -> App {
    let _ = app;
    App
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn name(app: &App) {
        let _ = app;
    }
}

fn main() {
    let _: Router<App> = api::router();
}
