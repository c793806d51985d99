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

/// Types with schemas.
pub mod types {
    #![forbid(dead_code)]

    use orpc_runtime::prelude::*;

    /// A message.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Message {
        /// Its text.
        #[serde(alias = "body")]
        #[schemars(length(min = 1))]
        pub text: String,
    }

    /// A shape.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    pub enum Shape {
        /// Round.
        Circle {
            /// Its size.
            radius: u8,
        },
        /// None.
        #[serde(other)]
        Other,
    }
}

/// Procedures.
#[router]
pub mod api {
    use super::types::{Message, Shape};
    use super::{Error, Event, Refused, Stream, procedure, router};

    /// Takes a message.
    #[procedure]
    pub async fn derived(input: Message) -> Shape {
        std::future::ready(Shape::Circle { radius: u8::from(input.text.is_empty()) }).await
    }

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
    let _ = [types::Shape::Circle { radius: 1 }, types::Shape::Other];
    let _ = [Refused::TooFast { retry_after: 1 }, Refused::Other(1)];
}
