use orpc_runtime::prelude::*;

pub mod other {
    use super::*;

    #[procedure]
    pub async fn send() {}

    #[procedure]
    pub async fn _hidden() {}

    #[router]
    pub mod admin {
        #[orpc_runtime::procedure]
        pub async fn reset() {}
    }

    pub struct Page<T>(pub T);
    pub trait Reads {}
    pub const LIMIT: u8 = 1;
}

#[router]
pub mod api {
    use super::*;

    pub use super::other::{LIMIT, Page, Reads as Reading, Reads as _};
    pub use super::other::send as Send;
    pub(crate) use super::other::{_hidden, admin as Admin};
    pub(super) use super::other::Page as page;

    #[procedure]
    pub async fn ping() {}
}

fn main() {}
