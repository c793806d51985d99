use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure(name = "post", method = GET, name = "put")]
    pub async fn send() {}
}

fn main() {
    let _: Router<()> = api::router();
}
