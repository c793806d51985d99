use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure(nmae = "post")]
    pub async fn send() {}

    #[procedure(colour = "red")]
    pub async fn paint() {}
}

fn main() {
    let _: Router<()> = api::router();
}
