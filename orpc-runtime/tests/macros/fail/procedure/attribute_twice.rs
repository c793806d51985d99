use orpc_runtime::prelude::*;

#[procedure]
#[procedure(name = "again")]
pub async fn send() {}

#[middleware]
/// Between two attributes.
#[middleware]
pub async fn check() {}

#[procedure]
#[middleware]
pub async fn both() {}

#[router]
#[router(name = "again")]
pub mod api {
    use super::*;

    #[procedure]
    #[orpc_runtime::procedure]
    pub async fn send() {}
}

#[contract]
#[contract]
pub trait Chat {
    #[procedure]
    #[procedure]
    async fn send(&self);
    #[middleware]
    async fn check(&self);
    #[router]
    async fn admin(&self);
}

fn main() {}
