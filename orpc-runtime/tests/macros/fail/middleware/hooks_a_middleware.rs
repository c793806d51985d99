use orpc_runtime::prelude::*;

pub struct App;

#[middleware]
pub async fn check(app: &App) {
    let _ = app;
}

#[router(context = App, hooks = check)]
pub mod first {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

#[router(hooks = [super::check])]
pub mod second {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

pub async fn plain() {}

#[router(context = App, hooks = plain)]
pub mod third {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

#[router(context = App, hooks = missing)]
pub mod fourth {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

fn main() {}
