//! Publishers of several processes that share a Redis server.

mod limits;
mod loss;
mod network;
mod nodes;
mod schedules;

use std::panic::Location;
use std::time::Duration;

use futures::StreamExt as _;
use orpc_runtime::publish::{EventId, Published, Publisher, ReadError, Start, Subscription};

use super::world::Line;
use crate::support::redis::{self as server, RedisServer, proxy};
use crate::support::websocket::PATIENCE;

/// Opens a publisher, as another process does.
async fn node(server: &RedisServer) -> Publisher<Line> {
    node_at(&server.url()).await
}

async fn node_at(url: &str) -> Publisher<Line> {
    Publisher::builder().redis(url).await.unwrap()
}

async fn subscribe(lines: &Publisher<Line>, start: Start) -> Subscription<Line> {
    super::world::subscribe(lines, "room", start).await
}

/// Returns the next item.
async fn next(reader: &mut Subscription<Line>) -> Result<Published<Line>, ReadError> {
    let next = tokio::time::timeout(PATIENCE, reader.next()).await;
    next.expect("nothing comes").expect("the stream ends")
}

/// Waits until a condition holds that the server or another node causes, at most for [`PATIENCE`].
#[track_caller]
fn until(mut holds: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    let place = Location::caller();
    async move {
        let waiting = async {
            while !holds().await {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("{place}: the condition does not hold after {PATIENCE:?}");
        }
    }
}

/// Appends an event, and announces it to nobody.
async fn append_unannounced(server: &RedisServer, n: u64) {
    append_unannounced_to(server, "room", n, 10_000).await;
}

async fn append_unannounced_to(
    server: &RedisServer,
    channel: &str,
    n: u64,
    max_events: u64,
) -> EventId {
    let source = concat!(
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
