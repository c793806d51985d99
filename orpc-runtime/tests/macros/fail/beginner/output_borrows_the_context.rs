use orpc_runtime::prelude::*;

pub struct App {
    pub name: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn name(app: &App) -> &str {
        &app.name
    }
}

fn main() {
    let _: Router<App> = api::router();
}
