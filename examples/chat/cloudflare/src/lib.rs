//! The chat room as a Durable Object, with the files of its web page.

use chat_api::Lobby;
use orpc_cloudflare::{RoomRoutes, durable_object};
use worker::{Context, Env, Request, Response, Result, event};

durable_object!(
    /// The room.
    pub struct ChatRoom(Lobby);
);

#[event(fetch)]
async fn fetch(request: Request, env: Env, _: Context) -> Result<Response> {
    if request.path() == "/ws" {
        // There is one room, of this name.
        return RoomRoutes::new("ROOMS").under("/").fetch(request, &env).await;
    }
    Response::try_from(env.assets("ASSETS")?.fetch_request(request).await?)
}
