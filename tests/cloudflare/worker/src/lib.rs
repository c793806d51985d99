//! The room of the tests as a Durable Object, and procedures in the Worker.

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use orpc_cloudflare::{
    Channels, RateLimitObjects, RoomRoutes, durable_object, proxy, rate_limit_object, serve,
};
use orpc_runtime::durable::Channel;
use orpc_runtime::prelude::*;
use orpc_runtime::ratelimit::{RateLimitError, RateLimiter};
use test_room::channels::{App, Fleeting, Lobby, app};
use worker::send::SendFuture;
use worker::{Context, Delay, Env, Request, Response, Result, event};

durable_object!(
    /// The room.
    pub struct TestRoomObject(test_room::TestRoom);
);

durable_object!(
    pub struct LobbyObject(Channel<Lobby>);
);

durable_object!(
    pub struct FleetingObject(Channel<Fleeting>);
);

rate_limit_object!(
    pub struct RateLimitsObject;
);

thread_local! {
    static LIMITED: Rpc<RateLimiter> = Rpc::new(limited::router());
    static RPC: Rpc<()> = Rpc::new(api::router());
    static APP: Rpc<App> = Rpc::new(app::router());
}

/// Procedures in the Worker.
#[router]
pub mod api {
    use super::*;

    #[procedure(method = GET)]
    pub async fn greet(name: String) -> String {
        format!("Hello {name}")
    }

    #[procedure]
    pub fn count(to: u32) -> impl Stream<Item = u32> {
        futures::stream::iter(0..to)
    }

    #[procedure]
    pub async fn panics() -> String {
        panic!("a panic of a procedure");
    }
}

#[middleware]
async fn limit(limiter: &RateLimiter, call: &Call) -> std::result::Result<(), RateLimitError> {
    limiter.check(call).await
}

/// Procedures with a limit for each `x-user`.
#[router(context = RateLimiter, with = limit)]
pub mod limited {
    use super::*;

    #[procedure]
    pub async fn ping() -> &'static str {
        "pong"
    }
}

/// `x-limit` calls in `x-per` milliseconds.
fn limiter(request: &Request, env: &Env) -> Result<RateLimiter> {
    let number = |name| -> Result<u32> {
        let text = request.headers().get(name)?.unwrap_or_default();
        text.parse().map_err(|_| format!("{name} is no number").into())
    };
    let per = Duration::from_millis(number("x-per")?.into());
    let builder = RateLimiter::builder().limit(number("x-limit")?).per(per).name("test");
    let builder = builder.key(|call| call.header("x-user").unwrap_or_default().into_owned());
    // A machine with many tests is slow.
    Ok(builder.timeout(Duration::from_secs(20)).store(RateLimitObjects::new(env, "RATE_LIMITS")))
}

fn sleep(time: Duration) -> BoxFuture<'static, ()> {
    Box::pin(SendFuture::new(Delay::from(time)))
}

#[event(start)]
fn start() {
    test_room::api::SLEEP.get_or_init(|| sleep);
}

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    let path = request.path();
    if path.starts_with("/rpc/") {
        return RPC.with(|rpc| serve(rpc.http(()), "/rpc", request)).await;
    }
    if path.starts_with("/limited/") {
        let limiter = limiter(&request, &env)?;
        return LIMITED.with(|rpc| serve(rpc.http(limiter), "/limited", request)).await;
    }
    if path.starts_with("/backend/") {
        return proxy(request, &env.var("BACKEND")?.to_string()).await;
    }
    if ["/app", "/durable", "/fleeting", "/events", "/old-events"]
        .iter()
        .any(|it| path.starts_with(it))
    {
        return channels(request, &env).await;
    }
    RoomRoutes::new("ROOMS").allow_origin("https://app.example").fetch(request, &env).await
}

/// Requests for durable iterators.
async fn channels(request: Request, env: &Env) -> Result<Response> {
    let lobbies = Channels::<Lobby>::new(env, "LOBBIES")?;
    let fleeting = Channels::<Fleeting>::new(env, "FLEETING")?;
    let path = request.path();
    match path.as_str() {
        "/durable" => lobbies.fetch(request).await,
        "/fleeting" => fleeting.fetch(request).await,
        _ if path.starts_with("/events/") => {
            lobbies.serve_publishing(request, "/events", &["PUBLISH_KEY"]).await
        }
        _ if path.starts_with("/old-events/") => {
            fleeting.serve_publishing(request, "/old-events", &["PUBLISH_KEY"]).await
        }
        _ => {
            let app = App {
                lobbies: lobbies.tokens().clone(),
                fleeting: fleeting.tokens().clone(),
                publisher: Arc::new(lobbies),
            };
            APP.with(|rpc| serve(rpc.http(app), "/app", request)).await
        }
    }
}
