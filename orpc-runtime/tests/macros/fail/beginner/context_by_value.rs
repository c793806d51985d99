use orpc_runtime::prelude::*;

pub struct App;

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(app: App) {
        drop(app);
    }
}

fn main() {
    let _: Router<App> = api::router();
}
