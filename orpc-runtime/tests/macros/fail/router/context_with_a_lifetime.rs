use orpc_runtime::prelude::*;

pub struct App<'a> {
    name: &'a str,
}

#[router(context = App<'a>)]
pub mod named {
    use super::*;

    #[procedure]
    pub async fn name(app: &App<'_>) -> String {
        app.name.to_owned()
    }
}

#[router(context = App<'_>)]
pub mod inferred {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {}
