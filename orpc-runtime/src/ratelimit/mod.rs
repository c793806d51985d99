//! Rate limits of calls, by a key of each: in memory, or for several processes on a Redis server.
//!
//! A middleware asks a [`RateLimiter`]. A client beyond the limit reads TOO_MANY_REQUESTS with the limit and the time when
//! it may call again, as that of `@orpc/experimental-ratelimit`.
//!
//! ```
//! use std::time::Duration;
//! use orpc_runtime::prelude::*;
//! use orpc_runtime::ratelimit::{RateLimitError, RateLimiter};
//!
//! pub struct App {
//!     limiter: RateLimiter,
//! }
//!
//! /// Ten calls at once from each address, and ten more in each minute.
//! #[middleware]
//! async fn limit(app: &App, call: &Call) -> Result<(), RateLimitError> {
//!     app.limiter.check(call).await
//! }
//!
//! #[router(context = App, with = limit)]
//! pub mod mail {
//!     use super::*;
//!
//!     #[procedure]
//!     pub async fn send(text: String) {
//!         println!("{text}");
//!     }
//! }
//!
//! # fn main() {
//! let limiter = RateLimiter::builder().limit(10).per(Duration::from_secs(60)).memory();
//! let http = Rpc::new(mail::router()).http(App { limiter });
//! # }
//! ```

mod error;
mod key;
mod limiter;
mod memory;
mod quota;
#[cfg(feature = "redis")]
mod redis;
mod store;

pub use error::{Exceeded, RateLimitData, RateLimitError};
pub use key::by_address;
pub use limiter::{OnFailure, RateLimiter, RateLimiterBuilder};
pub use quota::{Quota, Taken};
#[cfg(feature = "redis")]
pub use redis::RedisStore;
pub use store::{Store, TakeError};

#[cfg(feature = "redis")]
pub use crate::store::{StoreError, StoreErrorKind};
