use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure(nmae = "post")]
    pub async fn send() {}
}

fn main() {
    let _: Router<()> = api::router();
}
