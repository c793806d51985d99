//! Channels and publishing in a process.

use crate::channels::{Lobby, Said};

// #region process
use orpc_runtime::durable::Channel;
use orpc_runtime::stateful::StatefulRooms;

pub fn lobbies(app: axum::Router) -> Result<axum::Router, Box<dyn std::error::Error>> {
    let lobbies = StatefulRooms::<Channel<Lobby>>::open("lobbies.redb")?;
    Ok(app.route_service("/durable", lobbies.durable_iterators()))
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
