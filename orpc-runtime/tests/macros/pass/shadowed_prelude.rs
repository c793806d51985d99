//! Items of the user's that stand in front of the prelude's.
#![deny(warnings)]
#![allow(dead_code)]
#![allow(missing_docs, unreachable_pub)]

use orpc_runtime::{RpcError, procedure, router};

pub struct Result;
pub struct Option;
pub struct Ok;
pub struct Err;
pub struct Some;
pub struct None;
pub struct Vec;
pub struct String;
pub struct Box;
pub struct Default;
pub trait Send {}
pub trait Sync {}
pub trait Sized {}
pub trait Future {}
pub trait Stream {}
pub trait Into {}
pub trait From {}
pub trait Serialize {}
pub trait Procedure {}
pub trait JsonSchema {}

#[derive(Debug, RpcError)]
pub enum Refused {
    TooFast {
        retry_after: u32,
    },
    Other(u8),
    #[rpc_error(internal)]
    Hidden,
}

#[router]
pub mod api {
    use super::*;

    #[procedure(meta(auth = true))]
    #[doc = "Documented."]
    pub async fn one(number: u8) -> u8 {
        number
    }

    #[procedure]
    pub async fn fails() -> ::std::result::Result<u8, Refused> {
        ::std::result::Result::Err(Refused::Other(1))
    }

    #[procedure]
    pub fn many() -> ::futures::stream::Empty<::std::result::Result<u8, Refused>> {
        ::futures::stream::empty()
    }

    #[procedure]
    pub fn more() -> impl ::futures::stream::Stream<Item = u8> {
        ::futures::stream::empty()
    }
}

pub fn main() {
    let _: orpc_runtime::Router<()> = api::router();
}
