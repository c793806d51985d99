//! The room of the tests as a Durable Object, and procedures in the Worker.

mod news;

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use news::News;
use orpc_cloudflare::{
    Channels, RateLimitObjects, RoomRoutes, durable_object, proxy, rate_limit_object, serve,
};
use orpc_runtime::durable::Channel;
use orpc_runtime::prelude::*;
use orpc_runtime::publish::{EventId, ReadError, Start, SubscribeError};
use orpc_runtime::ratelimit::{RateLimitError, RateLimiter};
use test_room::channels::{App, Fleeting, Lobby, Said, app};
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
    static RPC: Rpc<Site> = Rpc::new(api::router());
    static APP: Rpc<App> = Rpc::new(app::router());
}

/// Context of the procedures in the Worker, one for all of them: each further one makes the module larger.
pub struct Site {
    news: News,
    limiter: Option<RateLimiter>,
}

/// Procedures in the Worker.
#[router(context = Site)]
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

    /// Procedures with a limit for each `x-user`.
    #[router(with = limit)]
    pub mod limited {
        use super::*;

        #[procedure]
        pub async fn ping() -> &'static str {
            "pong"
        }
    }

    /// Publishes an event to a channel, perhaps with an idempotency key.
    #[procedure]
    pub async fn tell(
        site: &Site,
        input: (String, String, Option<String>),
    ) -> std::result::Result<EventId, Error> {
        let (channel, text, key) = input;
        let said = Said { from: "news".to_owned(), text };
        let publish = site.news.publisher.publish(&channel, &said);
        let publish = match &key {
            Some(key) => publish.idempotency_key(key),
            None => publish,
        };
        Ok(publish.await?)
    }

    /// Reads a channel, from its oldest event if it is to.
    #[procedure]
    pub fn listen(
        site: &Site,
        input: (String, bool),
        last: Option<&LastEventId>,
    ) -> std::result::Result<
        impl Stream<Item = std::result::Result<Published<Said>, ReadError>>,
        SubscribeError,
    > {
        match input {
            (channel, true) => site.news.publisher.subscribe(&channel, Start::Earliest),
            (channel, false) => site.news.publisher.subscribe(&channel, last),
        }
    }

    /// Returns the number of readers of a channel.
    #[procedure]
    pub async fn readers(site: &Site, channel: String) -> std::result::Result<usize, Error> {
        site.news.objects.readers(&channel).await.map_err(Error::internal)
    }
}

#[middleware]
async fn limit(site: &Site, call: &Call) -> std::result::Result<(), RateLimitError> {
    match &site.limiter {
        Some(limiter) => limiter.check(call).await,
        None => Ok(()),
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
    let base = |base: &&str| path.starts_with(&format!("{base}/"));
    if let Some(base) = ["/rpc", "/limited", "/news", "/old-news"].into_iter().find(base) {
        let binding = if base == "/old-news" { "OLD_NEWS" } else { "NEWS" };
        let limiter = (base == "/limited").then(|| limiter(&request, &env)).transpose()?;
        let base = if base == "/limited" { "" } else { base };
        let site = Site { news: News::new(&env, binding), limiter };
        return RPC.with(|rpc| serve(rpc.http(site), base, request)).await;
    }
    if path.starts_with("/news-") {
        return news::fetch(request, &env).await;
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
