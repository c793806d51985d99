use orpc_runtime::prelude::*;

#[router]
pub mod chat {
    use orpc_runtime::procedure;

    #[procedure]
    async fn send() {}

    #[procedure]
    pub async fn list() {}
}

async fn caller(router: Router<()>) {
    let _ = router.call::<chat::list>((), ()).await;
}

fn main() {
    drop(caller(chat::router()));
}
