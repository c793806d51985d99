use orpc_runtime::prelude::*;

pub struct App;

async fn check(_app: &App) -> Result<(), Error> {
    Ok(())
}

#[middleware]
pub async fn authenticate() -> u8 {
    1
}

pub mod limits {
    pub async fn rate() {}
}

#[router(context = App, with = [authenticate, limits::rate])]
pub mod api {
    use super::*;

    #[procedure(with = super::check)]
    pub async fn one() {}

    #[procedure(with = [authenticate, check])]
    pub async fn two() {}
}

fn main() {}
