use orpc_runtime::prelude::*;

pub struct App;


#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure(with = authenticate)]
    pub async fn ping() {}
}

fn main() {
    let _: Router<App> = api::router();
}
