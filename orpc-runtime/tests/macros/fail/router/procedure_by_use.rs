use orpc_runtime::prelude::*;

pub mod other {
    use super::*;

    #[procedure]
    pub async fn send() {}

    #[procedure]
    pub async fn list() {}

    #[router]
    pub mod admin {
        #[orpc_runtime::procedure]
        pub async fn reset() {}
    }
}

#[router]
pub mod api {
    use super::*;

    pub use super::other::send;
    pub use super::other::{admin, list as all};
    pub(crate) use super::other::*;

    #[procedure(name = "ls")]
    pub use super::other::list;

    #[procedure]
    pub async fn ping() {}
}

fn main() {
    let _: Router<()> = api::router();
}
