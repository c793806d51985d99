//! Durable iterators in the Worker of the book.

#[path = "../../src/channels.rs"]
// #region worker
pub mod lobby;

use self::lobby::{Lobby, Said};
use orpc_cloudflare::{Channels, durable_object, serve};
use orpc_runtime::durable::{Channel, DurableIterator};
use orpc_runtime::prelude::*;
use worker::{Env, Request, Response, Result};

durable_object!(
    pub struct LobbyObject(Channel<Lobby>);
);

pub struct App {
    lobbies: Channels<Lobby>,
}

thread_local! {
    static APP: Rpc<App> = Rpc::new(app::router());
}

#[router(context = App)]
pub mod app {
    use super::*;

    /// Enters a lobby. Authenticate the caller here: the token grants what it says.
    #[procedure]
    pub async fn open(app: &App, name: String) -> Result<DurableIterator<Lobby>, Error> {
        let iterator = app.lobbies.iterator("lobby").method::<lobby::methods::say>();
        Ok(iterator.attachment(&name)?)
    }

    /// Publishes from a procedure of the Worker.
    #[procedure]
    pub async fn announce(app: &App, text: String) -> Result<(), Error> {
        let said = Said { from: "announcer".to_owned(), text };
        app.lobbies.publish("lobby", &said).await?;
        Ok(())
    }
}

pub async fn route(request: Request, env: &Env) -> Result<Response> {
    let lobbies = Channels::<Lobby>::new(env, "LOBBIES")?;
    let path = request.path();
    if path == "/durable" {
        return lobbies.fetch(request).await;
    }
    if path.starts_with("/events/") {
        // `POST /events/publish`, with the secret `PUBLISH_KEY`.
        return lobbies.serve_publishing(request, "/events", &["PUBLISH_KEY"]).await;
    }
    APP.with(|rpc| serve(rpc.http(App { lobbies }), "/app", request)).await
}
// #endregion worker
