use orpc_runtime::prelude::*;

#[router(with = "check")]
pub mod text {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

#[router(with = [])]
pub mod none {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

#[router(hooks = Log::new())]
pub mod call {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

#[router]
pub mod procedures {
    use super::*;

    #[procedure(with = 5)]
    pub async fn number() {}

    #[procedure(with = [check, "text"])]
    pub async fn one_of_two() {}

    #[procedure(with(check))]
    pub async fn parentheses() {}

    #[procedure(with = check())]
    pub async fn call() {}

    #[procedure(with)]
    pub async fn alone() {}
}

#[middleware]
async fn check() {}

fn main() {}
