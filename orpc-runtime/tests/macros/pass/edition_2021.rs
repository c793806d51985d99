//! A crate of edition 2021, where `impl Trait` does not capture lifetimes by itself.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct App {
    pub numbers: Vec<u32>,
}

#[derive(Debug, RpcError)]
pub enum Refused {
    TooMany {
        limit: usize,
        /// A name that is a keyword of edition 2024.
        gen: bool,
    },
    #[rpc_error(transparent)]
    Other(Error),
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Generation {
    #[schemars(range(max = 9))]
    gen: u8,
}

#[router(context = App)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn gen(gen: u8) -> Result<u8, Refused> {
        if gen > 9 {
            return Err(Refused::TooMany { limit: 9, gen: true });
        }
        Ok(gen)
    }

    #[procedure]
    pub async fn next(of: Generation) -> Generation {
        Generation { gen: of.gen + 1 }
    }

    #[procedure]
    pub fn captured<'a>(app: &'a App, call: &'a Call) -> impl Stream<Item = u32> + 'a {
        let _ = call;
        futures::stream::iter(app.numbers.iter().copied())
    }

    #[procedure]
    pub fn not_captured(app: &App, call: &Call) -> impl Stream<Item = u32> {
        let _ = call;
        futures::stream::iter(app.numbers.clone())
    }

    #[procedure]
    pub async fn or_refused(_: &App) -> Result<impl Stream<Item = Event<u32>>, Refused> {
        Ok(futures::stream::empty())
    }

    #[router]
    pub mod nested {
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

fn main() {
    let router: Router<App> = api::router();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["gen", "next", "captured", "notCaptured", "orRefused", "nested/ping"]);
}
