//! Modules of the user's that have the names of crates.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use ::orpc_runtime::prelude::*;

pub mod core {}
pub mod std {}
pub mod alloc {}
pub mod orpc_runtime_macros {}
pub mod http {}
pub mod tokio {}

pub struct App;

#[derive(Debug, RpcError)]
pub enum Refused {
    TooFast { retry_after: u32 },
}

#[router(context = App)]
pub mod api {
    use super::{App, Event, Refused, Stream, procedure, router};

    pub mod core {}
    pub mod std {}
    pub mod orpc_runtime {}
    pub mod serde {}
    pub mod schemars {}
    pub mod futures {}

    #[procedure]
    pub async fn one(_: &App) -> Result<u8, Refused> {
        Ok(1)
    }

    #[procedure]
    pub fn many(_: &App) -> impl Stream<Item = Event<u8>> {
        ::futures::stream::empty()
    }

    #[derive(Debug, super::RpcError)]
    pub enum Inner {
        Data { more: ::std::vec::Vec<u8> },
        Other(u8),
    }

    /// Routers of these names are modules as well.
    #[router(name = "private")]
    pub mod __private {
        #[::orpc_runtime::procedure]
        pub async fn core() {}

        #[::orpc_runtime::procedure]
        pub async fn orpc_runtime() -> u8 {
            1
        }
    }
}

pub fn main() {
    let router: Router<App> = api::router();
    assert_eq!(router.procedures().len(), 4);
}
