use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(app: &App) -> Result<Completed, Error> {
    let _ = app;
    Err(Error::new(Code::Forbidden))
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
