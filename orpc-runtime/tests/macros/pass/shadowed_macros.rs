//! Macros of the user's that stand in front of the library's.
#![deny(warnings)]
#![allow(unused_macros, missing_docs, unreachable_pub)]

macro_rules! assert {
    ($($_:tt)*) => {
        compile_error!("not this one")
    };
}

macro_rules! shadow {
    ($($name:ident)*) => {
        $(
            macro_rules! $name {
                ($_:tt) => {
                    compile_error!("not this one")
                };
            }
        )*
    };
}

shadow! { assert_eq concat env format matches panic stringify unreachable vec write }

use orpc_runtime::prelude::*;

#[derive(Debug, RpcError)]
pub enum Refused {
    TooFast { retry_after: u32 },
    Other(u8),
}

#[router]
pub mod api {
    use super::*;

    #[procedure(meta(auth = true))]
    #[deprecated = "use another"]
    pub async fn one(number: u8) -> u8 {
        number
    }

    #[procedure]
    pub async fn fails() -> Result<u8, Refused> {
        Err(Refused::Other(1))
    }

    #[procedure]
    pub fn many() -> futures::stream::Empty<Result<u8, Refused>> {
        futures::stream::empty()
    }
}

pub fn main() {
    let _: Router<()> = api::router();
}
