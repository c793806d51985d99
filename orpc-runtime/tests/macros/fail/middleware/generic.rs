use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check<T, const N: usize>(app: &App) -> [T; N] {
    let _ = app;
    panic!()
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
