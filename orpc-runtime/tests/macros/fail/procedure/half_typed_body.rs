use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure]
    pub async fn send(text: String) {
        let length = text.
    }

    #[procedure]
    pub async fn list() -> Vec<String> {
        Vec::new()
    }
}

async fn caller(router: &Router<()>) {
    let _: () = api::send(String::new()).await;
    let _ = router.call::<api::send>((), String::new()).await;
    let _ = router.call::<api::list>((), ()).await;
}

fn main() {
    drop(caller(&api::router()));
}
