//! Rate limits in the Worker of the book.

// #region worker
use std::time::Duration;

use orpc_cloudflare::{RateLimitObjects, rate_limit_object};
use orpc_runtime::ratelimit::RateLimiter;
use worker::Env;

rate_limit_object!(
    /// Ten calls at once from each address, and ten more in each minute.
    pub struct RateLimits;
);

/// The limiter of one request of the Worker, for the context of its procedures.
pub fn limiter(env: &Env) -> RateLimiter {
    RateLimiter::builder()
        .limit(10)
        .per(Duration::from_secs(60))
        .key(|call| call.header("cf-connecting-ip").unwrap_or_default().into_owned())
        .store(RateLimitObjects::new(env, "RATE_LIMITS"))
}
// #endregion worker
