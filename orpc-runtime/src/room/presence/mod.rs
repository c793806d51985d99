//! Presence: those who are connected to any of several processes.

mod message;
mod roster;
mod watchers;

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::select;
use futures::{Stream, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};

use self::message::{Message, Text};
use self::roster::Roster;
pub use self::watchers::PresenceChange;
use self::watchers::{Watchers, read};
use super::node::NodeId;
use super::unreadable::Unreadable;
use crate::clock::{self, TimerInstant as Instant};
use crate::core::Error;
use crate::publish::{PublishError, Publisher, ReadError, Start};
use crate::socket::{Group, Socket};
use crate::task::{AbortHandle, Handle};

/// Maximum length of a member as JSON text, in bytes.
const MAX_MEMBER: usize = 2048;

/// Pause after a failure of the publisher.
const PAUSE: Duration = Duration::from_millis(500);

/// Those who are connected to any of several processes: members of type `T`, which are the same if their JSON is. Several
/// connections of one member, in whatever process, are one member present. Cheap to clone.
///
/// The processes tell each other by a [`Publisher`] on a Redis or NATS server, and beat every 2 s
/// ([`interval`](PresenceBuilder::interval)):
///
/// * who joins or leaves is known to the others as soon as it is published;
/// * a process that starts knows the others' members as soon as they have answered, at the latest after one interval;
/// * a process that ends by [`close`](Presence::close), or drops its presence, takes its members with it at once;
/// * the members of one that was killed, paused or cut off are gone after three intervals, 6 s. Of one that comes back
///   they join again.
///
/// Each of them is told once, as a [`PresenceChange`]. No clocks are compared. While a process cannot reach
/// the server, it keeps the members of all processes as present. The times hold while the server answers.
///
/// ```
/// use orpc_runtime::prelude::*;
/// use orpc_runtime::{Presence, PresenceGuard};
///
/// #[derive(Serialize, Deserialize, JsonSchema)]
/// pub struct Person { name: String }
///
/// pub struct App { present: Presence<Person> }
///
/// /// Keeps the caller present for as long as the stream is read.
/// #[procedure]
/// pub fn attend(app: &App, person: Person) -> Result<impl Stream<Item = usize>, Error> {
///     let guard: PresenceGuard = app.present.enter(&person)?;
///     let changes = app.present.changes();
///     let present = app.present.clone();
///     Ok(changes.map(move |_| {
///         let _here = &guard;
///         present.len()
///     }))
/// }
///
/// #[procedure]
/// pub async fn people(app: &App) -> Vec<Person> {
///     app.present.members()
/// }
/// ```
pub struct Presence<T> {
    handle: Arc<PresenceHandle>,
    types: PhantomData<fn(T) -> T>,
}

/// Configuration of a [`Presence`].
#[derive(Debug, Clone)]
pub struct PresenceBuilder {
    interval: Duration,
    limit: usize,
}

/// A connection of a member, who is present until it is dropped.
#[must_use = "the member leaves when it is dropped"]
pub struct PresenceGuard {
    handle: Arc<PresenceHandle>,
    member: Text,
}

/// Error of a member who cannot be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PresenceError {
    /// The member cannot be serialised as JSON.
    #[error("the member cannot be serialised")]
    Unserialisable(#[source] serde_json::Error),
    /// The member is too long.
    #[error("the member has {length} bytes of JSON, the limit is {MAX_MEMBER}")]
    TooLarge {
        /// Length of the member, in bytes.
        length: usize,
    },
    /// All members together have more bytes than the [limit](PresenceBuilder::memory_limit).
    #[error("the presence is full")]
    Full,
}

/// Handle of a presence, which ends when no one has it.
struct PresenceHandle {
    shared: Arc<Shared>,
    sockets: Arc<Sockets>,
    reader: AbortHandle,
    ended: watch::Receiver<()>,
}

/// State that its tasks share.
struct Shared {
    roster: Mutex<Roster>,
    /// Wakes the writer.
    work: Notify,
    closing: watch::Sender<bool>,
}

/// The members who are present by their sockets.
#[derive(Default)]
struct Sockets(Mutex<HashMap<u64, PresenceGuard>>);

impl Default for PresenceBuilder {
    fn default() -> Self {
        Self { interval: Duration::from_secs(2), limit: 64 << 20 }
    }
}

impl PresenceBuilder {
    /// Sets the time between two beats of a process; 2 s by default, at least 10 ms. Has to be the same in all processes: of
    /// one that was killed the members are gone after three of them.
    #[must_use]
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval.max(Duration::from_millis(10));
        self
    }

    /// Sets the maximum memory of all members in bytes, with 160 for each beside its JSON; 64 MiB by
    /// default.
    #[must_use]
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Opens the presence of that name, on a publisher of any type: its channel is named `presence:{name}`, beside those of
    /// its events. It needs a runtime.
    ///
    /// # Errors
    /// If there is no runtime, or the system has no random numbers.
    pub fn open<T, E>(self, publisher: &Publisher<E>, name: &str) -> Result<Presence<T>, Error> {
        let runtime = Handle::try_current().map_err(Error::internal)?;
        let publisher = publisher.with_events_as();
        let channel = format!("presence:{name}");
        let roster = Roster::new(NodeId::random()?, self.limit, Watchers::new());
        let shared = Arc::new(Shared {
            roster: Mutex::new(roster),
            work: Notify::new(),
            closing: watch::Sender::new(false),
        });
        let (ending, ended) = watch::channel(());
        let link =
            Link { shared: Arc::clone(&shared), publisher, channel, interval: self.interval };
        let reader = runtime.spawn(link.clone().read()).abort_handle();
        runtime.spawn(async move {
            link.write().await;
            drop(ending);
        });
        let handle = Arc::new(PresenceHandle { shared, sockets: Arc::default(), reader, ended });
        Ok(Presence { handle, types: PhantomData })
    }
}

impl Presence<()> {
    /// Returns a builder, which does not depend on the type of the members.
    pub fn builder() -> PresenceBuilder {
        PresenceBuilder::default()
    }
}

impl<T> Presence<T> {
    /// Opens the presence of that name with the defaults of [`PresenceBuilder`].
    ///
    /// # Errors
    /// See [`PresenceBuilder::open`].
    pub fn open<E>(publisher: &Publisher<E>, name: &str) -> Result<Self, Error> {
        PresenceBuilder::default().open(publisher, name)
    }

    /// Returns the number of members who are present.
    pub fn len(&self) -> usize {
        self.handle.shared.roster().len()
    }

    /// Returns `true` if nobody is present.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends the connection of a socket that [joined](Presence::join) before the socket ends. Returns `false` if it had not.
    pub fn leave(&self, socket: &Socket) -> bool {
        let sockets = &self.handle.sockets;
        let group: Arc<dyn Group> = Arc::clone(sockets) as _;
        let mut guards = sockets.guards();
        socket.leave(&group);
        let guard = guards.remove(&socket.id());
        drop(guards);
        guard.is_some()
    }

    /// Tells the other processes that all members of this one leave, for a clean end of the service.
    /// It returns when that is published or has failed. Members who enter afterwards are not told of.
    pub async fn close(&self) {
        self.handle.shared.close();
        // The sender is dropped at the end.
        self.handle.ended.clone().changed().await.ok();
    }
}

impl<T: Serialize + DeserializeOwned> Presence<T> {
    /// Adds a connection of a member, for as long as the returned guard lives.
    ///
    /// # Errors
    /// If the member is no JSON or has more than 2,048 bytes of it, or the presence is full.
    pub fn enter(&self, member: &T) -> Result<PresenceGuard, PresenceError> {
        let member: Text = text(member)?.into();
        let shared = &self.handle.shared;
        shared.roster().enter(Text::clone(&member)).map_err(|_| PresenceError::Full)?;
        shared.work.notify_one();
        Ok(PresenceGuard { handle: Arc::clone(&self.handle), member })
    }

    /// Adds a connection of a member, for as long as the socket lives. A socket has one member: another one replaces it.
    /// Returns `false` if the socket has ended.
    ///
    /// # Errors
    /// As [`enter`](Presence::enter).
    pub fn join(&self, socket: &Socket, member: &T) -> Result<bool, PresenceError> {
        let guard = self.enter(member)?;
        let sockets = &self.handle.sockets;
        // Held for both, so that the socket and the presence agree.
        let mut guards = sockets.guards();
        let lives = socket.enter(Arc::clone(sockets) as _);
        let former = if lives { guards.insert(socket.id(), guard) } else { Some(guard) };
        drop(guards);
        drop(former);
        Ok(lives)
    }

    /// Returns those who are present, in the order of their JSON.
    pub fn members(&self) -> Vec<T> {
        self.handle.shared.roster().members()
    }

    /// Returns `true` if the member is present.
    pub fn contains(&self, member: &T) -> bool {
        text(member).is_ok_and(|member| self.handle.shared.roster().is_present(&member))
    }

    /// Returns those who join and leave from now on. Up to 1,024 changes may be unread.
    pub fn changes(&self) -> impl Stream<Item = PresenceChange<T>> + Send + Unpin + use<T> {
        self.handle.shared.roster().watchers().follow()
    }

    /// Returns those who are present, and the changes since then.
    pub fn watch(&self) -> (Vec<T>, impl Stream<Item = PresenceChange<T>> + Send + Unpin + use<T>) {
        let roster = self.handle.shared.roster();
        (roster.members(), roster.watchers().follow())
    }
}

/// Returns a member as JSON.
fn text<T: Serialize>(member: &T) -> Result<String, PresenceError> {
    let text = serde_json::to_string(member).map_err(PresenceError::Unserialisable)?;
    if text.len() > MAX_MEMBER {
        return Err(PresenceError::TooLarge { length: text.len() });
    }
    Ok(text)
}

impl Roster {
    fn members<T: DeserializeOwned>(&self) -> Vec<T> {
        let mut members: Vec<_> = self.present().collect();
        members.sort();
        members.into_iter().filter_map(|member| read(member)).collect()
    }
}

impl Shared {
    fn roster(&self) -> MutexGuard<'_, Roster> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.closing.send_replace(true);
        self.work.notify_one();
    }
}

impl Drop for PresenceHandle {
    fn drop(&mut self) {
        self.reader.abort();
        self.shared.close();
    }
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        self.handle.shared.roster().leave(&self.member);
        self.handle.shared.work.notify_one();
    }
}

impl Sockets {
    fn guards(&self) -> MutexGuard<'_, HashMap<u64, PresenceGuard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group for Sockets {
    fn take(self: Arc<Self>, _: &Socket) {}

    fn forget(&self, socket: &Socket) {
        let guard = self.guards().remove(&socket.id());
        drop(guard);
    }
}

/// The tasks between the members and the channel.
#[derive(Clone)]
struct Link {
    shared: Arc<Shared>,
    publisher: Publisher<Message>,
    channel: String,
    interval: Duration,
}

impl Link {
    /// Reads the channel, again and again if that fails, until the publisher is closed.
    async fn read(self) {
        loop {
            let failure = self.follow().await;
            if failure.is_closed() {
                return;
            }
            tracing::warn!(channel = self.channel, error = %failure, "a presence cannot be read");
            if failure.is_final() {
                return;
            }
            clock::sleep(PAUSE).await;
        }
    }

    /// Receives messages until they cannot be read.
    async fn follow(&self) -> Unreadable {
        let mut messages = match self.publisher.subscribe(&self.channel, Start::Latest) {
            Ok(messages) => messages,
            Err(error) => return error.into(),
        };
        if let Err(error) = messages.opened().await {
            return error.into();
        }
        self.resume();
        while let Some(next) = messages.next().await {
            match next {
                Ok(message) => match message.value() {
                    Ok(message) => self.receive(message),
                    Err(error) => error.log("a message of a presence"),
                },
                Err(ReadError::Gap(_)) => self.resume(),
                Err(error) => return error.into(),
            }
        }
        ReadError::Closed.into()
    }

    fn resume(&self) {
        self.shared.roster().resume();
        self.shared.work.notify_one();
    }

    fn receive(&self, message: Message) {
        self.shared.roster().receive(message);
        self.shared.work.notify_one();
    }

    /// Publishes beats, changes and lists, one after the other, until the presence is closed.
    async fn write(&self) {
        let mut next_beat = Instant::now();
        while !*self.shared.closing.borrow() {
            let now = Instant::now();
            if now >= next_beat {
                next_beat = now + self.interval;
                let beat = {
                    let mut roster = self.shared.roster();
                    roster.ask_again();
                    roster.beat()
                };
                // The others ask for what is missing.
                if let Err(PublishError::Closed) = self.publish(&beat).await {
                    return;
                }
                continue;
            }
            let messages = self.shared.roster().next_messages();
            if messages.is_empty() {
                let beat = pin!(clock::sleep(next_beat - now));
                let work = pin!(self.shared.work.notified());
                select(work, beat).await;
                continue;
            }
            for message in messages {
                if self.publish(&message).await.is_err() {
                    self.shared.roster().doubt();
                    clock::sleep(PAUSE).await;
                    break;
                }
            }
        }
        let goodbye = self.shared.roster().goodbye();
        // An error is logged: the others notice the silence.
        self.publish(&goodbye).await.ok();
    }

    async fn publish(&self, message: &Message) -> Result<(), PublishError> {
        let published = self.publisher.publish(&self.channel, message).await;
        published.map(drop).inspect_err(|error| {
            tracing::warn!(channel = self.channel, %error, "a presence is not published");
        })
    }
}

impl<T> Clone for Presence<T> {
    fn clone(&self) -> Self {
        Self { handle: Arc::clone(&self.handle), types: PhantomData }
    }
}

impl<T> fmt::Debug for Presence<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for PresenceGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresenceGuard").finish_non_exhaustive()
    }
}
