//! The Worker of the book.

pub mod channels;
pub mod publisher;
pub mod rate_limits;
#[path = "../../src/stateful.rs"]
// #region worker
pub mod stateful;

use orpc_cloudflare::{RoomRoutes, durable_object, serve};
use orpc_runtime::prelude::*;
use worker::{Context, Env, Request, Response, Result, event};

durable_object!(
    pub struct ChatRoom(stateful::Chat);
);

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    if request.path().starts_with("/rpc/") {
        return RPC.with(|rpc| serve(rpc.http(()), "/rpc", request)).await;
    }
    // `/rooms/lobby` is the room `lobby`.
    RoomRoutes::new("ROOMS").fetch(request, &env).await
}
// #endregion worker

// #region procedures
thread_local! {
    /// Prepared once for an isolate, which outlives its requests.
    static RPC: Rpc<()> = Rpc::new(api::router());
}

#[router]
pub mod api {
    #[orpc_runtime::procedure(method = GET)]
    pub async fn ping() -> &'static str {
        "pong"
    }
}
// #endregion procedures

// #region proxy
/// Passes all requests on to a server, with their sockets.
pub async fn forward(request: Request, env: &Env) -> Result<Response> {
    orpc_cloudflare::proxy(request, &env.var("BACKEND")?.to_string()).await
}
// #endregion proxy

// #region host
/// Reads a text that is bound to the Worker; in a process there is none.
pub fn motto(room: &orpc_runtime::stateful::RoomHandle) -> Option<String> {
    let env = room.host::<orpc_cloudflare::Cloudflare>()?.env();
    Some(env.var("MOTTO").ok()?.to_string())
}
// #endregion host
