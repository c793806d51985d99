use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure(nmae = "post")]
    pub async fn send() {}
}

fn main() {
    let _: Router<()> = api::router();
}
