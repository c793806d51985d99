use orpc_runtime::prelude::*;

pub struct App;

#[router(context = "App", name = chat)]
pub mod chat {
    use super::*;

    #[procedure]
    pub async fn send(app: &App) {
        drop(app);
    }
}

#[router(context = &App)]
pub mod room {
    use super::*;

    #[procedure]
    pub async fn send(app: &App) {
        drop(app);
    }
}

fn main() {
    let _: Router<App> = chat::router();
}
