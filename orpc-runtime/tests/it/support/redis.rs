//! Redis servers of a test, on free ports, with folders of their own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::{self, WallClock};
use super::websocket::within;

/// A server, which is stopped when it is dropped.
pub struct RedisServer {
    child: Option<Child>,
    clock: Option<WallClock>,
    folder: tempfile::TempDir,
    pub port: u16,
    settings: Vec<String>,
    kind: Kind,
    /// It is used while it reads its files.
    is_loading: bool,
}

/// Use of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alone,
    /// A node of a cluster, with the port for the other nodes.
    Node(u16),
    /// A node of a cluster that ends with this process: nothing drops it.
    NodeOfProcess(u16),
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs a program until it ends, or until the standard input is closed as this process ends; removes the folder then.
const WHILE_OPEN: &str = r#"folder=$1; shift; exec 3<&0; "$@" & own=$!
    (read -r _ <&3; kill -9 $own; rm -rf "$folder") & exec 3<&-; wait $own"#;

impl RedisServer {
    /// Starts a server that keeps nothing.
    pub async fn start() -> Self {
        Self::start_with("--save '' --appendonly no").await
    }

    /// Starts a server that writes every event to its file before it answers.
    pub async fn synced() -> Self {
        Self::start_with("--save '' --appendonly yes --appendfsync always").await
    }

    /// Starts a server that keeps nothing and has a clock that [`set_clock`](Self::set_clock) sets.
    pub async fn with_clock() -> Self {
        Self::start_at(Some(WallClock::new()), "--save '' --appendonly no").await
    }

    /// Starts a server with a password that speaks TLS at a further port, which is returned.
    pub async fn with_tls(certificate: &Path, key: &Path, password: &str) -> (Self, u16) {
        let (settings, port) = Self::tls(certificate, key, password);
        (Self::start_with(&settings).await, port)
    }

    /// Starts such a server as a cluster of its own.
    pub async fn node_with_tls(certificate: &Path, key: &Path, password: &str) -> (Self, u16) {
        let (settings, port) = Self::tls(certificate, key, password);
        let server = Self::node(false, &format!("{settings} --tls-cluster yes")).await;
        let client = redis::Client::open(format!("redis://:{password}@127.0.0.1:{}", server.port));
        let mut connection = client.unwrap().get_multiplexed_async_connection().await.unwrap();
        let mut slots = redis::cmd("CLUSTER");
        slots.arg("ADDSLOTSRANGE").arg(0).arg(16383);
        slots.query_async::<()>(&mut connection).await.unwrap();
        (server, port)
    }

    /// Returns the settings of a server that speaks TLS, and its port.
    fn tls(certificate: &Path, key: &Path, password: &str) -> (String, u16) {
        let port = free_port();
        let files =
            format!("--tls-cert-file {} --tls-key-file {}", certificate.display(), key.display());
        let authority =
            format!("--tls-ca-cert-file {} --tls-auth-clients no", certificate.display());
        let settings =
            format!("--save '' --requirepass {password} --tls-port {port} {files} {authority}");
        (settings, port)
    }

    pub async fn start_with(settings: &str) -> Self {
        Self::start_at(None, settings).await
    }

    async fn start_at(clock: Option<WallClock>, settings: &str) -> Self {
        Self::start_as(|| Kind::Alone, clock, settings).await
    }

    /// Starts a server that is a node of a cluster.
    async fn node(is_of_process: bool, settings: &str) -> Self {
        let kind = || {
            let port = free_port();
            if is_of_process { Kind::NodeOfProcess(port) } else { Kind::Node(port) }
        };
        Self::start_as(kind, None, settings).await
    }

    async fn start_as(kind: impl Fn() -> Kind, clock: Option<WallClock>, settings: &str) -> Self {
        let settings = settings.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
        let folder = tempfile::tempdir().unwrap();
        let (child, kind_of_it, port) = (None, kind(), 0);
        let mut server =
            Self { child, clock, folder, port, settings, kind: kind_of_it, is_loading: false };
        for _ in 0..20 {
            // Another process may take the port before the server does.
            server.port = free_port();
            server.kind = kind();
            if server.try_run().await {
                return server;
            }
        }
        panic!("no server starts");
    }

    /// Starts the server again, with its files.
    pub async fn run(&mut self) {
        for _ in 0..100 {
            if self.try_run().await {
                return;
            }
        }
        panic!("the server does not start again on port {}", self.port);
    }

    /// Starts the server again, which takes a millisecond to read each key of its files; returns while it does.
    pub async fn run_slowly(&mut self) {
        let settings = "--key-load-delay 1000 --loading-process-events-interval-bytes 1024";
        self.settings.extend(settings.split(' ').map(str::to_owned));
        self.is_loading = true;
        self.run().await;
        assert!(self.reads_files().await, "there is too little to read");
    }

    /// Returns `true` while the server reads its files.
    pub async fn reads_files(&self) -> bool {
        self.command::<String>("INFO persistence").await.contains("loading:1\r")
    }

    async fn try_run(&mut self) -> bool {
        let mut command = match self.kind {
            Kind::Alone | Kind::Node(_) => Command::new("redis-server"),
            Kind::NodeOfProcess(_) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", WHILE_OPEN, "sh"]).arg(self.folder.path()).arg("redis-server");
                shell.stdin(Stdio::piped());
                shell
            }
        };
        if let Kind::Node(port) | Kind::NodeOfProcess(port) = self.kind {
            command.args(["--cluster-enabled", "yes", "--cluster-port", &port.to_string()]);
        }
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string()]);
        command.arg("--dir").arg(self.folder.path()).args(&self.settings);
        clock::remove_from(&mut command);
        if let Some(clock) = &self.clock {
            clock.give_to(&mut command);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("redis-server is needed: apt-get install redis-server");
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            let is_up = match self.connect().await {
                Ok(answer) => answer == "PONG",
                Err(error) => match error.code() {
                    Some("LOADING") => self.is_loading,
                    code => code == Some("NOAUTH"),
                },
            };
            if is_up {
                self.child = Some(child);
                return true;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn connect(&self) -> redis::RedisResult<String> {
        let client = redis::Client::open(self.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").query_async(&mut connection).await
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server by SIGKILL.
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Sets its clock to the right time and that number of seconds.
    pub fn set_clock(&self, seconds: i64) {
        self.clock.as_ref().unwrap().set(seconds);
    }

    /// Returns the id of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Returns the file to which events are appended.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("appendonlydir/appendonly.aof.1.incr.aof")
    }

    /// Executes a command.
    pub async fn command<T: redis::FromRedisValue>(&self, words: &str) -> T {
        self.try_command(words).await.unwrap()
    }

    pub async fn try_command<T: redis::FromRedisValue>(
        &self,
        words: &str,
    ) -> redis::RedisResult<T> {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await?;
        let mut words = words.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            command.arg(word);
        });
        command.query_async(&mut connection).await
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if self.child.is_some() {
            self.kill();
        }
    }
}

/// A cluster on this machine.
pub struct RedisCluster {
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts three nodes, which keep nothing.
    pub async fn start() -> Self {
        Self::start_with(false, 3, "--save '' --appendonly no").await
    }

    /// Starts that many nodes, each with as many slots.
    pub async fn start_with(is_of_process: bool, count: u16, settings: &str) -> Self {
        let nodes = (0..count).map(|_| RedisServer::node(is_of_process, settings));
        let nodes = futures::future::join_all(nodes).await;
        for (node, n) in nodes.iter().zip(0_u32..) {
            let first = |n: u32| n * 16384 / u32::from(count);
            let (first, last) = (first(n), first(n + 1) - 1);
            node.command::<()>(&format!("CLUSTER ADDSLOTSRANGE {first} {last}")).await;
            node.command::<()>(&format!("CLUSTER SET-CONFIG-EPOCH {}", n + 1)).await;
        }
        let cluster = Self { nodes };
        for node in &cluster.nodes[1..] {
            cluster.introduce(node).await;
        }
        cluster.settle().await;
        cluster
    }

    /// Lets a node that has no slots belong to the cluster.
    async fn introduce(&self, node: &RedisServer) {
        let (Kind::Node(port) | Kind::NodeOfProcess(port)) = node.kind else { unreachable!() };
        self.nodes[0].command::<()>(&format!("CLUSTER MEET 127.0.0.1 {} {port}", node.port)).await;
    }

    /// Waits until all nodes know each other, and each slot has a node.
    pub async fn settle(&self) {
        let count = format!("cluster_known_nodes:{}\r", self.nodes.len());
        for node in &self.nodes {
            within(async {
                loop {
                    let info: String = node.command("CLUSTER INFO").await;
                    let links: String = node.command("CLUSTER NODES").await;
                    let is_linked = !links.contains("handshake") && !links.contains("disconnected");
                    if info.contains("cluster_state:ok") && info.contains(&count) && is_linked {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            })
            .await;
        }
    }

    /// Starts a node without slots.
    pub async fn add(&mut self, settings: &str) -> usize {
        let node = RedisServer::node(false, settings).await;
        self.introduce(&node).await;
        self.nodes.push(node);
        self.settle().await;
        self.nodes.len() - 1
    }

    /// Starts a replica of a node.
    pub async fn add_replica(&mut self, of: usize, settings: &str) -> usize {
        let replica = self.add(settings).await;
        let id: String = self.nodes[of].command("CLUSTER MYID").await;
        self.nodes[replica].command::<()>(&format!("CLUSTER REPLICATE {id}")).await;
        within(async {
            let info = async || self.nodes[replica].command::<String>("INFO replication").await;
            while !info().await.contains("master_link_status:up") {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        replica
    }

    /// Returns a URL with all nodes.
    pub fn url(&self) -> String {
        let hosts = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        format!("redis-cluster://{}", hosts.collect::<Vec<_>>().join(","))
    }

    /// Returns the slot of a key.
    pub async fn slot(&self, key: &str) -> u16 {
        let node = self.nodes.iter().find(|node| node.child.is_some()).unwrap();
        node.command(&format!("CLUSTER KEYSLOT {key}")).await
    }

    /// Returns the node that has a slot. For a moment none may say so, while nodes learn of a move.
    pub async fn owner(&self, slot: u16) -> usize {
        within(async {
            loop {
                if let Some(owner) = self.claimant(slot).await {
                    return owner;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
    }

    async fn claimant(&self, slot: u16) -> Option<usize> {
        for (n, node) in self.nodes.iter().enumerate() {
            if node.child.is_none() {
                continue;
            }
            let key = format!("CLUSTER COUNTKEYSINSLOT {slot}");
            node.command::<u64>(&key).await;
            let nodes: String = node.command("CLUSTER NODES").await;
            let own = nodes.lines().find(|line| line.contains("myself")).unwrap();
            let has = own.split(' ').skip(8).filter(|part| !part.starts_with('[')).any(|part| {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                (first.parse().unwrap()..=last.parse().unwrap()).contains(&slot)
            });
            if has && own.contains("master") {
                return Some(n);
            }
        }
        None
    }

    /// Begins to move a slot: both nodes know of it.
    pub async fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let (source, target): (String, String) = (
            self.nodes[from].command("CLUSTER MYID").await,
            self.nodes[to].command("CLUSTER MYID").await,
        );
        self.nodes[to].command::<()>(&format!("CLUSTER SETSLOT {slot} IMPORTING {source}")).await;
        self.nodes[from].command::<()>(&format!("CLUSTER SETSLOT {slot} MIGRATING {target}")).await;
    }

    /// Moves the keys of a slot.
    pub async fn move_keys(&self, slot: u16, from: usize, to: usize) {
        loop {
            let keys = format!("CLUSTER GETKEYSINSLOT {slot} 10");
            let keys: Vec<String> = self.nodes[from].command(&keys).await;
            if keys.is_empty() {
                return;
            }
            let (port, keys) = (self.nodes[to].port, keys.join(" "));
            let moving = format!("MIGRATE 127.0.0.1 {port}  0 5000 KEYS {keys}");
            self.nodes[from].command::<String>(&moving).await;
        }
    }

    /// Lets both nodes know that a slot has moved; the others are told by them.
    pub async fn end_move(&self, slot: u16, from: usize, to: usize) {
        let target: String = self.nodes[to].command("CLUSTER MYID").await;
        for node in [to, from] {
            self.nodes[node].command::<()>(&format!("CLUSTER SETSLOT {slot} NODE {target}")).await;
        }
    }

    /// Moves a slot from the node that has it, as `redis-cli --cluster reshard` does.
    pub async fn move_slot(&self, slot: u16, to: usize) {
        let from = self.owner(slot).await;
        if from != to {
            self.begin_move(slot, from, to).await;
            self.move_keys(slot, from, to).await;
            self.end_move(slot, from, to).await;
        }
    }
}

/// A part of the cluster that tests share, since it takes seconds to start one.
pub struct Shared {
    pub cluster: &'static RedisCluster,
    /// Prefix of its keys.
    pub prefix: String,
}

impl Shared {
    pub async fn new() -> Self {
        static CLUSTER: tokio::sync::OnceCell<RedisCluster> = tokio::sync::OnceCell::const_new();
        static PARTS: AtomicU64 = AtomicU64::new(0);
        let settings = "--save '' --appendonly no";
        let starting = async || RedisCluster::start_with(true, 3, settings).await;
        let cluster = CLUSTER.get_or_init(starting).await;
        Self { cluster, prefix: format!("part{}", PARTS.fetch_add(1, Ordering::Relaxed)) }
    }

    /// Returns the number of subscriptions to the events of a channel.
    pub async fn subscriptions(&self, channel: &str) -> u64 {
        let mut all = 0;
        for node in &self.cluster.nodes {
            let name = format!("{}:{{{channel}}}", self.prefix);
            let (_, count): (String, u64) =
                node.command(&format!("PUBSUB SHARDNUMSUB {name}")).await;
            all += count;
        }
        all
    }

    /// Removes all keys.
    pub async fn wipe(&self) {
        for node in &self.cluster.nodes {
            for key in node.command::<Vec<String>>(&format!("KEYS {}:*", self.prefix)).await {
                node.command::<()>(&format!("DEL {key}")).await;
            }
        }
    }
}
