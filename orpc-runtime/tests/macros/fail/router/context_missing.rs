use orpc_runtime::prelude::*;

pub struct App;

#[router]
pub mod chat {
    use super::*;

    #[procedure]
    pub async fn send(app: &App) {
        drop(app);
    }
}

fn main() {
    let _: Router<App> = chat::router();
}
