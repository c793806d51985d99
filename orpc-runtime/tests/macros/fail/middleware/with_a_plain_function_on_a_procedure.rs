use orpc_runtime::prelude::*;

async fn check() {}

#[router]
pub mod api {
    use super::*;

    #[procedure(with = check)]
    pub async fn ping() {}
}

fn main() {
    let _: Router<()> = api::router();
}
