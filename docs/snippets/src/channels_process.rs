//! Channels and publishing in a process.

use orpc_runtime::durable::{Channel, DurableChannel as _}; // as above
use orpc_runtime::prelude::*; // as above

use crate::channels::{Lobby, Said, methods};

// #region process
use orpc_runtime::durable::{DurableIterator, DurableTokens};
use orpc_runtime::stateful::StatefulRooms;

pub struct App {
    lobbies: DurableTokens<Lobby>,
}

#[router(context = App)]
pub mod api {
    use super::*;

    /// Enters the lobby. Authenticate the caller here: the token grants what it says.
    #[procedure]
    pub async fn open(app: &App, name: String) -> Result<DurableIterator<Lobby>, Error> {
        let iterator = app.lobbies.iterator("lobby").method::<methods::say>();
        Ok(iterator.attachment(&name)?)
    }
}

pub fn app() -> Result<axum::Router, Box<dyn std::error::Error>> {
    let lobbies = StatefulRooms::<Channel<Lobby>>::open("lobbies.redb")?;
    // `ITERATOR_KEY` is a random text of 32 bytes or more.
    let keys = Lobby::keys(|name| std::env::var(name).ok())?;
    let app = App { lobbies: DurableTokens::new(keys) };
    Ok(axum::Router::new()
        .route_service("/durable", lobbies.durable_iterators())
        .nest_service("/rpc", Rpc::new(api::router()).http(app)))
}
// #endregion process

// #region publishing
use orpc_runtime::publish::PublishSink;
use orpc_runtime::publishing::{PublishEndpoint, PublishKeys};

/// `publisher` is a `Publisher<Said>`, or the `StatefulRooms` of channels.
pub fn events(
    publisher: impl PublishSink,
    app: axum::Router,
) -> Result<axum::Router, Box<dyn std::error::Error>> {
    let keys = PublishKeys::new([std::env::var("PUBLISH_KEY")?])?
        // Another service, for channels whose names begin with that.
        .with_prefix("orders/", std::env::var("SHOP_KEY")?)?;
    let endpoint = PublishEndpoint::new::<Said>(publisher, keys);
    Ok(app.nest_service("/events", endpoint.http()))
}
// #endregion publishing
