//! Procedures that `macro_rules!` writes, whose types arrive in invisible groups.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct App;

#[derive(Debug, RpcError)]
pub enum Refused {
    TooFast,
}

macro_rules! procedures {
    ($($name:ident($context:ty, $input:ty) -> $output:ty, $error:ty;)*) => {
        $(
            #[procedure]
            pub async fn $name(context: &$context, input: $input) -> Result<$output, $error> {
                let _ = context;
                Ok(input.into())
            }
        )*
    };
}

macro_rules! streams {
    ($name:ident, $item:ty, $result:ty, $reference:ty, $lifetime:lifetime) => {
        #[procedure]
        pub fn $name<$lifetime>(app: $reference) -> impl Stream<Item = $item> + $lifetime {
            let _ = app;
            futures::stream::empty()
        }

        #[procedure]
        pub async fn result() -> $result {
            Ok(1)
        }
    };
}

macro_rules! whole_router {
    ($module:ident, $context:path, $wire:literal, $expression:expr) => {
        #[router(context = $context)]
        pub mod $module {
            use super::*;

            #[procedure(name = $wire, meta(limit = $expression))]
            pub async fn send(app: &$context) {
                let _ = app;
            }
        }
    };
}

procedures! {
    widen(App, u8) -> u32, Refused;
    same(App, String) -> String, Error;
}

streams!(follow, Result<u8, Refused>, Result<u8, Error>, &'a App, 'a);

whole_router!(api, crate::macro_rules::App, "post", 5);

pub fn main() {
    let router = api::router()
        .procedure::<widen, _>()
        .procedure::<same, _>()
        .procedure::<follow, _>()
        .procedure::<result, _>();
    assert_eq!(router.procedures()[0].0, "post");
}
