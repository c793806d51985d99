//! Publishers of several processes that share a Redis server.

mod clocks;
mod cluster;
mod evictions;
mod limits;
mod loss;

use orpc_runtime::publish::{EventId, Publisher};

use super::servers::{next, readers_are_told_of_a_loss, subscribe, until};
use super::world::Line;
use crate::support::proxy;
use crate::support::redis::{self as server, RedisServer};

/// Opens a publisher, as another process does.
async fn node(server: &RedisServer) -> Publisher<Line> {
    node_at(&server.url()).await
}

async fn node_at(url: &str) -> Publisher<Line> {
    Publisher::builder().redis(url).await.unwrap()
}

/// Appends an event, and announces it to nobody.
async fn append_unannounced(server: &RedisServer, n: u64) {
    append_unannounced_to(server, "room", n, 10_000).await;
}

pub(super) async fn append_unannounced_to(
    server: &RedisServer,
    channel: &str,
    n: u64,
    max_events: u64,
) -> EventId {
    let source = concat!(
        "local announce = 'PUBLISH'\n",
        include_str!("../../../../src/publish/store/redis/channel.lua"),
        "\n",
        include_str!("../../../../src/publish/store/redis/append.lua"),
    );
    let script = redis::Script::new(source);
    let mut invocation = script.prepare_invoke();
    for part in ["events", "state", "parts", "keys", "times"] {
        invocation.key(format!("orpc:{{{channel}}}:{part}"));
    }
    let fresh = format!("{n:032x}");
    invocation.arg(fresh).arg(0).arg(300_000).arg("");
    invocation.arg(format!("{{\"json\":{{\"n\":{n}}}}}")).arg("").arg(max_events).arg(16 << 20);
    invocation.arg("elsewhere").arg("").arg(100_000);
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let answer: Vec<String> = invocation.invoke_async(&mut connection).await.unwrap();
    answer[0].parse().unwrap()
}
