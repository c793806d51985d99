//! Random schedules over several nodes, compared with what was published. `REDIS_SCHEDULES`, `NATS_SCHEDULES` and
//! `CLUSTER_SCHEDULES` set their numbers.

use futures::FutureExt as _;
use orpc_runtime::publish::{
    EventId, PublishError, Published, Publisher, ReadError, Start, Subscription,
};

#[cfg(feature = "redis")]
use super::super::redis::append_unannounced_to;
use super::super::schedules::{Dice, env};
use super::super::world::{Line, number};
use super::Server;
#[cfg(feature = "nats")]
use crate::support::nats::NatsServer;
use crate::support::proxy::{Network, Proxy};
#[cfg(feature = "redis")]
use crate::support::redis::{RedisCluster, RedisServer, Shared};

const MAX_EVENTS: u64 = 24;
const NODES: usize = 3;
const CLIENTS: usize = 4;

/// A published event.
#[derive(Debug, Clone, Copy)]
struct Fact {
    id: EventId,
    n: u64,
    is_lost: bool,
}

#[derive(Default)]
struct Truth {
    facts: Vec<Fact>,
    /// Positions before the first event, and behind lost ones.
    starts: Vec<EventId>,
}

#[derive(Default)]
struct Client {
    reader: Option<Subscription<Line>>,
    last: Option<EventId>,
}

impl Truth {
    fn index(&self, id: EventId) -> Option<usize> {
        self.facts.iter().position(|fact| fact.id == id)
    }

    /// Returns `true` if a reader behind that event may be told of a gap.
    fn may_miss(&self, last: EventId) -> bool {
        let next = match self.index(last) {
            Some(index) if self.facts[index].is_lost => return true,
            Some(index) => index + 1,
            // A position without an event: the first one, or the start of an epoch.
            None => return true,
        };
        let is_trimmed = self.facts.len().saturating_sub(next) as u64 >= MAX_EVENTS - 1;
        is_trimmed || self.facts[next..].iter().any(|fact| fact.is_lost)
    }

    fn judge(&mut self, last: &mut EventId, got: Result<Published<Line>, ReadError>) {
        match got {
            Ok(event) => {
                let id = event.id().unwrap();
                assert_eq!(id.sequence(), last.sequence() + 1, "a hole or a repetition");
                let index = self.index(id).expect("an event that was not published");
                assert_eq!(number(event), self.facts[index].n);
                let before = index.checked_sub(1).map(|before| self.facts[before].id);
                let follows = before == Some(*last) || self.starts.contains(last);
                assert!(follows || self.index(*last).is_none(), "behind another event");
                *last = id;
            }
            Err(ReadError::Gap(gap)) => {
                assert_eq!(gap.last(), *last);
                assert!(self.may_miss(*last), "a gap in nothing: {gap}");
                self.starts.push(gap.resume());
                *last = gap.resume();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// A process, and the network between it and the server; the nodes of a cluster are reached without one.
struct Node {
    lines: Publisher<Line>,
    proxy: Option<Proxy>,
}

impl Node {
    fn set(&self, network: Network) {
        if let Some(proxy) = &self.proxy {
            proxy.set(network);
        }
    }
}

async fn open(server: &Server) -> Node {
    let (builder, scheme) = (Publisher::builder().max_events(MAX_EVENTS), server.scheme());
    let proxy = match server {
        #[cfg(feature = "redis")]
        Server::Cluster(_) => None,
        _ => Some(Proxy::to(server.port()).await),
    };
    let url = proxy.as_ref().map_or_else(|| server.url(), |proxy| proxy.url(scheme));
    let lines = Server::open(builder, scheme, &url).await.unwrap();
    Node { lines, proxy }
}

/// Returns the server of a cluster that has a channel.
#[cfg(feature = "redis")]
async fn owner<'a>(cluster: &'a RedisCluster, channel: &str) -> &'a RedisServer {
    let slot = cluster.slot(&format!("orpc:{{{channel}}}:events")).await;
    &cluster.nodes[cluster.owner(slot).await]
}

/// Deletes keys of a channel.
#[cfg(feature = "redis")]
async fn delete(server: &RedisServer, channel: &str, dice: &mut Dice) {
    let deleted = ["events", "state", "parts", "events state parts"];
    for part in deleted[dice.roll(4) as usize].split(' ') {
        server.command::<()>(&format!("DEL orpc:{{{channel}}}:{part}")).await;
    }
    // A retry is another event if the state was lost; the keys stay otherwise.
}

/// Publishes an event, again if its outcome is unknown.
async fn published(node: &Node, channel: &str, n: u64) -> EventId {
    let key = n.to_string();
    loop {
        match node.lines.publish(channel, &Line { n }).idempotency_key(&key).await {
            Ok(id) => return id,
            Err(PublishError::OutcomeUnknown(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

impl Server {
    /// Publishes an event that is announced to no node.
    async fn publish_unannounced(&self, nodes: &[Node], channel: &str, n: u64) -> EventId {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(_) => published(&nodes[n as usize % NODES], channel, n).await,
            #[cfg(feature = "redis")]
            Self::Redis(own) => append_unannounced_to(own, channel, n, MAX_EVENTS).await,
            #[cfg(feature = "redis")]
            Self::Cluster(own) => {
                let server = owner(own.cluster, channel).await;
                append_unannounced_to(server, channel, n, MAX_EVENTS).await
            }
        }
    }

    /// Deletes all events of a channel; `false` if it keeps some.
    async fn lose(&mut self, channel: &str, dice: &mut Dice) -> bool {
        match self {
            #[cfg(feature = "nats")]
            Self::Nats(own) => match dice.roll(4) {
                0 => own.purge(channel, None).await,
                1 => {
                    let answer = own.ask("STREAM.DELETE.orpc", serde_json::Value::Null).await;
                    // One that was deleted a moment ago may not be made anew yet.
                    let is_gone = answer["error"]["code"] == 404;
                    assert!(is_gone || answer["success"] == true, "{answer}");
                }
                2 => {
                    own.kill();
                    own.run().await;
                    return false;
                }
                _ => {
                    // The oldest ones alone: readers behind them are told.
                    if let Some((last, _)) = own.last(channel).await {
                        own.purge(channel, Some(last)).await;
                    }
                }
            },
            #[cfg(feature = "redis")]
            Self::Redis(own) => delete(own, channel, dice).await,
            #[cfg(feature = "redis")]
            Self::Cluster(own) => delete(owner(own.cluster, channel).await, channel, dice).await,
        }
        true
    }
}

async fn run(server: &mut Server, nodes: &mut [Node], seed: u64) {
    let mut dice = Dice(seed);
    let channel = format!("room-{seed}");
    let mut truth = Truth::default();
    let mut clients: [Client; CLIENTS] = Default::default();
    let mut n = 0;
    for _ in 0..60 {
        let node = dice.roll(nodes.len() as u64) as usize;
        let client = dice.roll(CLIENTS as u64) as usize;
        match dice.roll(14) {
            0..=3 => {
                for _ in 0..=dice.roll(3) {
                    n += 1;
                    let publish = async |node: usize| published(&nodes[node], &channel, n).await;
                    let id = publish(node).await;
                    truth.facts.push(Fact { id, n, is_lost: false });
                    if dice.roll(4) == 0 {
                        let again = dice.roll(NODES as u64) as usize;
                        assert_eq!(publish(again).await, id, "one event for each key");
                    }
                }
            }
            4 => {
                nodes.iter().for_each(|node| node.set(Network::NoAnnouncements));
                for _ in 0..=dice.roll(30) {
                    n += 1;
                    let id = server.publish_unannounced(nodes, &channel, n).await;
                    truth.facts.push(Fact { id, n, is_lost: false });
                }
                nodes.iter().for_each(|node| node.set(Network::Up));
            }
            5 | 6 => {
                let start = match (clients[client].last, dice.roll(3)) {
                    (Some(last), _) => Start::After(last),
                    (None, 0) => Start::Earliest,
                    (None, _) => Start::Latest,
                };
                let mut reader = nodes[node].lines.subscribe(&channel, start).unwrap();
                let position = reader.opened().await.unwrap();
                if clients[client].last.is_none() {
                    if start == Start::Latest
                        && let Some(top) = truth.facts.last().filter(|top| !top.is_lost)
                    {
                        assert_eq!(position, top.id, "not from now on");
                    }
                    truth.starts.push(position);
                    clients[client].last = Some(position);
                }
                clients[client].reader = Some(reader);
            }
            7 => clients[client].reader = None,
            8 if dice.roll(3) == 0 => {
                if server.lose(&channel, &mut dice).await {
                    truth.facts.iter_mut().for_each(|fact| fact.is_lost = true);
                }
            }
            9 if dice.roll(4) == 0 => {
                for client in &mut clients {
                    client.reader = None;
                }
                nodes[node] = open(server).await;
            }
            10 | 11 if dice.roll(16) == 0 => {
                nodes[node].set(Network::Cut);
                nodes[node].set(Network::Up);
                #[cfg(feature = "redis")]
                if let Server::Cluster(own) = &*server {
                    let slot = own.cluster.slot(&format!("orpc:{{{channel}}}:events")).await;
                    let to = (own.cluster.owner(slot).await + 1) % own.cluster.nodes.len();
                    own.cluster.move_slot(slot, to).await;
                }
            }
            _ => {
                let Client { reader: Some(reader), last: Some(last) } = &mut clients[client] else {
                    continue;
                };
                for _ in 0..dice.roll(20) {
                    let Some(got) = reader.next_ready().await else { break };
                    truth.judge(last, got);
                }
            }
        }
    }
    // All get all events, on any node.
    let top = published(&nodes[0], &channel, n + 1).await;
    truth.facts.push(Fact { id: top, n: n + 1, is_lost: false });
    for (index, client) in clients.iter_mut().enumerate() {
        let Client { reader, last: Some(last) } = client else { continue };
        let reader = match reader {
            Some(reader) => reader,
            None => &mut nodes[index % NODES].lines.subscribe(&channel, *last).unwrap(),
        };
        while *last != top {
            let got = super::next(reader).await;
            truth.judge(last, got);
        }
    }
}

async fn schedules(mut server: Server, count: &str) {
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(open(&server).await);
    }
    let first = env("SCHEDULE_SEED", 1);
    for seed in first..first + env(count, 20) {
        let run = std::panic::AssertUnwindSafe(run(&mut server, &mut nodes, seed));
        if let Err(panic) = run.catch_unwind().await {
            eprintln!("schedule {seed}: {count}=1 SCHEDULE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn random_schedules_on_several_nodes_report_every_gap() {
    schedules(Server::Redis(RedisServer::start().await), "REDIS_SCHEDULES").await;
}

#[cfg(feature = "nats")]
#[tokio::test]
async fn random_schedules_on_several_nodes_with_nats_report_every_gap() {
    schedules(Server::Nats(NatsServer::start().await), "NATS_SCHEDULES").await;
}

/// Instead of a network that fails, the slot of the channel moves.
#[cfg(feature = "redis")]
#[tokio::test]
async fn random_schedules_on_several_nodes_with_a_redis_cluster_report_every_gap() {
    // Nothing else is on it, and it ends with this process.
    let cluster = RedisCluster::start_with(true, 3, "--save '' --appendonly no").await;
    let cluster = Box::leak(Box::new(cluster));
    let server = Server::Cluster(Shared { cluster, prefix: "orpc".to_owned() });
    schedules(server, "CLUSTER_SCHEDULES").await;
}
