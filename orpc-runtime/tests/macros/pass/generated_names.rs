//! Items, arguments and types of the names that generated code gives.
#![deny(warnings)]
#![allow(non_camel_case_types, non_snake_case, missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct AnyContext;

#[derive(Debug, RpcError)]
pub enum __Error {
    Data { all: u8, field: u8, field0: u8, output: u8 },
    Other { __Data: u8 },
    __Probe,
}

#[router]
pub mod api {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Input {
        pub __Input: u8,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Output {
        pub __Output: u8,
    }

    #[procedure]
    pub async fn Procedure(Input { __Input }: Input) -> Output {
        Output { __Output: __Input }
    }

    #[procedure]
    pub async fn Reply(scope: Input, _: &Call) -> Result<Input, Error> {
        Ok(scope)
    }

    #[procedure]
    pub async fn definition(__C: u8, __H0: &Call) -> u8 {
        let _ = __H0;
        __C
    }

    #[procedure]
    pub fn open(__Item: Input) -> impl Stream<Item = Input> {
        futures::stream::iter([__Item])
    }

    #[procedure]
    pub fn split(open: Input) -> Result<impl Stream<Item = Event<Input>>, Error> {
        Ok(futures::stream::iter([Event::new(open)]))
    }

    #[procedure]
    pub async fn lend(lend: u8) -> u8 {
        lend
    }

    #[procedure]
    pub async fn mount(point: u8) -> u8 {
        point
    }

    #[procedure]
    pub async fn unary(reply: u8) -> u8 {
        reply
    }

    #[procedure]
    pub async fn hibernating() {}

    #[procedure]
    pub async fn Mount() {}

    #[procedure]
    pub async fn Result_() -> Result<(), Error> {
        Ok(())
    }

    #[procedure]
    pub async fn Lends(call: &Call) {
        let _ = call;
    }

    #[procedure]
    pub async fn AnyContext() {}

    #[router(name = "router")]
    pub mod router_ {
        #[orpc_runtime::procedure]
        pub async fn procedure() {}

        #[orpc_runtime::procedure]
        pub async fn nest() {}
    }
}

#[router(context = AnyContext)]
pub mod of_any_context {
    use super::*;

    #[procedure]
    pub async fn ping(context: &AnyContext) {
        let _ = context;
    }
}

pub fn main() {
    let router: Router<AnyContext> = of_any_context::router().nest("api", api::router());
    assert_eq!(router.procedures().len(), 16);
    let _ = [__Error::Other { __Data: 1 }, __Error::__Probe];
}
