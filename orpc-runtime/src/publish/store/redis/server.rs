//! The connection to the server: one at a time, for requests and announcements.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, FromRedisValue, IntoConnectionInfo as _, ProtocolVersion,
    PushInfo, PushKind, RedisError, ScriptInvocation,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::error::{CallError, call_error, is_of_this_server, of_connection, silent};
use crate::clock;
use crate::publish::durability::Durability;
use crate::publish::error::{StoreError, StoreErrorKind};

/// Maximum time to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// Maximum time for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// The server, and the present connection to it.
pub(super) struct Server {
    client: Client,
    /// Host and port, or the path of a socket.
    address: String,
    contact: watch::Sender<Contact>,
    durability: Mutex<Durability>,
}

/// State of the connection.
enum Contact {
    /// There is none, because of that error.
    Down(Option<StoreError>),
    Up(Link),
}

/// A connection.
#[derive(Clone)]
pub(super) struct Link {
    connection: MultiplexedConnection,
    /// Number of the connection, from 1.
    pub(super) number: u64,
    /// Cancelled once the connection is not used any more.
    pub(super) lost: CancellationToken,
    address: String,
}

impl Server {
    /// Reads the URL of a server.
    pub(super) fn new(url: &str) -> Result<Self, StoreError> {
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
        let contact = watch::Sender::new(Contact::Down(None));
        Ok(Self { client, address, contact, durability: Mutex::new(Durability::Memory) })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the number of the database.
    pub(super) fn database(&self) -> i64 {
        self.client.get_connection_info().redis_settings().db()
    }

    /// Returns the durability of the server's present settings.
    pub(super) fn durability(&self) -> Durability {
        *self.durability.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects. `announced` is called with each announcement.
    pub(super) async fn connect(
        &self,
        number: u64,
        announced: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> Result<Link, StoreError> {
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
            let mut link = Link { connection, number, lost, address: self.address.clone() };
            self.inspect(&mut link).await?;
            Ok(link)
        };
        let connected = clock::timeout(CONNECT, connecting).await;
        connected.unwrap_or_else(|_| Err(silent(&self.address)))
    }

    /// Checks the version and the settings of the server.
    async fn inspect(&self, link: &mut Link) -> Result<(), StoreError> {
        let info: String = link.command(redis::cmd("INFO")).await?;
        let field = |name: &str| info.lines().find_map(|line| line.strip_prefix(name));
        let version = field("redis_version:").unwrap_or_default().trim();
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        if major.is_none_or(|major| major < 7) {
            let message = format!("Redis at {} has version {version}: 7.0 is needed", self.address);
            return Err(StoreError::new(StoreErrorKind::Incompatible, message));
        }
        if field("role:").is_some_and(|role| role.trim() == "slave") {
            let message = format!("Redis at {} is a replica: connect to the primary", self.address);
            return Err(StoreError::new(StoreErrorKind::Unavailable, message));
        }
        let policy = field("maxmemory_policy:").unwrap_or_default().trim();
        if link.number == 1 && !matches!(policy, "" | "noeviction") {
            tracing::warn!(
                address = self.address,
                policy,
                "Redis may evict events: set maxmemory-policy to noeviction"
            );
        }
        let mut settings = redis::cmd("CONFIG");
        settings.arg("GET").arg("appendonly").arg("appendfsync");
        // Hosted servers do not tell.
        let settings: HashMap<String, String> = link.command(settings).await.unwrap_or_default();
        let is = |name: &str, value: &str| settings.get(name).is_some_and(|set| set == value);
        let durability = if is("appendonly", "yes") && is("appendfsync", "always") {
            Durability::Commit
        } else {
            // With `everysec` the server answers before it writes while a sync takes long.
            Durability::Memory
        };
        *self.durability.lock().unwrap_or_else(PoisonError::into_inner) = durability;
        Ok(())
    }

    /// Sets the present connection.
    pub(super) fn up(&self, link: Link) {
        self.contact.send_replace(Contact::Up(link));
    }

    /// Notes that there is no connection.
    pub(super) fn down(&self, error: Option<StoreError>) {
        self.contact.send_replace(Contact::Down(error));
    }

    /// Returns the error because of which there is no connection.
    pub(super) fn error(&self) -> StoreError {
        match &*self.contact.borrow() {
            Contact::Down(Some(error)) => error.clone(),
            Contact::Down(None) | Contact::Up(_) => silent(&self.address),
        }
    }

    /// Waits for a connection, or for an error that does not pass.
    pub(super) async fn started(&self, within: Duration) -> Result<(), StoreError> {
        let mut contact = self.contact.subscribe();
        let started = contact.wait_for(|contact| match contact {
            Contact::Up(_) => true,
            Contact::Down(error) => {
                error.as_ref().is_some_and(|error| error.kind() != StoreErrorKind::Unavailable)
            }
        });
        match clock::timeout(within, started).await {
            Ok(Ok(contact)) if matches!(*contact, Contact::Up(_)) => Ok(()),
            _ => Err(self.error()),
        }
    }

    /// Waits for a connection.
    pub(super) async fn link(&self, within: Duration) -> Result<Link, StoreError> {
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
}

impl Link {
    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_cancelled()
    }

    /// Invokes a script.
    pub(super) async fn invoke<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, CallError> {
        let mut connection = self.connection.clone();
        script.invoke_async(&mut connection).await.map_err(|error| self.note(error))
    }

    /// Executes a command.
    pub(super) async fn command<T: FromRedisValue>(
        &self,
        command: redis::Cmd,
    ) -> Result<T, CallError> {
        let mut connection = self.connection.clone();
        command.query_async(&mut connection).await.map_err(|error| self.note(error))
    }

    /// Begins to receive announcements under these names.
    pub(super) async fn subscribe(&self, names: &[String]) -> Result<(), CallError> {
        self.connection.clone().subscribe(names).await.map_err(|error| self.note(error))
    }

    /// Ends the announcements under these names.
    pub(super) async fn unsubscribe(&self, names: &[String]) -> Result<(), CallError> {
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
