//! Publishers of several processes that share a NATS server.

#[cfg(target_arch = "x86_64")]
mod clocks;
mod limits;
mod loss;
mod network;

use orpc_runtime::publish::Publisher;

use super::servers::{next, read_up_to, readers_are_told_of_a_loss, subscribe, until};
use super::world::Line;
use crate::support::nats::NatsServer;

/// Opens a publisher, as another process does.
async fn node(server: &NatsServer) -> Publisher<Line> {
    node_at(&server.url()).await
}

async fn node_at(url: &str) -> Publisher<Line> {
    Publisher::builder().nats(url).await.unwrap()
}
