//! Publishers on a Redis cluster: nodes that end, slots that move.

use std::time::{Duration, Instant};

use orpc_runtime::publish::{
    EventId, Gap, PublishError, Publisher, ReadError, Start, StoreErrorKind, Subscription,
};

use super::super::schedules::{Dice, env};
use super::super::servers::published;
use super::super::world::{Line, event, number, subscribe};
use super::server::{RedisCluster, RedisServer, Shared};
use super::{append_unannounced_to, next, until};
use crate::support::websocket::within;

/// Channels, of which each node of a new cluster has some.
const CHANNELS: [&str; 6] = ["room", "hall", "a", "b", "c", "d"];

/// Keeps all events, and does without a part of the slots.
const KEPT: &str = "--save '' --appendonly yes --appendfsync always \
    --cluster-require-full-coverage no --cluster-node-timeout 1000";

/// Opens a publisher, as another process does.
async fn node(cluster: &RedisCluster) -> Publisher<Line> {
    within(Publisher::builder().redis(&cluster.url())).await.unwrap()
}

/// Opens a publisher on a part of the cluster that tests share.
async fn part_of(part: &Shared) -> Publisher<Line> {
    let builder = Publisher::builder().key_prefix(&part.prefix);
    within(builder.redis(&part.cluster.url())).await.unwrap()
}

async fn slot(cluster: &RedisCluster, channel: &str) -> u16 {
    cluster.slot(&format!("orpc:{{{channel}}}:events")).await
}

/// Publishes with the number as key, again until it is acknowledged.
async fn publish_to(lines: &Publisher<Line>, channel: &str, n: u64) -> EventId {
    let key = n.to_string();
    let publishing = async {
        loop {
            match lines.publish(channel, &Line { n }).idempotency_key(&key).await {
                Ok(id) => return id,
                Err(PublishError::Failed(_) | PublishError::OutcomeUnknown(_)) => {
                    tokio::task::yield_now().await;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    };
    within(publishing).await
}

/// Reads up to an event; returns the gap if there is one. Nothing is missing beside it.
async fn read_to(reader: &mut Subscription<Line>, last: &mut EventId, end: EventId) -> Option<Gap> {
    let mut told = None;
    while *last != end {
        match next(reader).await {
            Ok(event) => {
                let id = event.id().unwrap();
                assert_eq!(id.sequence(), last.sequence() + 1, "a hole or a repetition");
                *last = id;
            }
            Err(ReadError::Gap(gap)) => {
                assert!(told.is_none() && gap.last() == *last, "{gap:?}");
                *last = gap.resume();
                told = Some(gap);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    told
}

#[tokio::test]
async fn names_of_channels_choose_one_slot_for_all_that_belongs_to_them() {
    let part = Shared::new().await;
    let (a, b) = (part_of(&part).await, part_of(&part).await);
    let names = ["room", " ", "}", "}x", "{", "{}", "{a}", "a}b", "=", "=}", "{=}", "ü", "a b\n"];
    let mut readers = Vec::new();
    for name in names {
        readers.push(subscribe(&b, name, Start::Latest).await);
    }
    for (n, name) in (0..).zip(names) {
        a.publish(name, &Line { n }).idempotency_key("key").await.unwrap();
    }
    for (n, reader) in (0..).zip(&mut readers) {
        // Announced: nothing is missing.
        assert_eq!(number(event(reader).await), n);
        assert!(reader.next_ready().await.is_none());
    }
    // Names that begin in the same way have other keys.
    for (name, reader) in names.iter().zip(&mut readers) {
        let id = a.publish(name, &Line { n: 99 }).await.unwrap();
        assert_eq!((id.sequence(), number(event(reader).await)), (2, 99), "{name:?}");
    }
}

#[tokio::test]
async fn announcements_arrive_at_once() {
    let part = Shared::new().await;
    let (a, b) = (part_of(&part).await, part_of(&part).await);
    let mut readers = Vec::new();
    for channel in CHANNELS {
        readers.push(subscribe(&b, channel, Start::Latest).await);
    }
    let all = async {
        for n in 0..40 {
            for (channel, reader) in CHANNELS.iter().zip(&mut readers) {
                a.publish(channel, &Line { n }).await.unwrap();
                assert_eq!(number(event(reader).await), n);
            }
        }
    };
    // Comparing once a second would take longer.
    tokio::time::timeout(Duration::from_secs(20), all).await.expect("they are not announced");
}

/// Publishers of both nodes to all channels, and their readers.
struct Traffic {
    /// Open until all is read.
    _nodes: [Publisher<Line>; 2],
    stop: tokio::sync::watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<usize>>,
}

impl Traffic {
    async fn start(nodes: [Publisher<Line>; 2]) -> Self {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let mut tasks = Vec::new();
        for (index, channel) in CHANNELS.into_iter().enumerate() {
            let writer = nodes[index % 2].clone();
            let mut readers = Vec::new();
            for lines in &nodes {
                let reader = subscribe(lines, channel, Start::Latest).await;
                readers.push((reader.position(), reader));
            }
            let stopped = stopped.clone();
            tasks.push(tokio::spawn(async move {
                let mut ids = Vec::new();
                for n in 1.. {
                    ids.push(publish_to(&writer, channel, n).await);
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    if *stopped.borrow() {
                        break;
                    }
                }
                for (position, mut reader) in readers {
                    let mut last = position.unwrap();
                    for id in &ids {
                        assert!(read_to(&mut reader, &mut last, *id).await.is_none(), "{channel}");
                    }
                }
                ids.len()
            }));
        }
        Self { _nodes: nodes, stop, tasks }
    }

    /// Checks that each event has reached the readers of both nodes, once and in order, without a gap in between. Returns
    /// the numbers of events.
    async fn end(self) -> Vec<usize> {
        self.stop.send(true).unwrap();
        let mut counts = Vec::new();
        for task in self.tasks {
            counts.push(within(task).await.unwrap());
        }
        counts
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_that_move_lose_no_event_and_no_reader() {
    let cluster = RedisCluster::start().await;
    let traffic = Traffic::start([node(&cluster).await, node(&cluster).await]).await;
    let rounds = env("CLUSTER_MOVES", 4);
    for _ in 0..rounds {
        for channel in CHANNELS {
            let slot = slot(&cluster, channel).await;
            let to = (cluster.owner(slot).await + 1) % 3;
            cluster.move_slot(slot, to).await;
        }
    }
    for count in traffic.end().await {
        assert!(count > rounds as usize, "{count} events");
    }
}

/// `CLUSTER_KILLS` sets their number.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_are_killed_while_events_are_published_lose_none() {
    let mut cluster = RedisCluster::start_with(false, 3, KEPT).await;
    let traffic = Traffic::start([node(&cluster).await, node(&cluster).await]).await;
    let mut dice = Dice(env("KILL_SEED", 1));
    let kills = env("CLUSTER_KILLS", 3);
    for _ in 0..kills {
        tokio::time::sleep(Duration::from_millis(dice.roll(300))).await;
        let node = &mut cluster.nodes[dice.roll(3) as usize];
        node.kill();
        tokio::time::sleep(Duration::from_millis(dice.roll(300))).await;
        node.run().await;
    }
    let counts = traffic.end().await;
    println!("{kills} kills, {counts:?} events");
}

/// The slot is at another node when the event is published, and the publisher has never known the first one.
#[tokio::test]
async fn readers_at_the_node_that_had_a_slot_get_events_within_two_seconds() {
    let cluster = RedisCluster::start().await;
    let lines = node(&cluster).await;
    let mut reader = subscribe(&lines, "room", Start::Latest).await;
    let slot = slot(&cluster, "room").await;
    let mut longest = Duration::ZERO;
    for n in 0..4 {
        let to = (cluster.owner(slot).await + 1) % 3;
        cluster.move_slot(slot, to).await;
        let since = Instant::now();
        // It is announced to nobody, or at the node to which nobody listens yet.
        if n % 2 == 0 {
            append_unannounced_to(&cluster.nodes[to], "room", n, 10_000).await;
        } else {
            publish_to(&node(&cluster).await, "room", n).await;
        }
        assert_eq!(number(event(&mut reader).await), n);
        longest = longest.max(since.elapsed());
    }
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    // Announcements come from the last node.
    let since = Instant::now();
    for n in 4..24 {
        publish_to(&node(&cluster).await, "room", n).await;
        assert_eq!(number(event(&mut reader).await), n);
    }
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

/// A node that had no slots, of which no publisher knows, and keys that are on both nodes.
#[tokio::test]
async fn a_slot_that_is_being_moved_is_waited_for() {
    let mut cluster = RedisCluster::start().await;
    let lines = node(&cluster).await;
    let mut reader = subscribe(&lines, "room", Start::Latest).await;
    publish_to(&lines, "room", 0).await;
    assert_eq!(number(event(&mut reader).await), 0);
    let to = cluster.add("--save '' --appendonly no").await;
    let slot = slot(&cluster, "room").await;
    let from = cluster.owner(slot).await;
    cluster.begin_move(slot, from, to).await;
    let publishing = lines.publish("room", &Line { n: 1 }).into_future();
    let mut publishing = tokio::spawn(publishing);
    let early = tokio::time::timeout(Duration::from_millis(300), &mut publishing).await;
    // The channel has no idempotency keys: the node cannot tell whether they have moved.
    assert!(early.is_err(), "{early:?}");
    cluster.move_keys(slot, from, to).await;
    cluster.end_move(slot, from, to).await;
    within(publishing).await.unwrap().unwrap();
    assert_eq!(number(event(&mut reader).await), 1);
    publish_to(&lines, "room", 2).await;
    assert_eq!(number(event(&mut reader).await), 2);
    // A publisher that is dropped has no connection to any node.
    drop((lines, reader));
    for node in &cluster.nodes {
        // But that of the command.
        let alone = "connected_clients:1\r";
        until(async || node.command::<String>("INFO clients").await.contains(alone)).await;
    }
}

/// The slots of a node that nobody takes over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_ends_no_reader_of_the_others() {
    let mut cluster = RedisCluster::start_with(false, 3, KEPT).await;
    let builder = Publisher::builder().max_staleness(Duration::from_secs(3));
    let lines = within(builder.redis::<Line>(&cluster.url())).await.unwrap();
    let other = node(&cluster).await;
    let mut readers = Vec::new();
    for channel in CHANNELS {
        readers.push((channel, subscribe(&lines, channel, Start::Latest).await));
        publish_to(&lines, channel, 0).await;
    }
    let mut patient = subscribe(&other, "room", Start::Earliest).await;
    assert_eq!(number(event(&mut patient).await), 0);
    for (_, reader) in &mut readers {
        assert_eq!(number(event(reader).await), 0);
    }
    let down = cluster.owner(slot(&cluster, "room").await).await;
    let mut is_down = Vec::new();
    for channel in CHANNELS {
        is_down.push(cluster.owner(slot(&cluster, channel).await).await == down);
    }
    assert!(is_down.contains(&false));
    cluster.nodes[down].kill();
    let since = Instant::now();
    for n in 1..20 {
        for ((channel, reader), _) in readers.iter_mut().zip(&is_down).filter(|(_, down)| !**down) {
            within(other.publish(channel, &Line { n }).into_future()).await.unwrap();
            assert_eq!(number(event(reader).await), n);
        }
    }
    assert!(since.elapsed() < Duration::from_secs(3), "they wait: {:?}", since.elapsed());
    let failed = within(other.publish("room", &Line { n: 1 }).into_future()).await;
    let Err(PublishError::Failed(error)) = &failed else { panic!("{failed:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    for ((channel, reader), is_down) in readers.iter_mut().zip(&is_down) {
        if *is_down {
            match next(reader).await {
                Err(ReadError::Store(error)) => {
                    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
                    let port = cluster.nodes[down].port.to_string();
                    assert!(error.to_string().contains(&port), "{error}");
                }
                other => panic!("{channel}: {other:?}"),
            }
        } else {
            within(other.publish(channel, &Line { n: 20 }).into_future()).await.unwrap();
            assert_eq!(number(event(reader).await), 20, "{channel}");
        }
    }
    cluster.nodes[down].run().await;
    published(&other, 1).await;
    assert_eq!(number(event(&mut patient).await), 1);
    // It has its slots, its events and its announcements again.
    let mut reader = subscribe(&lines, "room", Start::Earliest).await;
    for n in [0, 1] {
        assert_eq!(number(event(&mut reader).await), n);
    }
    let since = Instant::now();
    for n in 2..30 {
        published(&lines, n).await;
        assert_eq!(number(event(&mut reader).await), n);
        assert_eq!(number(event(&mut patient).await), n);
    }
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

/// Acknowledged events that the replica has not got are a gap; readers stay.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_takes_over_a_shard_is_read_on() {
    let settings = "--save '' --appendonly no --cluster-node-timeout 1000 \
        --cluster-require-full-coverage no";
    let mut cluster = RedisCluster::start_with(false, 3, settings).await;
    let slot = slot(&cluster, "room").await;
    let down = cluster.owner(slot).await;
    let replica = cluster.add_replica(down, settings).await;
    let (a, b) = (node(&cluster).await, node(&cluster).await);
    let mut readers =
        [subscribe(&a, "room", Start::Latest).await, subscribe(&b, "room", Start::Latest).await];
    let mut lasts = readers.each_ref().map(|reader| reader.position().unwrap());
    for n in 0..50 {
        publish_to(&a, "room", n).await;
    }
    cluster.nodes[down].kill();
    // Both publish while the replica takes over.
    let publishing = async |lines: &Publisher<Line>, first: u64| {
        let mut end = publish_to(lines, "room", first).await;
        for n in first + 1..first + 20 {
            end = publish_to(lines, "room", n).await;
        }
        end
    };
    let (first, second) = tokio::join!(publishing(&a, 100), publishing(&b, 200));
    let end = if first.sequence() > second.sequence() { first } else { second };
    for (reader, last) in readers.iter_mut().zip(&mut lasts) {
        // There is a gap if the replica has not got the last events, which have other ones in their places.
        read_to(reader, last, end).await;
    }
    assert_eq!(cluster.owner(slot).await, replica);
    // The first one comes back as a replica.
    cluster.nodes[down].run().await;
    let end = publish_to(&b, "room", 300).await;
    for (reader, last) in readers.iter_mut().zip(&mut lasts) {
        assert!(read_to(reader, last, end).await.is_none());
    }
    until(async || {
        cluster.nodes[down].command::<String>("INFO replication").await.contains("role:slave")
    })
    .await;
    let end = publish_to(&a, "room", 301).await;
    for (reader, last) in readers.iter_mut().zip(&mut lasts) {
        assert!(read_to(reader, last, end).await.is_none());
    }
}

#[tokio::test]
async fn what_is_no_cluster_or_no_single_server_is_refused() {
    let part = Shared::new().await;
    let server = RedisServer::start().await;
    let builder = || Publisher::builder().connect_timeout(Duration::MAX);
    let refused = async |url: &str| within(builder().redis::<Line>(url)).await.unwrap_err();
    let error = refused(&server.url().replace("redis:", "redis-cluster:")).await;
    assert_eq!(error.kind(), StoreErrorKind::Incompatible, "{error:?}");
    assert!(error.to_string().contains("write redis://"), "{error}");
    let error = refused(&part.cluster.nodes[0].url()).await;
    assert_eq!(error.kind(), StoreErrorKind::Incompatible, "{error:?}");
    assert!(error.to_string().contains("write redis-cluster://"), "{error}");
    for prefix in ["", "a{b", "a}", "{}"] {
        let url = part.cluster.url();
        let opening = builder().key_prefix(prefix).redis::<Line>(&url);
        let error = within(opening).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{prefix:?}: {error:?}");
    }
    for url in ["redis-cluster://", "redis-cluster://:hidden@127.0.0.1:1/3"] {
        let error = refused(url).await;
        assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hidden"));
    }
    let hosts = part.cluster.url().replace("://", "://nobody:hidden@");
    let error = refused(&hosts).await;
    assert_eq!(error.kind(), StoreErrorKind::Refused, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hidden"));
    // Nobody is there.
    let builder = Publisher::builder().connect_timeout(Duration::from_millis(300));
    let url = "redis-cluster://:hidden@127.0.0.1:1,127.0.0.1:2";
    let error = within(builder.redis::<Line>(url)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    let shown = error.to_string();
    assert!(shown.contains("127.0.0.1:") && !shown.contains("hidden"), "{shown}");
}

#[tokio::test]
async fn some_of_the_nodes_lead_to_all() {
    let part = Shared::new().await;
    let last = part.cluster.nodes.last().unwrap().port;
    // The first one is away.
    let url = format!("redis-cluster://127.0.0.1:1,localhost:{last}");
    let builder = Publisher::builder().key_prefix(&part.prefix);
    let lines = within(builder.redis::<Line>(&url)).await.unwrap();
    for channel in CHANNELS {
        let mut reader = subscribe(&lines, channel, Start::Latest).await;
        publish_to(&lines, channel, 1).await;
        assert_eq!(number(event(&mut reader).await), 1);
    }
}

/// While a slot is moved, each of the two nodes may say that the other one has it.
#[tokio::test]
async fn nodes_that_name_each_other_for_a_slot_are_asked_with_pauses() {
    let cluster = RedisCluster::start().await;
    let lines = node(&cluster).await;
    let mut reader = subscribe(&lines, "room", Start::Latest).await;
    publish_to(&lines, "room", 0).await;
    assert_eq!(number(event(&mut reader).await), 0);
    let slot = slot(&cluster, "room").await;
    let from = cluster.owner(slot).await;
    let to = (from + 1) % 3;
    cluster.begin_move(slot, from, to).await;
    cluster.move_keys(slot, from, to).await;
    let target: String = cluster.nodes[to].command("CLUSTER MYID").await;
    let end = format!("CLUSTER SETSLOT {slot} NODE {target}");
    cluster.nodes[from].command::<()>(&end).await;
    for (node, other) in [(from, to), (to, from)] {
        let refused = cluster.nodes[node].try_command::<u64>("XLEN orpc:{room}:events").await;
        let (address, _) = refused.as_ref().unwrap_err().redirect_node().unwrap();
        assert!(address.ends_with(&format!(":{}", cluster.nodes[other].port)), "{refused:?}");
    }
    let refusals = async || {
        let mut sum = 0;
        for node in &cluster.nodes {
            let info: String = node.command("INFO errorstats").await;
            let count = info.lines().find_map(|line| line.strip_prefix("errorstat_MOVED:count="));
            sum += count.map_or(0, |count| count.parse::<u64>().unwrap());
        }
        sum
    };
    let before = refusals().await;
    let failed = within(lines.publish("room", &Line { n: 1 }).into_future()).await;
    let Err(PublishError::Failed(error)) = &failed else { panic!("{failed:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    let count = refusals().await - before;
    println!("{count} refusals");
    // Some twenty in a second.
    assert!((10..1000).contains(&count), "{count} refusals");
    cluster.nodes[to].command::<()>(&end).await;
    publish_to(&lines, "room", 2).await;
    assert_eq!(number(event(&mut reader).await), 2);
}

/// Without one of its nodes a cluster executes nothing, unless it is set up otherwise.
#[tokio::test]
async fn a_cluster_that_is_down_is_waited_for() {
    let settings = "--save '' --appendonly yes --appendfsync always --cluster-node-timeout 1000";
    let mut cluster = RedisCluster::start_with(false, 3, settings).await;
    let lines = node(&cluster).await;
    let mut reader = subscribe(&lines, "room", Start::Latest).await;
    let mut last = publish_to(&lines, "room", 0).await;
    assert_eq!(number(event(&mut reader).await), 0);
    let up = cluster.owner(slot(&cluster, "room").await).await;
    let down = (up + 1) % 3;
    cluster.nodes[down].kill();
    until(async || {
        let info: String = cluster.nodes[up].command("CLUSTER INFO").await;
        info.contains("cluster_state:fail")
    })
    .await;
    let failed = within(lines.publish("room", &Line { n: 1 }).into_future()).await;
    let Err(PublishError::Failed(error)) = &failed else { panic!("{failed:?}") };
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
    assert!(error.to_string().contains("is in a cluster that is down"), "{error}");
    cluster.nodes[down].run().await;
    let end = publish_to(&lines, "room", 2).await;
    assert!(read_to(&mut reader, &mut last, end).await.is_none());
}
