//! Other attributes beside the macros', in any order.
#![deny(warnings)]
#![allow(missing_docs, unreachable_pub)]
#![allow(clippy::mixed_attributes_style, clippy::non_minimal_cfg)]

use orpc_runtime::prelude::*;

/// An error with attributes of others.
#[derive(Debug)]
#[non_exhaustive]
#[derive(RpcError, Clone)]
#[must_use]
#[allow(dead_code)]
pub enum Refused {
    #[doc = "Too fast."]
    #[cfg_attr(all(), rpc_error(code = "RATE_LIMITED"))]
    TooFast {
        #[doc(hidden)]
        #[serde(rename = "retry", default)]
        retry_after: u32,
        #[serde(skip)]
        hidden: u8,
    },
}

#[allow(clippy::module_inception)]
#[router]
#[doc = "Documented twice."]
pub mod api {
    #![doc = "Documented inside."]

    use super::*;

    /** Documented
    in a block. */
    #[inline]
    #[procedure]
    #[must_use]
    pub async fn documented_in_a_block() -> u8 {
        1
    }

    #[doc = concat!("Documented ", "by a macro.")]
    #[procedure]
    #[doc(hidden)]
    #[doc(alias = "other")]
    pub async fn documented_by_a_macro() {}

    #[cfg_attr(all(), doc = "Documented where a condition holds.")]
    #[procedure]
    #[cfg_attr(all(), deprecated)]
    #[cfg_attr(any(), there_is_no_such_attribute)]
    pub async fn conditional(#[allow(unused_variables)] input: u8, #[cfg(all())] call: &Call) {
        let _ = call;
    }

    #[track_caller]
    #[cold]
    #[procedure]
    #[expect(unused_variables)]
    pub fn stream(unused: u8) -> impl Stream<Item = u8> {
        futures::stream::empty()
    }

    #[procedure()]
    pub async fn no_options() {}

    #[procedure(name = "given", method = POST, meta(),)]
    pub async fn trailing_comma() {}
}

pub fn main() {
    let router: Router<()> = api::router();
    assert_eq!(router.procedures().len(), 6);
    drop(Refused::TooFast { retry_after: 1, hidden: 1 });
}
