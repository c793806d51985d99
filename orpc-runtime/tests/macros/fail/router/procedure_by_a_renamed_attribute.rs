use orpc_runtime::prelude::*;
use orpc_runtime::procedure as rpc;
use orpc_runtime::router as routes;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}

    #[rpc]
    pub async fn send() {}

    #[routes]
    pub mod admin {
        use super::*;

        #[rpc]
        pub async fn reset() {}
    }
}

fn main() {
    let _: Router<()> = api::router();
}
