//! Entries that `#[cfg]` takes out, and ones that it chooses between.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn always() {}

    #[cfg(not(any()))]
    #[procedure]
    pub async fn before() {}

    #[procedure]
    #[cfg(any())]
    pub async fn never(input: ThereIsNoSuchType) {}

    #[cfg(any())]
    #[procedure]
    pub async fn never_before(input: ThereIsNoSuchType) {}

    #[procedure]
    #[cfg(any())]
    pub async fn chosen() -> u8 {
        1
    }

    #[procedure]
    #[cfg(not(any()))]
    pub async fn chosen() -> u16 {
        2
    }

    #[cfg(any())]
    #[router]
    pub mod taken_out {
        use there_is::no_such_crate;
    }

    #[router]
    #[cfg(not(any()))]
    pub mod nested {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

pub fn main() {
    let router: Router<()> = api::router();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["always", "before", "chosen", "nested/ping"]);
}
