use orpc_runtime::prelude::*;

pub struct App;

pub struct User;

#[middleware(nmae = "check")]
unsafe fn check<T>(app: &mut App, name: String, id: &LastEventId, text: &str) -> &'static T {
    let _ = (app, name, id, text);
    panic!()
}

#[router(context = App, with = check)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping(user: &User) {
        let _ = user;
    }
}

fn main() {
    let _: Router<App> = api::router();
}
