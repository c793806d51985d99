//! Serves procedures behind rate limits: HTTP below `/rpc`, WebSocket at `/ws`, on a free port. The header `x-user` of a
//! call is its key.
//!
//! `REDIS` is the URL of a server that keeps the buckets; they are in memory without it. The line
//! `listening on http://127.0.0.1:<port>` tells that the server is ready.

use std::error::Error;
use std::time::Duration;

use orpc_runtime::Event;
use orpc_runtime::prelude::*;
use orpc_runtime::ratelimit::{RateLimitError, RateLimiter};
use tokio::net::TcpListener;

/// The limits.
#[derive(Clone)]
pub struct Limits {
    /// Two calls in an hour.
    few: RateLimiter,
    /// One call in a second.
    soon: RateLimiter,
}

#[middleware]
async fn few(limits: &Limits, call: &Call) -> Result<(), RateLimitError> {
    limits.few.check(call).await
}

#[middleware]
async fn soon(limits: &Limits, call: &Call) -> Result<(), orpc_runtime::Error> {
    Ok(limits.soon.check(call).await?)
}

/// Procedures behind limits.
#[router(context = Limits)]
pub mod api {
    use super::*;

    /// The error is declared.
    #[procedure(name = "few", with = few)]
    pub async fn call_few() -> &'static str {
        "ok"
    }

    /// A stream behind the same limit.
    #[procedure(with = few)]
    pub async fn stream() -> impl Stream<Item = Event<u32>> {
        orpc_runtime::futures::stream::iter([Event::new(1), Event::new(2)])
    }

    /// The error is not declared.
    #[procedure(name = "soon", with = soon)]
    pub async fn call_soon() -> &'static str {
        "ok"
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let redis = std::env::var("REDIS").ok();
    let limiter = async |name: &str, limit, per| {
        let user = |call: &Call| call.header("x-user").unwrap_or_default().into_owned();
        let builder = RateLimiter::builder().limit(limit).per(per).name(name).key(user);
        match &redis {
            Some(url) => builder.redis(url).await,
            None => Ok(builder.memory()),
        }
    };
    let few = limiter("few", 2, Duration::from_secs(3600)).await?;
    let limits = Limits { few, soon: limiter("soon", 1, Duration::from_secs(1)).await? };
    let rpc = Rpc::new(api::router());
    let routes = axum::Router::new()
        .nest_service("/rpc", rpc.http(limits.clone()))
        .route_service("/ws", rpc.websocket(limits));
    let server = orpc_runtime::serve(TcpListener::bind("127.0.0.1:0").await?, routes);
    println!("listening on http://{}", server.local_addr()?);
    Ok(server.await?)
}
