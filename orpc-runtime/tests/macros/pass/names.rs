//! Names of the user's that generated code uses, too.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

#[router]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn scope(scope: String) -> String {
        scope
    }

    #[procedure]
    pub async fn input(input: String) -> String {
        input
    }

    #[procedure]
    pub async fn output(output: String, call: &Call) -> String {
        let _ = call;
        output
    }

    #[procedure]
    pub fn item(item: String) -> impl Stream<Item = String> {
        super::stream::once(item)
    }

    #[procedure]
    pub fn stream(stream: String) -> impl Stream<Item = String> {
        super::stream::once(stream)
    }

    #[procedure(name = "router")]
    pub async fn router_(router: String) -> String {
        router
    }

    #[procedure]
    pub async fn point(check: bool) -> bool {
        check
    }

    #[procedure]
    pub async fn check() -> Result<(), Error> {
        Ok(())
    }

    #[procedure]
    pub async fn mount() {}

    #[procedure]
    pub async fn definition() {}

    #[procedure]
    pub async fn call() {}

    #[procedure]
    pub async fn r#type(r#match: String) -> String {
        r#match
    }

    #[procedure]
    pub async fn futures() {}

    #[router]
    pub mod r#use {
        #[orpc_runtime::procedure]
        pub async fn r#async() {}
    }
}

pub mod stream {
    use orpc_runtime::prelude::*;

    pub fn once<T: Send + 'static>(value: T) -> impl Stream<Item = T> {
        futures::stream::iter([value])
    }
}

#[derive(Debug, RpcError)]
pub enum Names {
    Error {
        all: u8,
        field: u8,
        field0: u8,
        r#type: u8,
    },
    Vec(u8),
    #[rpc_error(internal)]
    Some(std::io::Error),
    #[rpc_error(transparent)]
    None(Error),
}

pub fn main() {
    let router: Router<()> = api::router();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths[5], "router");
    assert_eq!(paths[11], "type");
    assert_eq!(paths[13], "use/async");
}
