use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    #[procedure]
    pub async fn then() {}

    #[procedure]
    pub async fn to_string() {}

    #[procedure(name = "constructor")]
    pub async fn build() {}

    #[procedure(name = "")]
    pub async fn empty() {}
}

fn main() {
    let _: Router<()> = api::router();
}
