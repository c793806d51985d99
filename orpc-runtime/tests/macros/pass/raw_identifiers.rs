//! Names that are keywords.
#![deny(warnings)]
#![allow(non_camel_case_types, missing_docs, unreachable_pub)]

use orpc_runtime::prelude::*;

pub struct r#struct;

#[derive(Debug, RpcError)]
pub enum r#enum {
    r#Type {
        r#type: u8,
        r#fn: String,
    },
    r#Move(r#i64),
    #[rpc_error(r#transparent)]
    Other(Error),
}

pub type r#i64 = u64;

#[router(context = r#struct)]
pub mod r#mod {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct r#impl {
        pub r#in: u8,
    }

    #[procedure]
    pub async fn r#type(r#match: &r#struct, r#loop: r#impl) -> Result<r#impl, r#enum> {
        let _ = r#match;
        Ok(r#loop)
    }

    #[procedure(r#name = "while", r#method = GET, r#meta(r#async = true))]
    pub async fn r#for() {}

    #[procedure]
    pub fn r#dyn<'a>(r#ref: &'a r#struct) -> impl Stream<Item = Event<r#impl>> + 'a {
        let _ = r#ref;
        futures::stream::empty()
    }

    #[router]
    pub mod r#use {
        #[orpc_runtime::procedure]
        pub async fn r#if(r#else: u8) -> u8 {
            r#else
        }
    }
}

pub fn main() {
    let router: Router<r#struct> = r#mod::router();
    let paths: Vec<_> = router.procedures().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["type", "while", "dyn", "use/if"]);
    drop(r#enum::r#Type { r#type: 1, r#fn: String::new() });
}
