use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use orpc_runtime::procedure;

    pub const LIMIT: u32 = 5;

    #[procedure(meta(limit = LIMIT, key = b"bytes", admin, role = "a", role = "b"))]
    pub async fn send() {}

    #[procedure(meta(low = -5, big = 99999999999999999999))]
    pub async fn put() {}
}

fn main() {
    let _: Router<()> = api::router();
}
