//! Publishers of several processes that share a server, for each kind of server.

mod clocks;
mod cuts;
mod limits;
mod load;
mod loss;
mod network;
mod nodes;
mod pauses;
mod schedules;
mod tls;

use std::panic::Location;
use std::path::PathBuf;
use std::time::Duration;

use futures::StreamExt as _;
use orpc_runtime::publish::{
    EventId, Published, Publisher, PublisherBuilder, ReadError, Start, StoreError, Subscription,
};

use super::world::{Line, event, gap, number, publish, ready};
#[cfg(feature = "nats")]
use crate::support::nats::NatsServer;
use crate::support::proxy::Proxy;
#[cfg(feature = "redis")]
use crate::support::redis::{RedisServer, Shared};
use crate::support::websocket::{PATIENCE, within};

/// A server that keeps events.
pub enum Server {
    #[cfg(feature = "nats")]
    Nats(NatsServer),
    #[cfg(feature = "redis")]
    Redis(RedisServer),
    /// A Redis cluster, which other tests use as well.
    #[cfg(feature = "redis")]
    Cluster(Shared),
}

/// Calls the same method of each kind of server that one test has.
macro_rules! each {
    ($server:expr, $own:ident => $then:expr) => {
        match $server {
            #[cfg(feature = "nats")]
            Server::Nats($own) => $then,
            #[cfg(feature = "redis")]
            Server::Redis($own) => $then,
            #[cfg(feature = "redis")]
            Server::Cluster(_) => unreachable!("a cluster that tests share"),
        }
    };
}

impl Server {
    pub fn scheme(&self) -> &'static str {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(_) => "nats",
            #[cfg(feature = "redis")]
            Self::Redis(_) => "redis",
            #[cfg(feature = "redis")]
            Self::Cluster(_) => "redis-cluster",
        }
    }

    pub fn port(&self) -> u16 {
        each!(self, own => own.port)
    }

    pub fn url(&self) -> String {
        #[cfg(feature = "redis")]
        if let Self::Cluster(own) = self {
            return format!("{}#{}", own.cluster.url(), own.prefix);
        }
        each!(self, own => own.url())
    }

    pub fn kill(&mut self) {
        each!(self, own => own.kill());
    }

    pub async fn run(&mut self) {
        each!(self, own => own.run().await);
    }

    /// Returns the id of its process.
    pub fn id(&self) -> u32 {
        each!(self, own => own.id())
    }

    /// Returns the file to which events are appended.
    pub fn log(&self) -> PathBuf {
        each!(self, own => own.log())
    }

    /// Removes all events.
    pub async fn wipe(&self) {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => {
                let answer = own.ask("STREAM.PURGE.orpc", serde_json::Value::Null).await;
                assert_eq!(answer["success"], true, "{answer}");
            }
            #[cfg(feature = "redis")]
            Self::Redis(own) => own.command("FLUSHALL").await,
            #[cfg(feature = "redis")]
            Self::Cluster(own) => own.wipe().await,
        }
    }

    /// Returns a server that keeps acknowledged events if it is killed.
    pub async fn with_files(self) -> Self {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => Self::Nats(own),
            #[cfg(feature = "redis")]
            Self::Redis(_) => Self::Redis(RedisServer::synced().await),
            #[cfg(feature = "redis")]
            Self::Cluster(_) => self,
        }
    }

    /// Returns a server with room for about a megabyte.
    pub async fn with_little_room(self) -> Self {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(_) => {
                let settings = "jetstream { max_file_store: 1MB }";
                Self::Nats(NatsServer::start_with(settings).await)
            }
            #[cfg(feature = "redis")]
            Self::Redis(own) => {
                let memory: String = own.command("INFO memory").await;
                let used = memory.lines().find_map(|line| line.strip_prefix("used_memory:"));
                let limit = used.unwrap().parse::<u64>().unwrap() + (2 << 20);
                own.command::<()>(&format!("CONFIG SET maxmemory {limit}")).await;
                Self::Redis(own)
            }
            #[cfg(feature = "redis")]
            Self::Cluster(_) => self,
        }
    }

    /// Lets the server take events again, of the channel at least.
    pub async fn make_room(&self, channel: &str) {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => {
                let (last, _) = own.last(channel).await.unwrap();
                own.purge(channel, Some(last)).await;
            }
            #[cfg(feature = "redis")]
            Self::Redis(own) => own.command("CONFIG SET maxmemory 0").await,
            #[cfg(feature = "redis")]
            Self::Cluster(_) => unreachable!("a cluster that tests share"),
        }
    }

    /// Returns the number of events that were published to a channel of which none was removed.
    pub async fn events(&self, channel: &str) -> u64 {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => own.head(channel).await,
            #[cfg(feature = "redis")]
            Self::Redis(own) => own.command(&format!("XLEN orpc:{{{channel}}}:events")).await,
            #[cfg(feature = "redis")]
            Self::Cluster(_) => unreachable!("a cluster that tests share"),
        }
    }

    /// Returns the number of subscriptions to the events of a channel.
    pub async fn subscriptions(&self, channel: &str) -> u64 {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => {
                let announced = own.announced().await;
                announced.iter().filter(|name| *name == channel).count() as u64
            }
            #[cfg(feature = "redis")]
            Self::Redis(own) => {
                let (_, count): (String, u64) =
                    own.command(&format!("PUBSUB NUMSUB orpc:0:{channel}")).await;
                count
            }
            #[cfg(feature = "redis")]
            Self::Cluster(own) => own.subscriptions(channel).await,
        }
    }

    /// Removes all that is known of clients.
    pub async fn forget_clients(&self) {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => {
                for stream in ["orpc=revoked", "orpc=chosen"] {
                    let what = format!("STREAM.DELETE.{stream}");
                    let answer = own.ask(&what, serde_json::Value::Null).await;
                    assert_eq!(answer["success"], true, "{answer}");
                }
            }
            #[cfg(feature = "redis")]
            Self::Redis(own) => {
                let keys: Vec<String> = own.command("KEYS orpc:clients:*").await;
                assert!(!keys.is_empty());
                own.command::<()>(&format!("DEL {}", keys.join(" "))).await;
            }
            #[cfg(feature = "redis")]
            Self::Cluster(_) => unreachable!("a cluster that tests share"),
        }
    }

    /// Opens a publisher at an address of the server.
    pub async fn open<T>(
        builder: PublisherBuilder,
        scheme: &str,
        url: &str,
    ) -> Result<Publisher<T>, StoreError> {
        match scheme {
            #[cfg(feature = "nats")]
            "nats" => builder.nats(url).await,
            #[cfg(feature = "redis")]
            "redis" => builder.redis(url).await,
            #[cfg(feature = "redis")]
            "redis-cluster" => {
                let (url, prefix) = url.split_once('#').unwrap();
                builder.key_prefix(prefix).redis(url).await
            }
            _ => unreachable!(),
        }
    }

    /// Returns the number of channels whose events are announced.
    pub async fn announced(&self) -> usize {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => own.announced().await.len(),
            #[cfg(feature = "redis")]
            Self::Redis(own) => own.command::<Vec<String>>("PUBSUB CHANNELS orpc:0:*").await.len(),
            #[cfg(feature = "redis")]
            Self::Cluster(_) => unreachable!("a cluster that tests share"),
        }
    }

    /// Returns the number of connections.
    pub async fn connections(&self) -> u64 {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => own.figures("/connz").await["num_connections"].as_u64().unwrap(),
            #[cfg(feature = "redis")]
            Self::Redis(own) => {
                let info: String = own.command("INFO clients").await;
                let count = info.lines().find_map(|line| line.strip_prefix("connected_clients:"));
                // But that of the command.
                count.unwrap().parse::<u64>().unwrap() - 1
            }
            #[cfg(feature = "redis")]
            Self::Cluster(_) => unreachable!("a cluster that tests share"),
        }
    }
}

/// Opens a publisher, as another process does.
pub async fn node(server: &Server) -> Publisher<Line> {
    Server::open(Publisher::builder(), server.scheme(), &server.url()).await.unwrap()
}

pub async fn node_at(server: &Server, proxy: &Proxy) -> Publisher<Line> {
    let (scheme, builder) = (server.scheme(), Publisher::builder());
    Server::open(builder, scheme, &proxy.url(scheme)).await.unwrap()
}

pub async fn subscribe(lines: &Publisher<Line>, start: Start) -> Subscription<Line> {
    super::world::subscribe(lines, "room", start).await
}

/// Publishes to `room` with the number as key, again until it is acknowledged.
pub async fn published(lines: &Publisher<Line>, n: u64) -> EventId {
    let key = n.to_string();
    let publishing = async {
        loop {
            match lines.publish("room", &Line { n }).idempotency_key(&key).await {
                Ok(id) => return id,
                // The connection has ended with the server.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    within(publishing).await
}

/// Checks that the readers of `room`, of whose eight events the last three were lost by the server, are told of it: one that
/// has them all, and those that return. Returns the ids of the events that follow.
pub async fn readers_are_told_of_a_loss(
    from: &Publisher<Line>,
    to: &Publisher<Line>,
    reader: &mut Subscription<Line>,
    kept: &[EventId],
    lost: &[EventId],
) -> Vec<EventId> {
    let told = gap(reader).await;
    assert_eq!((told.last(), told.resume()), (lost[2], kept[4]));
    let next = publish(from, 60..64).await;
    assert_eq!(next[0].sequence(), lost[0].sequence());
    assert_ne!(next[0].epoch(), lost[0].epoch());
    for n in 60..64 {
        assert_eq!(number(event(reader).await), n);
    }
    for id in lost {
        let mut resumed = to.subscribe("room", *id).unwrap();
        assert_eq!(gap(&mut resumed).await.resume(), kept[4]);
        assert_eq!(ready(&mut resumed).await, [60, 61, 62, 63]);
    }
    let mut resumed = to.subscribe("room", kept[2]).unwrap();
    assert_eq!(ready(&mut resumed).await, [4, 5, 60, 61, 62, 63]);
    next
}

/// Returns the next item.
pub async fn next(reader: &mut Subscription<Line>) -> Result<Published<Line>, ReadError> {
    let next = tokio::time::timeout(PATIENCE, reader.next()).await;
    next.expect("nothing comes").expect("the stream ends")
}

/// Reads up to the event of that id, or to a gap behind which it is missing; returns the numbers of the events. Checks that
/// nothing else is missing.
pub async fn read_up_to(
    reader: &mut Subscription<Line>,
    mut last: EventId,
    end: EventId,
) -> Vec<u64> {
    let mut numbers = Vec::new();
    while last != end {
        match next(reader).await {
            Ok(event) => {
                let id = event.id().unwrap();
                assert_eq!(id.sequence(), last.sequence() + 1, "a hole behind {last}");
                numbers.push(number(event));
                last = id;
            }
            Err(ReadError::Gap(gap)) => {
                assert_eq!(gap.last(), last);
                last = gap.resume();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    numbers
}

/// Waits until a condition holds that the server or another node causes, at most for [`PATIENCE`].
#[track_caller]
pub fn until(mut holds: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
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

/// Makes each function a test of each kind of server; those behind the semicolon of a cluster as well, which they share
/// with others. A function takes the server, or what is made of it.
macro_rules! for_each_server {
    ($($own:ident),* $(,)? ; $($name:ident),* $(,)?) => {
        $crate::publish::servers::for_each_server! { $($own,)* $($name),* }

        #[cfg(feature = "redis")]
        mod cluster {
            use crate::publish::servers::Server;
            use crate::support::redis::Shared;

            $(#[tokio::test]
            async fn $name() {
                super::$name(Server::Cluster(Shared::new().await).into()).await;
            })*
        }
    };
    ($($name:ident),* $(,)?) => {
        #[cfg(feature = "nats")]
        mod nats {
            use crate::publish::servers::Server;
            use crate::support::nats::NatsServer;

            $(#[tokio::test]
            async fn $name() {
                super::$name(Server::Nats(NatsServer::start().await).into()).await;
            })*
        }

        #[cfg(feature = "redis")]
        mod redis {
            use crate::publish::servers::Server;
            use crate::support::redis::RedisServer;

            $(#[tokio::test]
            async fn $name() {
                super::$name(Server::Redis(RedisServer::start().await).into()).await;
            })*
        }
    };
}

pub(crate) use for_each_server;
