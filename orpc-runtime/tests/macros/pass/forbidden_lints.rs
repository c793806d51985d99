//! Lints that a crate may forbid: generated code cannot allow them again.
#![forbid(
    unsafe_code,
    missing_debug_implementations,
    missing_docs,
    unreachable_code,
    unreachable_pub,
    unused_imports,
    unused_must_use,
    unused_results,
    unused_variables,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use orpc_runtime::prelude::*;

/// Reason of a refusal.
#[derive(Debug, RpcError)]
pub enum Refused {
    /// Too fast.
    TooFast {
        /// Seconds.
        retry_after: u32,
    },
    /// Something else.
    Other(u8),
}

/// Procedures.
#[router]
pub mod api {
    use super::{Error, Event, Refused, Stream, procedure, router};

    /// One.
    ///
    /// # Errors
    /// Sometimes.
    #[procedure]
    pub async fn one(number: u8) -> Result<u8, Refused> {
        std::future::ready(Ok(number)).await
    }

    /// Many.
    ///
    /// # Errors
    /// Sometimes.
    #[procedure]
    pub fn many() -> Result<impl Stream<Item = Event<u8>>, Error> {
        Ok(futures::stream::iter([Event::new(1)]))
    }

    /// Nested.
    #[router]
    pub mod nested {
        /// Answers.
        #[orpc_runtime::procedure]
        pub async fn ping() {
            std::future::ready(()).await;
        }
    }
}

/// Uses it.
pub fn main() {
    let _: Router<()> = api::router();
    let _ = [Refused::TooFast { retry_after: 1 }, Refused::Other(1)];
}
