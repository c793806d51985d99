use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure(name = post, method = "GET", meta = "auth", crate = "1")]
    pub async fn send() {}

    #[procedure(name("post"), method, meta, crate)]
    pub async fn put() {}

    #[procedure(name = "a" "b", method = &GET)]
    pub async fn delete() {}

    #[procedure("post")]
    pub async fn list() {}
}

fn main() {
    let _: Router<()> = api::router();
}
