//! The room of the tests as a Durable Object, and procedures in the Worker.

use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use orpc_cloudflare::{RoomRoutes, durable_object, proxy, serve};
use orpc_runtime::prelude::*;
use worker::send::SendFuture;
use worker::{Context, Delay, Env, Request, Response, Result, event};

durable_object!(
    /// The room.
    pub struct TestRoomObject(test_room::TestRoom);
);

thread_local! {
    static RPC: Rpc<()> = Rpc::new(api::router());
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
    if path.starts_with("/backend/") {
        return proxy(request, &env.var("BACKEND")?.to_string()).await;
    }
    RoomRoutes::new("ROOMS").allow_origin("https://app.example").fetch(request, &env).await
}
