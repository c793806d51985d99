//! A Redis server or a cluster of them, and the connections, for requests and announcements.

mod cluster;
mod error;
mod servers;
mod slots;
mod subscriber;
mod url;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, FromRedisValue, Pipeline,
    ProtocolVersion, PushInfo, PushKind, RedisError, RedisFuture, ScriptInvocation,
    ServerErrorKind, Value,
};
use tokio_util::sync::CancellationToken;

use self::cluster::{Cluster, Nodes};
pub(crate) use self::cluster::{Node, NodeUser};
use self::error::{call_error, is_of_this_server, of_connection};
pub(crate) use self::servers::Servers;
pub(crate) use self::slots::{slot_of_key, slot_of_tag};
use self::subscriber::Subscriber;
use crate::clock;
use crate::connection::{self, ANSWER, CONNECT, CallError, Contact, PATIENCE};
use crate::store::{StoreError, StoreErrorKind};

/// A server, and the present connection to it.
pub(crate) struct Server {
    client: Client,
    pub(crate) contact: Contact<Link>,
    /// The cluster of which it is a node.
    cluster: Option<Weak<Nodes>>,
}

/// The recipient of what a server announces.
pub(crate) type Announced = Arc<dyn Fn(PushInfo) + Send + Sync>;

/// A connection.
#[derive(Clone)]
pub(crate) struct Link {
    connection: MultiplexedConnection,
    /// The announcements of a node of a cluster, which come over a connection of their own.
    subscriber: Option<Arc<Subscriber>>,
    number: u64,
    lost: CancellationToken,
    /// Number of answers that have come.
    answers: Arc<AtomicU64>,
    address: String,
    cluster: Option<Weak<Nodes>>,
}

/// Error of a request.
enum Failed {
    /// The request was not executed: another node has the data, or this one will have it later.
    Elsewhere(StoreError),
    Call(CallError),
}

impl From<Failed> for CallError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Elsewhere(error) => Self::Refused(error),
            Failed::Call(error) => error,
        }
    }
}

impl connection::Link for Link {
    fn number(&self) -> u64 {
        self.number
    }

    fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }
}

impl Server {
    /// A server that is none of a cluster.
    fn alone(info: ConnectionInfo) -> Result<Self, StoreError> {
        Self::new(info, None)
    }

    fn new(info: ConnectionInfo, cluster: Option<Weak<Nodes>>) -> Result<Self, StoreError> {
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let address = info.addr().to_string();
        let client = Client::open(info.set_redis_settings(settings)).map_err(url::malformed)?;
        Ok(Self { client, contact: Contact::new("Redis", address), cluster })
    }

    pub(crate) fn address(&self) -> &str {
        self.contact.address()
    }

    /// Returns the number of the database.
    fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// Lets the nodes of its cluster be asked for their slots soon.
    fn look(&self) {
        if let Some(nodes) = self.cluster.as_ref().and_then(Weak::upgrade) {
            nodes.look();
        }
    }

    /// Connects. `announced` is called with each announcement; `inspect` looks at the server before the connection is
    /// used.
    pub(crate) async fn connect<F>(
        &self,
        number: u64,
        announced: Option<Announced>,
        inspect: impl FnOnce(Link, Info) -> F,
    ) -> Result<Link, StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let connecting = async {
            let link = self.dial(number, announced).await?;
            let info = self.check(&link).await?;
            inspect(link.clone(), info).await?;
            Ok(link)
        };
        let connected = clock::timeout(CONNECT, connecting).await;
        connected.unwrap_or_else(|_| Err(self.contact.silent()))
    }

    /// Connects, to whichever server is there.
    async fn dial(&self, number: u64, announced: Option<Announced>) -> Result<Link, StoreError> {
        let lost = CancellationToken::new();
        let (cluster, address) = (self.cluster.clone(), self.address().to_owned());
        let (own, subscriber) = match announced {
            Some(announced) if cluster.is_some() => {
                let (names, heard) = subscriber::names(announced);
                let connection = self.dial_one(&lost, Some(heard)).await?;
                (None, Some(Arc::new(Subscriber::new(connection, names))))
            }
            announced => (announced, None),
        };
        let connection = self.dial_one(&lost, own).await?;
        let answers = Arc::default();
        Ok(Link { connection, subscriber, number, lost, answers, address, cluster })
    }

    async fn dial_one(
        &self,
        lost: &CancellationToken,
        announced: Option<Announced>,
    ) -> Result<MultiplexedConnection, StoreError> {
        let ended = lost.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_push_sender(move |info: PushInfo| {
                if info.kind == PushKind::Disconnection {
                    ended.cancel();
                } else if let Some(announced) = &announced
                    && !ended.is_cancelled()
                {
                    announced(info);
                }
                Ok::<(), ()>(())
            });
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        connecting.await.map_err(|error| of_connection(self.address(), error))
    }

    /// Checks that the server can be used; returns what it says of itself.
    async fn check(&self, link: &Link) -> Result<Info, StoreError> {
        let info = Info(link.command(redis::cmd("INFO")).await?);
        let version = info.field("redis_version");
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < 7) {
            let message = format!("has version {version}: 7.0 is needed");
            return Err(self.contact.fault(StoreErrorKind::Incompatible, &message));
        }
        if info.field("role") == "slave" {
            let message = "is a replica: connect to the primary";
            return Err(self.contact.fault(StoreErrorKind::Unavailable, message));
        }
        if info.field("loading") == "1" {
            return Err(self.contact.fault(StoreErrorKind::Unavailable, error::LOADING));
        }
        if self.cluster.is_none() && info.field("redis_mode") == "cluster" {
            let mut asking = redis::cmd("CLUSTER");
            asking.arg("INFO");
            // A cluster of one node has all channels. Hosted servers may not tell.
            let cluster = Info(link.command(asking).await.unwrap_or_default());
            if !matches!(cluster.field("cluster_size"), "" | "0" | "1") {
                return Err(self.contact.fault(StoreErrorKind::Incompatible, error::IN_CLUSTER));
            }
        }
        Ok(info)
    }
}

/// Fields that a server tells of itself.
pub(crate) struct Info(String);

impl Info {
    /// Returns a field; the empty text if there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        let mut fields = self.0.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(own, _)| *own == name).map_or("", |(_, value)| value.trim())
    }
}

impl Link {
    /// Warns once if the server may evict what is stored, by the first connection's information.
    pub(crate) fn warn_of_eviction(&self, info: &Info, stored: &str) {
        let policy = info.field("maxmemory_policy");
        if self.number == 1 && !matches!(policy, "" | "noeviction") {
            tracing::warn!(
                address = self.address,
                policy,
                "Redis may evict {stored}: set maxmemory-policy to noeviction"
            );
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Returns the address of the server.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Invokes a script.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, CallError> {
        self.try_invoke(script).await.map_err(CallError::from)
    }

    async fn try_invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Failed> {
        let mut connection = self.connection.clone();
        let error = match script.invoke_async(&mut connection).await {
            Ok(answer) => {
                self.answered();
                return Ok(answer);
            }
            Err(error) => error,
        };
        let Some(other) = self.asked(&error) else { return Err(self.note(error)) };
        let mut asking = Asking(other.connection.clone());
        script.invoke_async(&mut asking).await.map_err(|error| other.note(error))
    }

    fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the connection to the node that takes over a slot, if the error names it.
    fn asked(&self, error: &RedisError) -> Option<Self> {
        if error.kind() != ErrorKind::Server(ServerErrorKind::Ask) {
            return None;
        }
        let (address, _) = error.redirect_node()?;
        let nodes = self.cluster.as_ref()?.upgrade()?;
        nodes.meet(address, &self.address)?.server.contact.present()
    }

    /// Executes a command.
    pub(crate) async fn command<T: FromRedisValue>(
        &self,
        command: redis::Cmd,
    ) -> Result<T, CallError> {
        let mut connection = self.connection.clone();
        let answer = command.query_async(&mut connection).await;
        let answer = answer.map_err(|error| self.note(error))?;
        self.answered();
        Ok(answer)
    }

    /// Returns `true` if the server answers.
    pub(crate) async fn is_alive(&self) -> bool {
        let ping = self.command::<String>(redis::cmd("PING"));
        let alive = async {
            ping.await.is_ok()
                && match &self.subscriber {
                    Some(subscriber) => subscriber.is_alive().await,
                    None => true,
                }
        };
        clock::timeout(PATIENCE, alive).await.unwrap_or(false)
    }

    /// Returns `true` if the server announces what is published under these names.
    pub(crate) fn is_subscribed(&self, name: &str) -> bool {
        self.subscriber.as_ref().is_none_or(|subscriber| subscriber.has(name))
    }

    /// Begins to receive announcements under these names.
    pub(crate) async fn subscribe(&self, names: &[String]) -> Result<(), CallError> {
        let Some(subscriber) = &self.subscriber else {
            let subscribing = self.connection.clone().subscribe(names).await;
            return subscribing.map_err(|error| self.note(error).into());
        };
        let errors = subscriber.subscribe(names).await.map_err(|error| self.note(error))?;
        let failed = errors.into_iter().map(|error| self.note(error)).next_back();
        match failed {
            Some(failed) => Err(failed.into()),
            None if names.iter().all(|name| subscriber.has(name)) => Ok(()),
            None => Err(CallError::Refused(self.away())),
        }
    }

    /// Ends the announcements under these names.
    pub(crate) async fn unsubscribe(&self, names: &[String]) -> Result<(), CallError> {
        let Some(subscriber) = &self.subscriber else {
            let unsubscribing = self.connection.clone().unsubscribe(names).await;
            return unsubscribing.map_err(|error| self.note(error).into());
        };
        // A node announces nothing of a slot that it has passed on.
        subscriber.unsubscribe(names).await.map_err(|error| self.note(error).into())
    }

    /// Notes an error that ends the connection, or tells of another node.
    fn note(&self, error: RedisError) -> Failed {
        if error.is_unrecoverable_error() || is_of_this_server(&error) {
            self.lost.cancel();
        }
        if error.code() == Some("LOADING") {
            return Failed::Elsewhere(call_error(&self.address, error).into());
        }
        let Some(nodes) = self.cluster.as_ref().and_then(Weak::upgrade) else {
            return Failed::Call(call_error(&self.address, error));
        };
        match error.code() {
            Some("MOVED") => {
                if let Some((address, slot)) = error.redirect_node() {
                    nodes.moved(slot, address, &self.address);
                }
                Failed::Elsewhere(self.away())
            }
            Some("ASK" | "TRYAGAIN") => Failed::Elsewhere(self.away()),
            Some("CLUSTERDOWN") => {
                nodes.look();
                let message = format!("Redis at {} is in a cluster that is down", self.address);
                let kind = StoreErrorKind::Unavailable;
                Failed::Elsewhere(StoreError::caused_by(kind, message, error))
            }
            _ => Failed::Call(call_error(&self.address, error)),
        }
    }

    fn away(&self) -> StoreError {
        let message = format!("Redis at {} has passed on the data", self.address);
        StoreError::new(StoreErrorKind::Unavailable, message)
    }
}

/// A connection to a node that takes over a slot: each command says that it was sent there by the node that had it.
struct Asking(MultiplexedConnection);

impl ConnectionLike for Asking {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let mut both = redis::pipe();
            both.cmd("ASKING").add_command(cmd.clone());
            let answers = self.0.req_packed_commands(&both, 1, 1).await?;
            answers.into_iter().next().unwrap_or(Value::Nil).extract_error()
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.0.req_packed_commands(pipeline, offset, count)
    }

    fn get_db(&self) -> i64 {
        0
    }
}
