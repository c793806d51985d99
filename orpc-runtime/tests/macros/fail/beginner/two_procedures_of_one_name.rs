use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn send() {}

    #[procedure(name = "send")]
    pub async fn send_again() {}
}

fn main() {
    let _: Router<()> = api::router();
}
