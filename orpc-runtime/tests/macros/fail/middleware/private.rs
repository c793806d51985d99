use orpc_runtime::prelude::*;

pub mod auth {
    use super::*;

    #[middleware]
    async fn check() {}
}

#[router(with = auth::check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<()> = api::router();
}
