//! A Redis server, and the connection to it: one at a time, for requests and announcements, which is made again when
//! it is lost.

mod error;
mod keeper;

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo as _, ProtocolVersion,
    PushInfo, PushKind, RedisError, ScriptInvocation,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use self::error::{CallError, malformed, silent};
use self::error::{call_error, is_of_this_server, of_connection};
pub(crate) use self::keeper::{Keeper, PATIENCE, is_alive, keep};
use crate::clock::{self, Instant};
use crate::store::{StoreError, StoreErrorKind};

/// Maximum time to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// Maximum time for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// The server, and the present connection to it.
pub(crate) struct Server {
    client: Client,
    /// Host and port, or the path of a socket.
    address: String,
    contact: watch::Sender<Contact>,
}

/// State of the connection.
enum Contact {
    /// There is none since that time, because of that error.
    Down {
        error: Option<StoreError>,
        since: Instant,
    },
    Up(Link),
}

/// A connection.
#[derive(Clone)]
pub(crate) struct Link {
    connection: MultiplexedConnection,
    /// Number of the connection, from 1.
    pub(crate) number: u64,
    /// Cancelled once the connection is not used any more.
    pub(crate) lost: CancellationToken,
    address: String,
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
        let contact = watch::Sender::new(Contact::Down { error: None, since: Instant::now() });
        Ok(Self { client, address, contact })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the number of the database.
    pub(crate) fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// Connects. `announced` is called with each announcement; `inspect` looks at the server before the connection is
    /// used.
    async fn connect<F>(
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
                connecting.await.map_err(|error| of_connection(&self.address, error))?;
            let link = Link { connection, number, lost, address: self.address.clone() };
            let info = self.check(&link).await?;
            inspect(link.clone(), info).await?;
            Ok(link)
        };
        let connected = clock::timeout(CONNECT, connecting).await;
        connected.unwrap_or_else(|_| Err(silent(&self.address)))
    }

    /// Checks that the server can be used; returns what it says of itself.
    async fn check(&self, link: &Link) -> Result<Info, StoreError> {
        let info = Info(link.command(redis::cmd("INFO")).await?);
        let version = info.field("redis_version");
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < 7) {
            let message = format!("Redis at {} has version {version}: 7.0 is needed", self.address);
            return Err(StoreError::new(StoreErrorKind::Incompatible, message));
        }
        if info.field("role") == "slave" {
            let message = format!("Redis at {} is a replica: connect to the primary", self.address);
            return Err(StoreError::new(StoreErrorKind::Unavailable, message));
        }
        Ok(info)
    }

    /// Sets the present connection.
    pub(crate) fn up(&self, link: Link) {
        self.contact.send_replace(Contact::Up(link));
    }

    /// Notes that there is no connection.
    pub(crate) fn down(&self, error: Option<StoreError>) {
        self.contact.send_modify(|contact| {
            let since = match contact {
                Contact::Down { since, .. } => *since,
                Contact::Up(_) => Instant::now(),
            };
            *contact = Contact::Down { error, since };
        });
    }

    /// Returns the error because of which there is no connection.
    pub(crate) fn error(&self) -> StoreError {
        match &*self.contact.borrow() {
            Contact::Down { error: Some(error), .. } => error.clone(),
            Contact::Down { error: None, .. } | Contact::Up(_) => silent(&self.address),
        }
    }

    /// Returns the time since there is no connection.
    pub(crate) fn absence(&self) -> Option<Duration> {
        match &*self.contact.borrow() {
            Contact::Down { since, .. } => Some(since.elapsed()),
            Contact::Up(_) => None,
        }
    }

    /// Waits for a connection, or for an error that does not pass.
    pub(crate) async fn started(&self, within: Duration) -> Result<(), StoreError> {
        let mut contact = self.contact.subscribe();
        let started = contact.wait_for(|contact| match contact {
            Contact::Up(_) => true,
            Contact::Down { error, .. } => {
                error.as_ref().is_some_and(|error| error.kind() != StoreErrorKind::Unavailable)
            }
        });
        match clock::timeout(within, started).await {
            Ok(Ok(contact)) if matches!(*contact, Contact::Up(_)) => Ok(()),
            _ => Err(self.error()),
        }
    }

    /// Waits for a connection.
    pub(crate) async fn link(&self, within: Duration) -> Result<Link, StoreError> {
        let mut contact = self.contact.subscribe();
        let is_up = |contact: &Contact| matches!(contact, Contact::Up(link) if !link.is_lost());
        let link = clock::timeout(within, contact.wait_for(is_up)).await;
        match link.as_ref().map(Result::as_deref) {
            Ok(Ok(Contact::Up(link))) => Ok(link.clone()),
            _ => {
                drop(link);
                Err(self.error())
            }
        }
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
