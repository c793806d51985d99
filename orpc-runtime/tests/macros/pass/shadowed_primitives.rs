//! Items of the user's that have the names of built-in types.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, missing_docs, unreachable_pub)]

use orpc_runtime::{RpcError, procedure, router};

pub struct bool;
pub struct u8;
pub struct u16;
pub struct u32;
pub struct u64;
pub struct usize;
pub struct i64;
pub struct f64;
pub struct char;
pub mod str {}

#[derive(Debug, RpcError)]
pub enum Refused {
    #[rpc_error(status = 429, message = "Slow down")]
    TooFast,
    Other(::core::primitive::bool),
    #[rpc_error(internal)]
    Hidden,
}

#[router]
pub mod api {
    use super::*;

    /// Documented.
    #[procedure(name = "uno", method = GET, meta(auth = true, limit = 5, rate = 0.5))]
    #[deprecated(since = "1.0.0", note = "use another")]
    pub async fn one(call: &::orpc_runtime::Call, number: ::core::primitive::u8) -> String {
        let _ = (call, number);
        String::new()
    }

    #[procedure]
    pub fn many() -> Result<impl ::futures::Stream<Item = String>, Refused> {
        if true { Err(Refused::Hidden) } else { Ok(::futures::stream::empty()) }
    }
}

/// Procedures of these names, whose hidden types stand beside the others.
#[router]
pub mod named_so {
    use orpc_runtime::{procedure, router};

    #[procedure]
    pub async fn bool() -> String {
        String::new()
    }

    #[procedure]
    pub async fn str(text: String) -> Result<String, super::Refused> {
        Ok(text)
    }

    #[procedure]
    pub fn u32() -> impl ::futures::Stream<Item = String> {
        ::futures::stream::empty()
    }

    #[router]
    pub mod char {
        #[orpc_runtime::procedure]
        pub async fn u8() {}
    }
}

pub fn main() {
    let router: orpc_runtime::Router<()> = api::router().nest("named", named_so::router());
    assert_eq!(router.procedures().len(), 6);
}
