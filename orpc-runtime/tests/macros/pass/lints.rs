//! Generated code is clean under strict lints.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    unused_results,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    trivial_casts,
    unused_lifetimes,
    let_underscore_drop,
    clippy::all,
    clippy::pedantic
)]
// The futures that these functions await are not from the macros.
#![allow(clippy::unused_async)]
#![forbid(unsafe_code)]

use orpc_runtime::prelude::*;

/// The context.
#[derive(Debug)]
pub struct App;

/// Reason why a message was refused.
#[derive(Debug, RpcError)]
pub enum Refused {
    /// Too fast.
    TooFast {
        /// Seconds.
        retry_after: u32,
    },
    /// Something else.
    #[deprecated]
    #[rpc_error(internal)]
    Other,
}

/// A deprecated result.
#[deprecated]
pub type Old = String;

/// Procedures.
#[router(context = App)]
pub mod api {
    use super::{App, Error, Event, Refused, Stream, procedure, router};

    /// Deprecated.
    ///
    /// # Errors
    /// Sometimes.
    #[procedure]
    #[deprecated(since = "1.0.0", note = "use `new`")]
    #[allow(deprecated)]
    pub async fn old(_: &App, input: super::Old) -> Result<String, Refused> {
        Ok(input)
    }

    /// Streams.
    ///
    /// # Errors
    /// Sometimes.
    #[procedure]
    pub fn stream(_: &App) -> Result<impl Stream<Item = Event<u8>>, Error> {
        Ok(futures::stream::iter([Event::new(1)]))
    }

    /// Nested.
    #[router]
    #[deprecated]
    pub mod nested {
        /// Answers.
        #[orpc_runtime::procedure]
        pub async fn ping() {}
    }
}

/// Not reachable from outside.
#[router(context = App)]
pub(crate) mod inner {
    use super::{App, procedure};

    /// Answers.
    #[procedure]
    pub(crate) async fn ping() {}
}

/// Checks that each procedure is in its router.
///
/// # Panics
/// If one is missing.
pub fn main() {
    let router = api::router().nest("inner", inner::router());
    assert_eq!(router.procedures().len(), 4);
}
