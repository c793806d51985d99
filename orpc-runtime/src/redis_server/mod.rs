//! A Redis server, and the connection to it, for requests and announcements.

mod error;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo as _, ProtocolVersion,
    PushInfo, PushKind, RedisError, ScriptInvocation,
};
use tokio_util::sync::CancellationToken;

use self::error::{call_error, is_of_this_server, of_connection};
use crate::clock;
use crate::connection::{self, ANSWER, CONNECT, CallError, Contact, PATIENCE};
use crate::store::{StoreError, StoreErrorKind};

/// The server, and the present connection to it.
pub(crate) struct Server {
    client: Client,
    pub(crate) contact: Contact<Link>,
}

/// A connection.
#[derive(Clone)]
pub(crate) struct Link {
    connection: MultiplexedConnection,
    number: u64,
    lost: CancellationToken,
    address: String,
}

impl connection::Link for Link {
    fn number(&self) -> u64 {
        self.number
    }

    fn lost(&self) -> &CancellationToken {
        &self.lost
    }
}

impl Server {
    /// Reads the URL of a server.
    pub(crate) fn new(url: &str) -> Result<Self, StoreError> {
        // The error of the crate does not repeat the URL, which has a password.
        let malformed = |error: RedisError| {
            let message =
                "the URL of Redis is malformed: write redis://user:password@host:port/database";
            StoreError::caused_by(StoreErrorKind::Refused, message, error)
        };
        let info = url.into_connection_info().map_err(malformed)?;
        let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let address = info.addr().to_string();
        let client = Client::open(info.set_redis_settings(settings)).map_err(malformed)?;
        Ok(Self { client, contact: Contact::new("Redis", address) })
    }

    pub(crate) fn address(&self) -> &str {
        self.contact.address()
    }

    /// Returns the number of the database.
    pub(crate) fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// Connects. `announced` is called with each announcement; `inspect` looks at the server before the connection is
    /// used.
    pub(crate) async fn connect<F>(
        &self,
        number: u64,
        announced: impl Fn(PushInfo) + Send + Sync + 'static,
        inspect: impl FnOnce(Link, Info) -> F,
    ) -> Result<Link, StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let lost = CancellationToken::new();
        let ended = lost.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_push_sender(move |info: PushInfo| {
                if info.kind == PushKind::Disconnection {
                    ended.cancel();
                } else if !ended.is_cancelled() {
                    announced(info);
                }
                Ok::<(), ()>(())
            });
        let connecting = async {
            let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
            let connection =
                connecting.await.map_err(|error| of_connection(self.address(), error))?;
            let link = Link { connection, number, lost, address: self.address().to_owned() };
            let info = self.check(&link).await?;
            inspect(link.clone(), info).await?;
            Ok(link)
        };
        let connected = clock::timeout(CONNECT, connecting).await;
        connected.unwrap_or_else(|_| Err(self.contact.silent()))
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
            return Err(self.contact.fault(StoreErrorKind::Unavailable, "is reading its files"));
        }
        Ok(info)
    }

    /// Warns once if the server may evict what is stored, by the first connection's information.
    pub(crate) fn warn_of_eviction(&self, link: &Link, info: &Info, stored: &str) {
        let policy = info.field("maxmemory_policy");
        if link.number == 1 && !matches!(policy, "" | "noeviction") {
            tracing::warn!(
                address = self.address(),
                policy,
                "Redis may evict {stored}: set maxmemory-policy to noeviction"
            );
        }
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
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Invokes a script.
    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, CallError> {
        let mut connection = self.connection.clone();
        script.invoke_async(&mut connection).await.map_err(|error| self.note(error))
    }

    /// Executes a command.
    pub(crate) async fn command<T: FromRedisValue>(
        &self,
        command: redis::Cmd,
    ) -> Result<T, CallError> {
        let mut connection = self.connection.clone();
        command.query_async(&mut connection).await.map_err(|error| self.note(error))
    }

    /// Returns `true` if the server answers.
    pub(crate) async fn is_alive(&self) -> bool {
        let ping = self.command::<String>(redis::cmd("PING"));
        matches!(clock::timeout(PATIENCE, ping).await, Ok(Ok(_)))
    }

    /// Begins to receive announcements under these names.
    pub(crate) async fn subscribe(&self, names: &[String]) -> Result<(), CallError> {
        self.connection.clone().subscribe(names).await.map_err(|error| self.note(error))
    }

    /// Ends the announcements under these names.
    pub(crate) async fn unsubscribe(&self, names: &[String]) -> Result<(), CallError> {
        self.connection.clone().unsubscribe(names).await.map_err(|error| self.note(error))
    }

    /// Notes an error that ends the connection.
    fn note(&self, error: RedisError) -> CallError {
        if error.is_unrecoverable_error() || is_of_this_server(&error) {
            self.lost.cancel();
        }
        call_error(&self.address, error)
    }
}
