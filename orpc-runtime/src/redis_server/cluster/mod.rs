//! A cluster: its nodes, and the slots that each of them has.
//!
//! Each node that has slots has connections of its own, which are made again when they are lost. The nodes are asked for
//! the slots at the start, when a connection is lost, and when a node has passed on a slot.

mod keeper;
mod topology;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;
use redis::ConnectionInfo;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use self::keeper::NodeKeeper;
pub(crate) use self::keeper::NodeUser;
use self::topology::Topology;
use super::slots::SLOTS;
use super::{Announced, Info, Link, Server, url};
use crate::clock::{self, Instant};
use crate::connection::{self, CONNECT, Contact, Link as _};
use crate::store::{StoreError, StoreErrorKind};

/// Pauses between two looks at the slots of a cluster.
const PAUSES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(1);

/// Time between two looks at the slots without a reason.
const ROUND: Duration = Duration::from_secs(60);

/// Time for which what a node with older knowledge tells is not believed.
const BELIEF: Duration = Duration::from_secs(10);

/// Maximum number of connected nodes that are asked for the slots at once.
const ASKED: usize = 3;

/// Marks a slot that no node has.
const NOBODY: u16 = u16::MAX;

/// A cluster.
pub(crate) struct Cluster {
    nodes: Arc<Nodes>,
    /// Connections to the nodes that the URL names.
    seeds: Vec<Server>,
    /// The address of all nodes together, which has no connection.
    contact: Contact<Link>,
    /// Cancelled once a node is connected.
    up: CancellationToken,
}

/// A node that has slots, or that takes over some.
pub(crate) struct Node {
    pub(super) server: Server,
    /// Cancelled once the node has no slots any more.
    ended: CancellationToken,
    links: Arc<AtomicU64>,
}

/// The nodes, and their slots.
pub(super) struct Nodes {
    map: watch::Sender<Map>,
    wanted: Notify,
    /// The user and the security of all connections.
    template: ConnectionInfo,
    /// Number of connections that were made.
    links: Arc<AtomicU64>,
    /// Number of looks at the slots.
    looks: AtomicUsize,
    address: String,
}

struct Map {
    nodes: Vec<Arc<Node>>,
    /// The node of each slot, as an index.
    owners: Box<[u16]>,
    epoch: u64,
    since: Option<Instant>,
}

impl Map {
    fn owner(&self, slot: u16) -> Option<&Arc<Node>> {
        self.nodes.get(usize::from(*self.owners.get(usize::from(slot))?))
    }

    fn index(&self, address: &str) -> Option<u16> {
        let index = self.nodes.iter().position(|node| node.server.address() == address)?;
        u16::try_from(index).ok()
    }

    fn is_whole(&self) -> bool {
        self.owners.iter().all(|owner| *owner != NOBODY)
    }
}

impl Node {
    /// Connects. The number of the connection is one of those of the cluster.
    pub(crate) async fn connect<F>(
        &self,
        announced: Option<Announced>,
        inspect: impl FnOnce(Link, Info) -> F,
    ) -> Result<Link, StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let number = self.links.fetch_add(1, Ordering::Relaxed) + 1;
        self.server.connect(number, announced, inspect).await
    }

    /// Ends the connection of a node without slots.
    fn end(&self) {
        self.ended.cancel();
        if let Some(link) = self.server.contact.present() {
            link.lost().cancel();
        }
        self.server.contact.down(None);
    }
}

impl Nodes {
    /// Lets the slots be asked for soon.
    pub(super) fn look(&self) {
        self.wanted.notify_one();
    }

    fn make(self: &Arc<Self>, address: &str) -> Result<Arc<Node>, StoreError> {
        let malformed = || {
            let message = format!("names a node {address:?} that has no port");
            StoreError::new(StoreErrorKind::Damaged, format!("Redis at {} {message}", self.address))
        };
        let (host, port) = address.rsplit_once(':').ok_or_else(malformed)?;
        let info = url::of_node(&self.template, host, port.parse().map_err(|_| malformed())?);
        let server = Server::new(info, Some(Arc::downgrade(self)))?;
        let (ended, links) = (CancellationToken::new(), Arc::clone(&self.links));
        Ok(Arc::new(Node { server, ended, links }))
    }

    /// Returns the address of a node as another one tells it, which may leave out the host if it is its own.
    fn address_of(told: &str, by: &str) -> String {
        match told.strip_prefix(':') {
            Some(port) => format!("{}:{port}", url::host(by)),
            None => told.to_owned(),
        }
    }

    /// Returns a node that another one names, which may be new.
    pub(super) fn meet(self: &Arc<Self>, told: &str, by: &str) -> Option<Arc<Node>> {
        let address = Self::address_of(told, by);
        let known =
            |map: &Map| map.index(&address).map(|at| Arc::clone(&map.nodes[usize::from(at)]));
        if let Some(node) = known(&self.map.borrow()) {
            return Some(node);
        }
        let node = self.make(&address).ok()?;
        self.map.send_modify(|map| {
            if map.index(&address).is_none() {
                map.nodes.push(node);
            }
        });
        known(&self.map.borrow())
    }

    /// Notes that a node has a slot, as another one tells.
    pub(super) fn moved(self: &Arc<Self>, slot: u16, told: &str, by: &str) {
        let address = Self::address_of(told, by);
        if self.meet(&address, by).is_some() {
            self.map.send_if_modified(|map| {
                let (Some(index), Some(owner)) =
                    (map.index(&address), map.owners.get_mut(usize::from(slot)))
                else {
                    return false;
                };
                std::mem::replace(owner, index) != index
            });
        }
        self.look();
    }

    /// Takes over what a node has told of the slots.
    fn install(self: &Arc<Self>, topology: &Topology) -> Result<(), StoreError> {
        let mut made = HashMap::new();
        for range in &topology.ranges {
            let address = format!("{}:{}", range.host, range.port);
            if self.map.borrow().index(&address).is_none() && !made.contains_key(&address) {
                made.insert(address.clone(), self.make(&address)?);
            }
        }
        self.map.send_modify(|map| {
            if topology.epoch < map.epoch && map.since.is_some_and(|since| since.elapsed() < BELIEF)
            {
                return;
            }
            let mut nodes: Vec<Arc<Node>> = Vec::new();
            let mut owners = vec![NOBODY; usize::from(SLOTS)].into_boxed_slice();
            for range in &topology.ranges {
                let address = format!("{}:{}", range.host, range.port);
                let listed = nodes.iter().position(|node| node.server.address() == address);
                let index = listed.unwrap_or_else(|| {
                    let known =
                        map.index(&address).map(|at| Arc::clone(&map.nodes[usize::from(at)]));
                    nodes.extend(known.or_else(|| made.remove(&address)));
                    nodes.len() - 1
                });
                let index = u16::try_from(index).unwrap_or(NOBODY);
                owners[usize::from(range.first)..=usize::from(range.last)].fill(index);
            }
            for node in &map.nodes {
                if !nodes.iter().any(|other| Arc::ptr_eq(other, node)) {
                    node.end();
                }
            }
            *map = Map { nodes, owners, epoch: topology.epoch, since: Some(Instant::now()) };
        });
        Ok(())
    }

    fn unserved(&self, slot: u16) -> StoreError {
        let message = format!("Redis at {} has no node for the slot {slot}", self.address);
        StoreError::new(StoreErrorKind::Unavailable, message)
    }
}

impl Cluster {
    pub(super) fn new(seeds: Vec<ConnectionInfo>) -> Result<Self, StoreError> {
        let addresses: Vec<_> = seeds.iter().map(|seed| seed.addr().to_string()).collect();
        let address = addresses.join(",");
        let Some(template) = seeds.first().cloned() else {
            let message = "no node of the Redis cluster is named";
            return Err(StoreError::new(StoreErrorKind::Refused, message));
        };
        let owners = vec![NOBODY; usize::from(SLOTS)].into_boxed_slice();
        let map = Map { nodes: Vec::new(), owners, epoch: 0, since: None };
        let nodes = Arc::new(Nodes {
            map: watch::Sender::new(map),
            wanted: Notify::new(),
            template,
            links: Arc::default(),
            looks: AtomicUsize::new(0),
            address: address.clone(),
        });
        let seeds = seeds.into_iter().map(|seed| Server::new(seed, Some(Arc::downgrade(&nodes))));
        let seeds = seeds.collect::<Result<_, _>>()?;
        Ok(Self {
            nodes,
            seeds,
            contact: Contact::new("Redis", address),
            up: CancellationToken::new(),
        })
    }

    pub(crate) fn contact(&self) -> &Contact<Link> {
        &self.contact
    }

    pub(super) async fn started(&self, within: Duration) -> Result<(), StoreError> {
        let up = std::pin::pin!(self.up.cancelled());
        // Ends with an error that does not pass, since there is no connection.
        let failed = std::pin::pin!(self.contact.started(Duration::MAX));
        match clock::timeout(within, select(up, failed)).await {
            Ok(Either::Left(_)) => Ok(()),
            Ok(Either::Right(_)) | Err(_) => Err(self.contact.error()),
        }
    }

    /// Returns the addresses of the nodes.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let map = self.nodes.map.borrow();
        map.nodes.iter().map(|node| node.server.address().to_owned()).collect()
    }

    fn owner(&self, slot: u16) -> Option<Arc<Node>> {
        self.nodes.map.borrow().owner(slot).cloned()
    }

    pub(super) fn is_at(&self, link: &Link, slot: u16) -> bool {
        let map = self.nodes.map.borrow();
        map.owner(slot).is_some_and(|node| node.server.address() == link.address())
    }

    pub(super) fn absence(&self, slot: u16) -> Option<Duration> {
        match self.owner(slot) {
            Some(node) => node.server.contact.absence(),
            None => self.contact.absence(),
        }
    }

    pub(super) fn error(&self, slot: u16) -> StoreError {
        match self.owner(slot) {
            Some(node) => node.server.contact.error(),
            None if self.nodes.map.borrow().since.is_none() => self.contact.error(),
            None => self.nodes.unserved(slot),
        }
    }

    /// Waits for a connection to the node of a slot, which may become another one meanwhile.
    pub(super) async fn link(&self, slot: u16, within: Duration) -> Result<Link, StoreError> {
        let mut map = self.nodes.map.subscribe();
        let waiting = async {
            loop {
                let node = map.borrow_and_update().owner(slot).cloned();
                let changed = std::pin::pin!(map.changed());
                let Some(node) = node else {
                    if changed.await.is_err() {
                        return Err(self.error(slot));
                    }
                    continue;
                };
                let linked = std::pin::pin!(node.server.contact.link(Duration::MAX));
                match select(linked, changed).await {
                    Either::Left((linked, _)) => return linked,
                    Either::Right(_) => {}
                }
            }
        };
        let link = clock::timeout(within, waiting).await;
        link.unwrap_or_else(|_| Err(self.error(slot)))
    }

    /// Keeps the connections to all nodes for their user.
    pub(crate) async fn keep<U: NodeUser>(&self, user: &Arc<U>) {
        let keep_node =
            |node| connection::keep(Arc::new(NodeKeeper { user: Arc::clone(user), node }));
        let looking = std::pin::pin!(self.keep_looking());
        let keeping = std::pin::pin!(self.keep_nodes(keep_node));
        select(looking, keeping).await;
    }

    /// Ends all connections.
    pub(crate) fn end(&self) {
        self.nodes.map.borrow().nodes.iter().for_each(|node| node.end());
        self.contact.down(None);
    }

    async fn keep_nodes<F>(&self, keep_node: impl Fn(Arc<Node>) -> F)
    where
        F: Future<Output = ()>,
    {
        let mut map = self.nodes.map.subscribe();
        let mut kept: Vec<Arc<Node>> = Vec::new();
        let mut keeping = FuturesUnordered::new();
        loop {
            let present = map.borrow_and_update().nodes.clone();
            kept.retain(|node| !node.ended.is_cancelled());
            for node in present {
                if !kept.iter().any(|other| Arc::ptr_eq(other, &node)) {
                    kept.push(Arc::clone(&node));
                    let ended = node.ended.clone();
                    let kept = keep_node(node);
                    keeping.push(async move { ended.run_until_cancelled(kept).await });
                }
            }
            let changed = std::pin::pin!(map.changed());
            let ended = std::pin::pin!(async {
                while keeping.next().await.is_some() {}
                std::future::pending::<()>().await;
            });
            select(changed, ended).await;
        }
    }

    /// Asks for the slots again and again.
    async fn keep_looking(&self) {
        let mut pause = *PAUSES.start();
        let mut is_reported = false;
        loop {
            match self.read().await.and_then(|topology| self.nodes.install(&topology)) {
                Ok(()) => {
                    (pause, is_reported) = (*PAUSES.start(), false);
                    if !self.up.is_cancelled() {
                        self.start().await;
                    }
                }
                Err(error) => {
                    if !is_reported {
                        let source = std::error::Error::source(&error);
                        tracing::warn!(%error, source, "the slots of the Redis cluster cannot be read");
                        is_reported = true;
                    }
                    if !self.up.is_cancelled() {
                        self.contact.down(Some(error));
                    }
                    pause = (pause * 2).min(*PAUSES.end());
                    clock::sleep(pause).await;
                    continue;
                }
            }
            // Slots that nobody has may be taken over without a sign of it.
            let is_whole = self.nodes.map.borrow().is_whole();
            clock::sleep(pause).await;
            let round = if self.up.is_cancelled() && is_whole { ROUND } else { *PAUSES.end() };
            clock::timeout(round, self.nodes.wanted.notified()).await.ok();
        }
    }

    /// Waits until each node was connected to once, or cannot be.
    async fn start(&self) {
        let nodes = self.nodes.map.borrow().nodes.clone();
        let tried = nodes.iter().map(|node| node.server.contact.tried());
        clock::timeout(CONNECT, futures::future::join_all(tried)).await.ok();
        if nodes.iter().any(|node| node.server.contact.present().is_some()) {
            self.up.cancel();
        } else {
            self.contact.down(nodes.first().map(|node| node.server.contact.error()));
        }
    }

    /// Asks connected nodes, and those that the URL names if none of them answers.
    async fn read(&self) -> Result<Topology, StoreError> {
        let turn = self.nodes.looks.fetch_add(1, Ordering::Relaxed);
        let mut links: Vec<_> = {
            let map = self.nodes.map.borrow();
            map.nodes.iter().filter_map(|node| node.server.contact.present()).collect()
        };
        if !links.is_empty() {
            let first = turn % links.len();
            links.rotate_left(first);
            links.truncate(ASKED);
        }
        let mut error = match first_of(links.into_iter().map(topology::of)).await {
            Ok(topology) => return Ok(topology),
            Err(error) => error,
        };
        let asking = self.seeds.iter().map(async |seed| {
            let dialled = clock::timeout(CONNECT, seed.dial(0, None)).await;
            let link = dialled.unwrap_or_else(|_| Err(seed.contact.silent()))?;
            topology::of(link).await
        });
        match first_of(asking).await {
            Ok(topology) => return Ok(topology),
            Err(other) => error = other.or(error),
        }
        Err(error.unwrap_or_else(|| self.contact.silent()))
    }
}

/// Returns the first answer that is none of an error, or an error that does not pass if there is one.
async fn first_of<F>(asking: impl Iterator<Item = F>) -> Result<Topology, Option<StoreError>>
where
    F: Future<Output = Result<Topology, StoreError>>,
{
    let mut asking: FuturesUnordered<_> = asking.collect();
    let mut found: Option<StoreError> = None;
    while let Some(answer) = asking.next().await {
        match answer {
            Ok(topology) => return Ok(topology),
            Err(error) => {
                let passes = |error: &StoreError| error.kind() == StoreErrorKind::Unavailable;
                if found.as_ref().is_none_or(passes) {
                    found = Some(error);
                }
            }
        }
    }
    Err(found)
}

#[cfg(test)]
mod tests {
    use redis::IntoConnectionInfo as _;

    use super::topology::Range;
    use super::*;

    fn cluster() -> Cluster {
        Cluster::new(vec!["redis://one:7000".into_connection_info().unwrap()]).unwrap()
    }

    fn topology(epoch: u64, ranges: &[(u16, u16, &str)]) -> Topology {
        let ranges = ranges.iter().map(|(first, last, host)| Range {
            first: *first,
            last: *last,
            host: (*host).to_owned(),
            port: 7000,
        });
        Topology { epoch, ranges: ranges.collect() }
    }

    impl Cluster {
        fn owners(&self, slots: &[u16]) -> Vec<Option<String>> {
            let owner = |slot: &u16| Some(self.owner(*slot)?.server.address().to_owned());
            slots.iter().map(owner).collect()
        }
    }

    fn addresses(hosts: &[&str]) -> Vec<Option<String>> {
        let address = |host: &&str| (!host.is_empty()).then(|| format!("{host}:7000"));
        hosts.iter().map(address).collect()
    }

    #[test]
    fn slots_have_the_nodes_that_were_told() {
        let cluster = cluster();
        let slots = [0, 99, 100, 200, 16383];
        assert_eq!(cluster.owners(&slots), addresses(&["", "", "", "", ""]));
        assert!(cluster.error(0).to_string().contains("one:7000"));
        let told = topology(3, &[(0, 99, "a"), (100, 150, "b"), (201, 16383, "a")]);
        cluster.nodes.install(&told).unwrap();
        assert_eq!(cluster.owners(&slots), addresses(&["a", "a", "b", "", "a"]));
        assert_eq!(cluster.addresses(), ["a:7000", "b:7000"]);
        assert!(!cluster.nodes.map.borrow().is_whole());
        assert!(cluster.error(200).to_string().contains("no node for the slot 200"));
        let (a, b) = (cluster.owner(0).unwrap(), cluster.owner(100).unwrap());
        // Told by a node that does not know the last change yet.
        cluster.nodes.install(&topology(2, &[(0, 16383, "b")])).unwrap();
        assert_eq!(cluster.owners(&slots), addresses(&["a", "a", "b", "", "a"]));
        cluster.nodes.install(&topology(4, &[(0, 16383, "a")])).unwrap();
        assert_eq!(cluster.owners(&slots), addresses(&["a", "a", "a", "a", "a"]));
        assert!(cluster.nodes.map.borrow().is_whole());
        assert!(Arc::ptr_eq(&a, &cluster.owner(100).unwrap()), "its connections stay");
        assert!(b.ended.is_cancelled() && !a.ended.is_cancelled());
    }

    #[test]
    fn a_node_that_passes_on_a_slot_tells_who_has_it() {
        let cluster = cluster();
        cluster.nodes.install(&topology(1, &[(0, 99, "a"), (100, 16383, "b")])).unwrap();
        cluster.nodes.moved(5, "b:7000", "a:7000");
        cluster.nodes.moved(6, "c:7000", "a:7000");
        // The host is that of the node that tells it.
        cluster.nodes.moved(7, ":7000", "b:7000");
        assert_eq!(cluster.owners(&[4, 5, 6, 7, 8]), addresses(&["a", "b", "c", "b", "a"]));
        for told in ["nowhere", "a:port", ""] {
            cluster.nodes.moved(8, told, "b:7000");
            cluster.nodes.moved(16384, "a:7000", "b:7000");
        }
        assert_eq!(cluster.owners(&[8]), addresses(&["a"]));
        let met = cluster.nodes.meet("d:7000", "a:7000").unwrap();
        assert!(Arc::ptr_eq(&met, &cluster.nodes.meet(":7000", "d:7000").unwrap()));
        assert_eq!(cluster.addresses(), ["a:7000", "b:7000", "c:7000", "d:7000"]);
    }
}
