use orpc_runtime::prelude::*;

pub struct App;
pub struct Session;

#[router(context = App)]
pub mod chat {
    use super::*;

    #[router(context = Session)]
    pub mod admin {
        use super::*;

        #[procedure]
        pub async fn ban(session: &Session) {
            drop(session);
        }
    }
}

fn main() {
    let _: Router<App> = chat::router();
}
