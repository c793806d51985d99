use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(next: Next) -> Result<Completed, Error> {
    next.run().await?;
    Ok(())
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
