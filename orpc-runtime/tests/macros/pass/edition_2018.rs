//! A crate of edition 2018.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum Refused {
    TooMany { limit: usize },
}

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn one(input: u8) -> Result<u8, Refused> {
        Ok(input)
    }

    #[procedure]
    pub fn many(call: &Call) -> impl Stream<Item = String> + '_ {
        futures::stream::iter(Some(call.path().to_owned()))
    }

    #[router]
    pub mod nested {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

fn main() {
    let router: Router<()> = api::router();
    assert_eq!(router.procedures().len(), 3);
}
