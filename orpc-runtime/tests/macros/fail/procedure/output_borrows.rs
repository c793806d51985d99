use std::borrow::Cow;

use orpc_runtime::prelude::*;

pub struct App {
    name: String,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn name(app: &App) -> &str {
        &app.name
    }

    #[procedure]
    pub async fn title(app: &App) -> Cow<'_, str> {
        Cow::Borrowed(&app.name)
    }

    #[procedure]
    pub fn names(app: &App) -> impl Stream<Item = &str> {
        futures::stream::iter([app.name.as_str()])
    }
}

fn main() {
    let _: Router<App> = api::router();
}
