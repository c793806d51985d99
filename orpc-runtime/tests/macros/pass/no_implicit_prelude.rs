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
    More {
        retry_after: u8,
    },
    #[rpc_error(internal)]
    Hidden,
    #[rpc_error(internal)]
    Failed(::std::io::Error),
    #[rpc_error(transparent)]
    Plain(::orpc_runtime::Error),
}

/// With a constraint, an alias and a map of each.
#[derive(::serde::Serialize, ::serde::Deserialize, ::orpc_runtime::JsonSchema)]
pub struct Message<T> {
    #[serde(default, alias = "body")]
    #[schemars(length(min = 1, max = 9), pattern("^a"))]
    pub text: ::std::string::String,
    #[schemars(inner(range(min = 1)))]
    pub counts: ::std::collections::BTreeMap<u8, u8>,
    pub of: ::std::option::Option<::std::boxed::Box<Message<T>>>,
    pub other: T,
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::orpc_runtime::JsonSchema)]
#[serde(tag = "kind")]
pub enum Shape {
    Circle {
        radius: u8,
    },
    Named(Name),
    #[serde(other)]
    Other,
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::orpc_runtime::JsonSchema)]
pub struct Name {
    pub name: ::std::string::String,
}

#[router]
pub mod api {
    use ::orpc_runtime::{procedure, router};

    #[procedure]
    pub async fn derived(input: super::Message<u8>) -> super::Shape {
        let _ = input;
        super::Shape::Other
    }

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

    #[procedure]
    pub fn or_refused(
        last: ::core::option::Option<&::orpc_runtime::LastEventId>,
    ) -> ::core::result::Result<impl ::futures::Stream<Item = u8>, super::Refused> {
        let _ = last;
        ::core::result::Result::Ok(::futures::stream::empty())
    }

    #[procedure]
    pub async fn hibernates(
        socket: &::orpc_runtime::Socket,
    ) -> ::orpc_runtime::HibernatingIterator<u8> {
        let _ = socket;
        ::orpc_runtime::HibernatingIterator::new(|_| ::core::result::Result::Ok(()))
    }

    #[router]
    pub mod nested {
        #[::orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

pub fn main() {
    let _: ::orpc_runtime::Router<()> = api::router();
}
