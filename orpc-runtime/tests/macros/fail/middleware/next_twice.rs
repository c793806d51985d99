use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(next: Next, other: Next) -> Result<Completed, Error> {
    drop(other);
    next.run().await
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
