use orpc_runtime::prelude::*;

#[middleware]
async fn timed(next: Next) {
    let _ = next.run().await;
}

#[router(with = timed)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<()> = api::router();
}
