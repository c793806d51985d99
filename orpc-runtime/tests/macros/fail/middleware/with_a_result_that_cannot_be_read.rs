use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(app: &App, next: Next<u8>) -> Result<(), Error> {
    let _ = app;
    next.with(1).await?;
    Ok(())
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(app: &App, number: &u8) {
        let _ = (app, number);
    }
}

fn main() {
    let _: Router<App> = api::router();
}
