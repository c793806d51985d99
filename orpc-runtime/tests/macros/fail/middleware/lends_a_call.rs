use http::HeaderMap;
use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
async fn check(headers: &HeaderMap) -> HeaderMap {
    headers.clone()
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn name(headers: &HeaderMap) {
        let _ = headers;
    }
}

fn main() {
    let _: Router<App> = api::router();
}
