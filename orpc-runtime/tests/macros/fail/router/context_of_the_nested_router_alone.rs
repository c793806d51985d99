use orpc_runtime::prelude::*;

pub struct App;

#[router]
pub mod chat {
    use super::*;

    #[router(context = App)]
    pub mod admin {
        use super::*;

        #[procedure]
        pub async fn ban(app: &App) {
            drop(app);
        }
    }
}

fn main() {
    let _: Router<App> = chat::router();
}
