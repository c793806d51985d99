//! The state of a channel in memory.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use http::Uri;
use tokio::sync::Mutex;

use super::bindings::Bindings;
use super::member::{Member, ReadingEvent};
use crate::clock;
use crate::core::{Code, Error, EventMeta, LastEventId};
use crate::durable::client::DurableClient;
use crate::durable::credentials::{Credentials, INVALID, without_token};
use crate::durable::ids::{BadId, TokenHash, grant};
use crate::durable::token::{Claims, KeyError, SigningKeys};
use crate::procedure::HibernationId;
use crate::publish::{
    EventId, Gap, IntoStart, NewEvent, PublishError, ReadError, Start, StoreError, StoreErrorKind,
};
use crate::socket::{CloseCode, SendError, Socket, SocketConfig};
use crate::stateful::{
    Appended, EventLog, Keys, Limits, LoggedEvent, RoomHandle, SharedLog, StorageError, spawn,
    store_error,
};
use crate::value::Value;

/// Close reason of the sockets of a revoked client.
const REVOKED: &str = "Token revoked";

/// Fraction of the retention that passes between two removals of old events, at least.
const STEPS: u32 = 16;

/// Maximum number of events of one read.
const PAGE: usize = 16;

/// Shortest time to the next alarm.
const SHORTEST: Duration = Duration::from_millis(1);

/// Numbers that a kind of channels sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) log: Limits,
    pub(super) sockets_per_client: usize,
    pub(super) sockets_per_channel: usize,
}

/// A channel in memory, of which there is one for a storage: a task may hold that of a former
/// instance of the room, whose alarm and numbers are those of the next one.
pub(in crate::durable) struct Shared {
    pub(super) room: RoomHandle,
    keys: Result<SigningKeys, KeyError>,
    settings: Settings,
    log: Arc<SharedLog>,
    bindings: Mutex<Bindings>,
    alarm: Mutex<Alarm>,
}

/// The alarm of the room.
#[derive(Default)]
enum Alarm {
    #[default]
    Unknown,
    /// It rings then or earlier.
    Set(SystemTime),
    /// It rings, and is set again at the end, for that time at the latest.
    Ringing(Option<SystemTime>),
}

impl Shared {
    pub(super) fn new(
        room: RoomHandle,
        keys: Result<SigningKeys, KeyError>,
        settings: Settings,
    ) -> Arc<Self> {
        let storage = room.storage().clone();
        let bindings = Mutex::new(Bindings::new(storage.clone()));
        let log = SharedLog::of(&storage, Keys::CHANNEL, settings.log);
        let alarm = Mutex::default();
        let new = Self { room, keys, settings, log, bindings, alarm };
        storage.shared(|_| true, || new)
    }

    fn keys(&self) -> Result<&SigningKeys, Error> {
        self.keys.as_ref().map_err(|error| Error::internal(*error))
    }

    /// Admits the client of an upgrade request.
    pub(super) async fn accept(self: &Arc<Self>, uri: &Uri) -> Result<SocketConfig, Error> {
        let Credentials { id, token } = Credentials::of(uri).map_err(unauthorized)?;
        let now = clock::wall();
        let claims = Claims::verify(&token, self.keys()?, now);
        let claims = claims.ok().filter(|claims| claims.chn == self.room.name());
        let claims = claims.ok_or_else(|| unauthorized(INVALID))?;
        let token = TokenHash::of(&token);
        let bindings = self.bindings.lock().await;
        let checked = bindings.check(&id, &claims, &token, Some(grant(&claims)), now).await?;
        drop(bindings);
        checked.map_err(|_| unauthorized(INVALID))?;
        let sockets = self.room.sockets();
        let has_room = sockets.len() < self.settings.sockets_per_channel;
        if !has_room && sockets.tagged(&id).is_empty() {
            return Err(Error::new(Code::ServiceUnavailable).with_message("Too many sockets"));
        }
        // Rooms find the sockets of a client by its id.
        let config = SocketConfig::new().uri(without_token(uri));
        let config = config.tag(id.as_ref()).map_err(|_| unauthorized(INVALID))?;
        let client = DurableClient::new(&id, claims);
        let member = Member::new(client, token, Arc::downgrade(self));
        member.accept(config).map_err(|error| {
            tracing::warn!(%error, "a token is too long for a channel");
            let text = "The token is too long: shorten its tags or attachment";
            Error::new(Code::PayloadTooLarge).with_message(text)
        })
    }

    /// Registers an open socket, or closes it.
    pub(super) async fn joined(&self, socket: &Socket) {
        let Ok(member) = Member::of(socket) else { return };
        if let Err(error) = self.register(socket, member).await {
            tracing::error!(%error, "the storage of a channel fails");
            socket.close(CloseCode::INTERNAL, "The channel cannot be used");
        }
    }

    async fn register(&self, socket: &Socket, member: &Member) -> Result<(), StorageError> {
        let (client, now) = (&member.client, clock::wall());
        let (claims, sockets) = (client.claims(), self.room.sockets());
        if let Some(token) = &member.token {
            let mut bindings = self.bindings.lock().await;
            let checked =
                bindings.check(client.id(), &claims, token, Some(grant(&claims)), now).await?;
            match checked {
                Ok(()) => {}
                Err(BadId::Revoked) => {
                    socket.close(CloseCode::POLICY, REVOKED);
                    return Ok(());
                }
                Err(BadId::Taken) => {
                    socket.close(CloseCode::POLICY, INVALID);
                    return Ok(());
                }
            }
            let is_open = |id: &str| !sockets.tagged(id).is_empty();
            bindings.bind(client.id(), &claims, token, now, is_open).await?;
        }
        let own = sockets.tagged(client.id());
        if own.len() > self.settings.sockets_per_client.max(1)
            && let Some(oldest) = own.iter().next()
        {
            oldest.close(CloseCode::POLICY, "Too many sockets of this client");
        } else if sockets.len() > self.settings.sockets_per_channel
            && let Some(oldest) = own.iter().next()
        {
            oldest.close(CloseCode::OVERLOAD, "Too many sockets");
        }
        self.arm(client.expires_at() + SHORTEST).await
    }

    /// Accepts a newer token for a socket. It may change only the methods that the client may
    /// call, its attachment and its expiry.
    pub(in crate::durable) async fn renew(
        &self,
        socket: &Socket,
        member: &Member,
        token: &str,
    ) -> Result<(), Error> {
        let now = clock::wall();
        let new = Claims::renewal(token, self.keys()?, &member.client.claims(), now)?;
        let id = member.client.id();
        let hash = TokenHash::of(token);
        let mut bindings = self.bindings.lock().await;
        let checked = bindings.check(id, &new, &hash, None, now).await?;
        checked.map_err(|_| unauthorized(INVALID))?;
        let sockets = self.room.sockets();
        let is_open = |id: &str| !sockets.tagged(id).is_empty();
        bindings.bind(id, &new, &hash, now, is_open).await?;
        drop(bindings);
        member.renew(socket, new).map_err(|error| {
            tracing::warn!(%error, "a token is too long for a channel");
            let text = "The token is too long: shorten its tags or attachment";
            Error::new(Code::PayloadTooLarge).with_message(text)
        })?;
        self.arm(member.client.expires_at() + SHORTEST).await?;
        Ok(())
    }

    /// Revokes a client for a time. Returns the number of closed sockets.
    pub(super) async fn revoke(&self, client: &str, time: Duration) -> Result<usize, Error> {
        let now = clock::wall();
        let noted = self.bindings.lock().await.revoke(client, time, now).await;
        let sockets = self.room.sockets().tagged(client);
        sockets.close(CloseCode::POLICY, REVOKED);
        noted?.map_err(|_| Error::new(Code::ServiceUnavailable))?;
        if let Some(until) = now.checked_add(time) {
            self.arm(until).await?;
        }
        Ok(sockets.len())
    }

    /// Returns the position of a reader that begins behind `last`, or now.
    pub(super) async fn start(
        &self,
        last: Option<&LastEventId>,
    ) -> Result<Result<EventId, Gap>, Error> {
        let start = last.into_start()?;
        let log = self.log.without_old().await?;
        match start {
            Start::After(last) => Ok(log.position(last).await?),
            _ => Ok(Ok(log.head())),
        }
    }

    /// Begins the iterator of a socket.
    pub(super) fn begin(
        self: &Arc<Self>,
        socket: &Socket,
        id: HibernationId<Value, (), ReadError>,
        start: Result<EventId, Gap>,
    ) -> Result<(), Error> {
        let member = Member::of(socket)?;
        match start {
            Ok(position) => {
                member.begin(socket, id, position)?;
                self.catch_up(socket, member);
            }
            Err(gap) => member.fail(socket, &id, ReadError::Gap(gap)),
        }
        Ok(())
    }

    /// Sends the events that the iterator of a socket has not had, in a task unless it can be done
    /// at once.
    pub(super) fn catch_up(self: &Arc<Self>, socket: &Socket, member: &Arc<Member>) {
        if !member.begin_catching_up() {
            return;
        }
        let (channel, socket, member) = (Arc::clone(self), socket.clone(), Arc::clone(member));
        let mut task = Box::pin(async move { channel.catches_up(&socket, &member).await });
        // On an object it is done here, so that no eviction interrupts it.
        if task.as_mut().now_or_never().is_none() {
            spawn(task);
        }
    }

    async fn catches_up(&self, socket: &Socket, member: &Member) {
        loop {
            socket.outbox().room().await;
            let log = self.log.lock().await;
            let Some((id, position)) = member.behind() else { return };
            let events = match &log {
                Ok(log) => log.read(position, PAGE).await,
                Err(error) => Err(error.clone()),
            };
            // Another iterator of the socket may have begun meanwhile: the task goes on with it.
            match events {
                Ok(Ok(events)) => {
                    let last = events.last().map(|event| event.id);
                    let mut behind = position;
                    let stopped = events.iter().find_map(|event| {
                        let send = || encoded(event).try_send(socket, &id);
                        let sent = member.send(socket, event, send);
                        behind = if sent.is_ok() { event.id } else { behind };
                        sent.err()
                    });
                    match stopped {
                        None if last.is_none() => member.move_to(socket, &id, None),
                        // The rest is read again when there is room.
                        None | Some(SendError::Full) => member.move_to(socket, &id, Some(behind)),
                        // The client has stopped the iterator, or left.
                        Some(_) => member.end(socket, &id),
                    }
                }
                Ok(Err(gap)) => member.fail(socket, &id, ReadError::Gap(gap)),
                Err(error) => member.fail(socket, &id, ReadError::Store(store_error(error))),
            }
        }
    }

    /// Publishes an event. Unlike the returned future, it is not stopped by being dropped: events
    /// that are stored reach the sockets.
    pub(super) fn publish(
        self: Arc<Self>,
        event: NewEvent,
    ) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let (sender, outcome) = oneshot::channel();
        let unknown = |text: &str| {
            PublishError::OutcomeUnknown(Some(StoreError::new(StoreErrorKind::Unavailable, text)))
        };
        let task = async move {
            // The publisher may not wait for it.
            sender.send(self.publishes(event).await).ok();
        };
        if !spawn(Box::pin(task)) {
            let failed = StoreError::new(StoreErrorKind::Unavailable, "no tokio runtime runs");
            return Box::pin(std::future::ready(Err(PublishError::Failed(failed))));
        }
        Box::pin(async move {
            outcome.await.unwrap_or_else(|_| Err(unknown("the task that publishes has ended")))
        })
    }

    async fn publishes(self: &Arc<Self>, event: NewEvent) -> Result<EventId, PublishError> {
        if event.channel() != self.room.name() {
            return Err(PublishError::InvalidChannel);
        }
        let failed = |error: StorageError| PublishError::Failed(store_error(error));
        let mut log = self.log.lock().await.map_err(failed)?;
        // Before the event is stored, so that nothing is awaited between that and its delivery.
        let due = clock::wall().checked_add(self.settings.log.retention);
        if let Some(due) = due {
            self.arm(due + SHORTEST).await.map_err(failed)?;
        }
        match log.append(&event).await {
            Ok(Appended::Known(id)) => Ok(id),
            Ok(Appended::New(event)) => {
                self.deliver(&event);
                Ok(event.id)
            }
            Err(error) => {
                if matches!(error, PublishError::OutcomeUnknown(_)) {
                    self.open_again(&mut log).await;
                }
                Err(error)
            }
        }
    }

    /// Opens the log again after a failed write, which may have taken effect.
    async fn open_again(self: &Arc<Self>, log: &mut EventLog) {
        let head = log.head();
        let sockets = self.room.sockets().everyone();
        match log.reopen().await {
            Ok(()) => {
                for socket in &sockets {
                    let Ok(member) = Member::of(socket) else { continue };
                    member.fall_behind(socket, head);
                    self.catch_up(socket, member);
                }
            }
            // Nobody knows what was stored: clients come back with their positions.
            Err(error) => {
                tracing::error!(%error, "the log of a channel cannot be opened");
                sockets.close(CloseCode::INTERNAL, "The channel starts again");
            }
        }
    }

    fn deliver(&self, event: &LoggedEvent) {
        let encoded = encoded(event);
        for socket in self.room.sockets().everyone() {
            if let Ok(member) = Member::of(&socket) {
                member.deliver(&socket, event, &encoded);
            }
        }
    }

    /// Sets the alarm of the room, unless it rings earlier.
    async fn arm(&self, at: SystemTime) -> Result<(), StorageError> {
        let mut alarm = self.alarm.lock().await;
        let storage = self.room.storage();
        let set = match &mut *alarm {
            Alarm::Unknown => storage.alarm().await?,
            Alarm::Set(set) => Some(*set),
            Alarm::Ringing(next) => {
                *next = Some(next.map_or(at, |next| next.min(at)));
                return Ok(());
            }
        };
        *alarm = match set {
            Some(set) if set <= at => Alarm::Set(set),
            _ => {
                storage.set_alarm(at).await?;
                Alarm::Set(at)
            }
        };
        Ok(())
    }

    /// Closes sockets whose tokens have expired, and removes what is old. If it fails it is
    /// repeated.
    pub(super) async fn ring(self: &Arc<Self>) -> Result<(), Error> {
        *self.alarm.lock().await = Alarm::Ringing(None);
        let now = clock::wall();
        for socket in self.room.sockets().everyone() {
            let Ok(member) = Member::of(&socket) else { continue };
            if member.client.may_go_on(&socket, now) {
                self.arm(member.client.expires_at() + SHORTEST).await?;
                self.catch_up(&socket, member);
            }
        }
        let due = self.log.without_old().await?.due();
        if let Some(due) = due {
            let shortest = self.settings.log.retention / STEPS;
            self.arm(now + due.max(shortest).max(SHORTEST)).await?;
        }
        if let Some(at) = self.bindings.lock().await.remove_expired(now).await? {
            self.arm(UNIX_EPOCH + Duration::from_millis(at.saturating_add(1))).await?;
        }
        let mut alarm = self.alarm.lock().await;
        let storage = self.room.storage();
        *alarm = match *alarm {
            Alarm::Ringing(Some(next)) => {
                storage.set_alarm(next).await?;
                Alarm::Set(next)
            }
            // One that is still set is the one that rings.
            _ => {
                storage.delete_alarm().await?;
                Alarm::Unknown
            }
        };
        Ok(())
    }

    /// Returns the clients of the open sockets.
    pub(super) fn clients(&self) -> Vec<DurableClient> {
        let sockets = self.room.sockets().everyone();
        let member = |socket: &Socket| Some(Member::of(socket).ok()?.client.clone());
        sockets.iter().filter_map(member).collect()
    }
}

fn encoded(event: &LoggedEvent) -> ReadingEvent {
    let meta = EventMeta { id: Some(event.id.to_string()), ..EventMeta::default() };
    ReadingEvent::of_envelope(meta, event.envelope.clone())
}

fn unauthorized(text: &'static str) -> Error {
    Error::new(Code::Unauthorized).with_message(text)
}
