//! Generated code does not lean on the prelude.
#![no_implicit_prelude]
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use ::orpc_runtime::{RpcError, router};
use ::std::fmt::Debug;

#[derive(Debug, RpcError)]
pub enum Refused {
    TooFast,
    Other(u8),
    #[rpc_error(internal)]
    Hidden,
}

#[router]
pub mod api {
    use ::orpc_runtime::{procedure, router};

    /// Documented.
    #[procedure(name = "uno", method = GET, meta(auth = true, role = "admin"))]
    #[deprecated(since = "1.0.0", note = "use another")]
    pub async fn one(number: u8, call: &::orpc_runtime::Call) -> u8 {
        let _ = call;
        number
    }

    #[procedure]
    pub async fn fails() -> ::std::result::Result<u8, super::Refused> {
        ::std::result::Result::Err(super::Refused::Hidden)
    }

    #[procedure]
    pub fn many() -> impl ::futures::stream::Stream<Item = u8> {
        ::futures::stream::empty()
    }

    #[router]
    pub mod nested {
        #[::orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

fn main() {
    let _: ::orpc_runtime::Router<()> = api::router();
}
