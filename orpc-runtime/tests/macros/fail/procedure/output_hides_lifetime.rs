use orpc_runtime::prelude::*;

#[derive(Serialize, JsonSchema)]
pub struct Name<'a>(&'a str);

pub struct App {
    name: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn name(app: &App) -> Name {
        Name(&app.name)
    }
}

fn main() {
    let _: Router<App> = api::router();
}
