//! Rate limits: their headers and errors, their buckets in memory and on a Redis server.

mod failures;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod wire;

use std::time::Duration;

use orpc_runtime::prelude::*;
use orpc_runtime::ratelimit::{RateLimitError, RateLimiter, RateLimiterBuilder};

use crate::support::websocket::within;
use crate::support::{Answer, post, send};

/// Settings of a limiter.
fn quota(limit: u32, per: Duration) -> RateLimiterBuilder {
    RateLimiter::builder().limit(limit).per(per)
}

/// Takes a token; returns `true` if there was one.
async fn take(limiter: &RateLimiter, key: &str) -> bool {
    within(limiter.take(key)).await.unwrap().is_allowed()
}

/// The error of a store that failed.
fn failure<T: std::fmt::Debug>(result: Result<T, RateLimitError>) -> String {
    match result {
        Err(RateLimitError::Store(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[middleware]
async fn limit(limiter: &RateLimiter, call: &Call) -> Result<(), Error> {
    Ok(limiter.check(call).await?)
}

#[router(context = RateLimiter, with = limit)]
pub mod api {
    use super::*;

    #[procedure]
    pub async fn ping() {}
}

/// Calls a procedure behind a limiter.
async fn ping(limiter: &RateLimiter) -> Answer {
    within(send(Rpc::new(api::router()).http(limiter.clone()), post("/ping", "{}"))).await
}
