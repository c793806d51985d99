//! Fan-out: the readers of one channel, and the delivery of events to them.
//!
//! One task reads the channel's log and sends each event to the readers that have all
//! events before it: such a reader has no task. A reader that resumes at an older
//! position, or whose socket has no room, has a task of its own that reads the log from
//! its position, as fast as the socket accepts events, until it has caught up. A
//! reader's position changes together with the event that it is sent, under one lock.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use futures::StreamExt as _;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::client::DurableClient;
use crate::core::{Error, EventMeta};
use crate::procedure::HibernationId;
use crate::publish::{
    Audience, EventId, Published, Publisher, ReadError, SubscribeError, Subscriber, Subscription,
};
use crate::room::EncodedEvent;
use crate::socket::{Group, SendError, Socket};
use crate::value::Value;

/// The id of an iterator on its socket.
pub(super) type IteratorId = HibernationId<Value, (), ReadError>;

/// An event as it is sent to readers.
type Encoded = EncodedEvent<Value, (), ReadError>;

/// Time for which a channel stays open after its last reader has left, for readers that
/// reconnect. Otherwise a channel without events would begin anew each time.
const LINGER: Duration = Duration::from_secs(60);

/// Number of events after which a reader that catches up yields to other tasks.
const EVENTS_PER_TURN: usize = 64;

/// Maximum number of channels that stay open without a reader. Beyond that the one that
/// was left first is closed.
const MAX_LINGERING: usize = 1024;

/// The channels that are open.
pub(super) struct HubTable<T> {
    /// By their names.
    pub(super) by_channel: Mutex<HashMap<Arc<str>, Weak<Hub<T>>>>,
    lingering: Mutex<Lingering<T>>,
}

/// Channels without readers, in the order in which their last reader left.
struct Lingering<T> {
    hubs: BTreeMap<u64, (Arc<Hub<T>>, AbortHandle)>,
    next: u64,
}

impl<T> Default for HubTable<T> {
    fn default() -> Self {
        let lingering = Mutex::new(Lingering { hubs: BTreeMap::new(), next: 0 });
        Self { by_channel: Mutex::default(), lingering }
    }
}

impl<T: Send + Sync + 'static> HubTable<T> {
    fn lingering(&self) -> MutexGuard<'_, Lingering<T>> {
        self.lingering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a channel open for a while.
    fn linger(self: &Arc<Self>, hub: Arc<Hub<T>>, runtime: &Handle) {
        // Dropped when no lock is held, because it removes itself from the table.
        let _surplus;
        let mut lingering = self.lingering();
        let number = lingering.next;
        lingering.next += 1;
        let table = Arc::downgrade(self);
        let end = runtime.spawn(async move {
            tokio::time::sleep(LINGER).await;
            let hub = table.upgrade().and_then(|table| table.lingering().hubs.remove(&number));
            if let Some((hub, _)) = hub {
                hub.state.lock().unwrap_or_else(PoisonError::into_inner).is_lingering = false;
            }
        });
        lingering.hubs.insert(number, (hub, end.abort_handle()));
        let is_full = lingering.hubs.len() > MAX_LINGERING;
        _surplus = if is_full { lingering.hubs.pop_first() } else { None };
        if let Some((_, (hub, end))) = &_surplus {
            end.abort();
            drop(lingering);
            hub.state.lock().unwrap_or_else(PoisonError::into_inner).is_lingering = false;
        }
    }
}

/// The readers of a channel.
pub(super) struct Hub<T> {
    channel: Arc<str>,
    publisher: Publisher<T>,
    state: Mutex<State>,
    own: Weak<Self>,
    /// The table from which it is removed at its end.
    table: Weak<HubTable<T>>,
}

struct State {
    /// The last event that the channel's task has delivered.
    at: EventId,
    /// Readers by socket; each socket has at most one.
    readers: HashMap<u64, Reader>,
    /// The task that reads the channel.
    task: Option<AbortHandle>,
    /// Error with which the task has ended, if it has.
    over: Option<ReadError>,
    /// A timer is set that closes the channel if it has no readers.
    is_lingering: bool,
}

/// A reader with an iterator that hibernates.
struct Reader {
    socket: Socket,
    client: DurableClient,
    iterator: IteratorId,
    recipient: Subscriber,
    /// It has received, or was to skip, all events up to this one.
    position: EventId,
    /// The task that catches up with the others, if there is one.
    task: Option<AbortHandle>,
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Hub<T> {
    /// Opens a channel without readers, from now on.
    pub(super) fn open(
        channel: Arc<str>,
        publisher: &Publisher<T>,
        table: &Arc<HubTable<T>>,
    ) -> Result<Arc<Self>, SubscribeError> {
        let subscription = publisher.subscribe(&channel, crate::publish::Start::Latest)?;
        let state = State {
            at: subscription.fixed_position()?,
            readers: HashMap::new(),
            task: None,
            over: None,
            is_lingering: false,
        };
        let (publisher, state) = (publisher.clone(), Mutex::new(state));
        let hub = Arc::new_cyclic(|own| {
            let (own, table) = (own.clone(), Arc::downgrade(table));
            Self { channel, publisher, state, own, table }
        });
        let task = tokio::spawn(give_out(Arc::downgrade(&hub), subscription)).abort_handle();
        hub.state().task = Some(task);
        Ok(hub)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if no further event will follow.
    pub(super) fn is_over(&self) -> bool {
        self.state().over.is_some()
    }

    /// Adds a reader, which replaces that of the same socket. It gets the events behind
    /// the position of the subscription.
    pub(super) fn join(
        self: &Arc<Self>,
        socket: &Socket,
        client: &DurableClient,
        iterator: IteratorId,
        subscription: Subscription<T>,
        position: EventId,
        is_new: bool,
    ) {
        let recipient = recipient(client);
        // Held throughout, so that no event is missed.
        let mut state = self.state();
        if !socket.enter(Arc::clone(self) as _) {
            return;
        }
        if let Some(former) = state.readers.remove(&socket.id()) {
            socket.release(former.iterator.as_json());
            former.stop();
        }
        let mut reader = Reader {
            socket: socket.clone(),
            client: client.clone(),
            iterator,
            recipient,
            position,
            task: None,
        };
        if let Some(error) = &state.over {
            return reader.tell(error);
        }
        // A reader that begins now has the position of the log's end a moment ago.
        // Events that were delivered since then it reads like a reader that reconnects.
        let is_behind =
            position.epoch() != state.at.epoch() || position.sequence() < state.at.sequence();
        if is_behind || (!is_new && position != state.at) {
            reader.task = Some(self.catch_up(&reader, subscription));
        }
        state.readers.insert(socket.id(), reader);
    }

    /// Lets a reader catch up with the others.
    fn catch_up(self: &Arc<Self>, reader: &Reader, subscription: Subscription<T>) -> AbortHandle {
        let subscription = subscription.subscriber(reader.recipient.clone());
        let (socket, iterator) = (reader.socket.clone(), reader.iterator.clone());
        let task = catch_up(Arc::downgrade(self), socket, iterator, subscription);
        tokio::spawn(task).abort_handle()
    }

    /// Delivers an event to the readers that have all events before it.
    fn give(self: &Arc<Self>, event: &Published<T>) {
        let Some(id) = event.id() else { return };
        let encoded = encode(event);
        let audience = event.audience();
        let mut state = self.state();
        state.at = id;
        let State { readers, .. } = &mut *state;
        let mut gone = Vec::new();
        for (key, reader) in readers.iter_mut() {
            if reader.task.is_some() || reader.has(id) {
                continue;
            }
            match reader.take(&encoded, audience) {
                Ok(()) => reader.position = id,
                // An event that does not fit is not lost: it is read again from the
                // log.
                Err(SendError::Full) => {
                    match self.publisher.subscribe(&self.channel, reader.position) {
                        Ok(subscription) => reader.task = Some(self.catch_up(reader, subscription)),
                        Err(error) => {
                            reader.fail(error.into());
                            gone.push(*key);
                        }
                    }
                }
                Err(SendError::Closed | SendError::Released) => gone.push(*key),
            }
        }
        for key in gone {
            readers.remove(&key);
        }
    }

    /// Ends readers behind the gap with the error, unless a task of their own reads for
    /// them.
    fn end(&self, error: &ReadError) {
        let mut state = self.state();
        let resume = match error {
            ReadError::Gap(gap) => Some(gap.resume()),
            ReadError::Closed | ReadError::Store(_) => None,
        };
        match resume {
            Some(resume) => state.at = resume,
            None => state.over = Some(error.clone()),
        }
        let is_left = |_: &u64, reader: &mut Reader| {
            if reader.task.is_some() || resume.is_some_and(|resume| reader.has(resume)) {
                return true;
            }
            reader.tell(error);
            false
        };
        state.readers.retain(is_left);
    }

    /// Sends an event to a reader that catches up.
    fn give_one(&self, key: u64, iterator: &IteratorId, id: EventId, event: &Encoded) -> Given {
        let mut state = self.state();
        let Some(reader) = state.readers.get_mut(&key).filter(|own| own.iterator == *iterator)
        else {
            return Given::Gone;
        };
        match reader.take(event, None) {
            Ok(()) => {
                reader.position = id;
                Given::Done
            }
            Err(SendError::Full) => Given::Full,
            Err(SendError::Closed | SendError::Released) => {
                state.readers.remove(&key);
                Given::Gone
            }
        }
    }

    /// Called when a reader has read all available events. Returns `true` if it has
    /// caught up or no longer exists; the reader is told if no further event will
    /// follow.
    fn arrive(&self, key: u64, iterator: &IteratorId, position: EventId) -> bool {
        let mut state = self.state();
        let State { at, readers, over, .. } = &mut *state;
        let Some(reader) = readers.get_mut(&key).filter(|own| own.iterator == *iterator) else {
            return true;
        };
        reader.position = position;
        if let Some(error) = over {
            reader.tell(error);
            readers.remove(&key);
            return true;
        }
        // In another epoch it is ahead of the others, or behind them: it reads on until
        // both are in the same epoch.
        let is_there = position.epoch() == at.epoch() && position.sequence() >= at.sequence();
        if is_there {
            reader.task = None;
        }
        is_there
    }

    /// Ends a reader with an error.
    fn fail_one(&self, key: u64, iterator: &IteratorId, error: &ReadError) {
        let mut state = self.state();
        if state.readers.get(&key).is_some_and(|own| own.iterator == *iterator)
            && let Some(reader) = state.readers.remove(&key)
        {
            reader.tell(error);
        }
    }
}

/// Outcome of sending an event.
enum Given {
    Done,
    Full,
    Gone,
}

impl Reader {
    /// Returns `true` if its position is at the event or behind it. In another epoch it
    /// has continued before the others did, or has not yet.
    fn has(&self, id: EventId) -> bool {
        self.position.epoch() == id.epoch() && self.position.sequence() >= id.sequence()
    }

    /// Sends an event, if the audience includes the reader.
    fn take(&self, event: &Encoded, audience: Option<&Audience>) -> Result<(), SendError> {
        if audience.is_some_and(|audience| !audience.includes(&self.recipient)) {
            return Ok(());
        }
        if !self.client.may_go_on(&self.socket, SystemTime::now()) {
            return Err(SendError::Closed);
        }
        event.try_send(&self.socket, &self.iterator)
    }

    /// Ends the iterator with the error.
    fn tell(&self, error: &ReadError) {
        let ended = Encoded::error(error.clone());
        let sent = ended.map(|event| event.send(&self.socket, &self.iterator));
        if let Err(error) = sent {
            error.log("the end of a durable iterator");
        }
    }

    /// Ends the iterator with another error.
    fn fail(&self, error: Error) {
        if let Ok(event) = Encoded::fail(error) {
            _ = event.send(&self.socket, &self.iterator);
        }
    }

    fn stop(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop();
    }
}

fn recipient(client: &DurableClient) -> Subscriber {
    Subscriber::new(client.id()).tags(client.tags())
}

fn encode<T>(event: &Published<T>) -> Encoded {
    let id = event.id().map(|id| id.to_string());
    Encoded::of_envelope(EventMeta { id, ..EventMeta::default() }, event.envelope().clone())
}

/// Delivers the channel's events to its readers, as long as the channel is open.
async fn give_out<T>(hub: Weak<Hub<T>>, mut events: Subscription<T>)
where
    T: Serialize + JsonSchema + Send + Sync + 'static,
{
    while let Some(next) = events.next().await {
        let Some(hub) = hub.upgrade() else { return };
        match next {
            Ok(event) => hub.give(&event),
            Err(error) => hub.end(&error),
        }
    }
}

/// Sends a reader the events behind its position, until it has caught up.
async fn catch_up<T>(
    hub: Weak<Hub<T>>,
    socket: Socket,
    iterator: IteratorId,
    mut events: Subscription<T>,
) where
    T: Serialize + JsonSchema + Send + Sync + 'static,
{
    let key = socket.id();
    for turn in 1.. {
        let next = events.next_ready().await;
        let Some(hub) = hub.upgrade() else { return };
        match next {
            None => {
                // Waits for room for the error, if the channel has ended.
                socket.outbox().ready().await;
                if events.position().is_some_and(|at| hub.arrive(key, &iterator, at)) {
                    return;
                }
                drop(hub);
                tokio::task::yield_now().await;
                continue;
            }
            Some(Ok(event)) => {
                let Some(id) = event.id() else { continue };
                let encoded = encode(&event);
                loop {
                    socket.outbox().room().await;
                    match hub.give_one(key, &iterator, id, &encoded) {
                        Given::Done => break,
                        Given::Full => {}
                        Given::Gone => return,
                    }
                }
            }
            Some(Err(error)) => return hub.fail_one(key, &iterator, &error),
        }
        drop(hub);
        if turn % EVENTS_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

impl<T: Send + Sync + 'static> Group for Hub<T> {
    fn take(self: Arc<Self>, _: &Socket) {
        // A socket gets its iterator by `join`.
    }

    fn forget(&self, socket: &Socket) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.readers.remove(&socket.id());
        if !state.readers.is_empty() || state.is_lingering {
            return;
        }
        // Outside of a runtime there is no task to wait for.
        let (own, table) = (self.own.upgrade(), self.table.upgrade());
        if let (Some(own), Some(table), Ok(runtime)) = (own, table, Handle::try_current()) {
            state.is_lingering = true;
            drop(state);
            table.linger(own, &runtime);
        }
    }
}

impl<T> Drop for Hub<T> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = &state.task {
            task.abort();
        }
        let Some(table) = self.table.upgrade() else { return };
        let mut hubs = table.by_channel.lock().unwrap_or_else(PoisonError::into_inner);
        // Another one of that name may have been opened in the meantime.
        if hubs.get(&self.channel).is_some_and(|hub| hub.strong_count() == 0) {
            hubs.remove(&self.channel);
        }
    }
}
