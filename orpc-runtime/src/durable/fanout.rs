//! The readers of one channel, and how events come to them.
//!
//! One task reads the channel's log and gives each event to the readers that have
//! all events before it: nothing runs for such a reader. One that comes with an
//! older position, or whose socket has no room, has a task of its own that reads
//! the log from its position, as fast as the socket takes it, until the reader has
//! what the others have. Where a reader stands is changed with the event that it
//! is sent, under one lock.

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
    Audience, EventId, Published, Publisher, ReadError, Recipient, SubscribeError, Subscription,
};
use crate::room::EncodedEvent;
use crate::socket::{Group, SendError, Socket};
use crate::value::Value;

/// The id of an iterator on its socket.
pub(super) type IteratorId = HibernationId<Value, (), ReadError>;

/// An event as readers get it.
type Encoded = EncodedEvent<Value, (), ReadError>;

/// How long a channel is read on when its last reader has left: for those that
/// come back. Else one without events would begin anew each time.
const LINGER: Duration = Duration::from_secs(60);

/// After how many events a reader that catches up lets others run.
const EVENTS_PER_TURN: usize = 64;

/// The most channels that are read on without a reader. Beyond that the one that was
/// left first is let go.
const MAX_LINGERING: usize = 1024;

/// The channels that are read.
pub(super) struct HubTable<T> {
    /// By their names.
    pub(super) by_channel: Mutex<HashMap<Arc<str>, Weak<Hub<T>>>>,
    lingering: Mutex<Lingering<T>>,
}

/// The channels that their last reader has left, in that order.
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

    /// Keeps a channel for a while.
    fn linger(self: &Arc<Self>, hub: Arc<Hub<T>>, runtime: &Handle) {
        // Let go of when nothing is locked, as it takes itself out of the table.
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
    /// The table that it is taken out of at its end.
    table: Weak<HubTable<T>>,
}

struct State {
    /// The last event that the channel's task has given out.
    at: EventId,
    /// By their sockets, each of which has one reader.
    readers: HashMap<u64, Reader>,
    /// The task that reads the channel.
    task: Option<AbortHandle>,
    /// Why nothing comes any more, if the task has ended.
    over: Option<ReadError>,
    /// There is a time set at which a channel without readers is let go.
    is_lingering: bool,
}

/// A reader with an iterator that hibernates.
struct Reader {
    socket: Socket,
    client: DurableClient,
    iterator: IteratorId,
    recipient: Recipient,
    /// It has got, or was not to get, all events up to this one.
    position: EventId,
    /// The task by which it catches up with the others, if it does.
    task: Option<AbortHandle>,
}

impl<T: Serialize + JsonSchema + Send + Sync + 'static> Hub<T> {
    /// Returns a channel without readers, from now on.
    pub(super) fn open(
        channel: Arc<str>,
        publisher: &Publisher<T>,
        table: &Arc<HubTable<T>>,
    ) -> Result<Arc<Self>, SubscribeError> {
        let subscription = publisher.subscribe(&channel, crate::publish::Start::Now)?;
        let state = State {
            at: subscription.position(),
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

    /// Whether nothing comes any more.
    pub(super) fn is_over(&self) -> bool {
        self.state().over.is_some()
    }

    /// Takes in a reader, in place of the one that its socket had. It gets what
    /// comes after the position of the subscription.
    pub(super) fn join(
        self: &Arc<Self>,
        socket: &Socket,
        client: &DurableClient,
        iterator: IteratorId,
        subscription: Subscription<T>,
        is_new: bool,
    ) {
        let recipient = recipient(client);
        let position = subscription.position();
        // Held for all of it, so that no event passes by.
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
        // One that begins now stands where the log ended a moment ago. What was given
        // out since then it reads like one that comes back.
        let is_behind =
            position.epoch() != state.at.epoch() || position.sequence() < state.at.sequence();
        if is_behind || (!is_new && position != state.at) {
            reader.task = Some(self.catch_up(&reader, subscription));
        }
        state.readers.insert(socket.id(), reader);
    }

    /// Lets a reader catch up with the others.
    fn catch_up(self: &Arc<Self>, reader: &Reader, subscription: Subscription<T>) -> AbortHandle {
        let subscription = subscription.recipient(reader.recipient.clone());
        let (socket, iterator) = (reader.socket.clone(), reader.iterator.clone());
        let task = catch_up(Arc::downgrade(self), socket, iterator, subscription);
        tokio::spawn(task).abort_handle()
    }

    /// Gives an event to those that have all before it.
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
                // What does not fit is not lost: it is read again from the log.
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

    /// Tells all that have not got so far, and do not read by themselves, that
    /// there is no further event for them.
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

    /// The event that a reader which catches up has read is sent. False if there
    /// is no such reader any more, true as well if there was no room.
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

    /// A reader has read all that there was. True if it is with the others now, or gone;
    /// it is told if nothing comes any more.
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
        // In another epoch than the others it is ahead of them, or they of it: it reads
        // on until both are in the same one.
        let is_there = position.epoch() == at.epoch() && position.sequence() >= at.sequence();
        if is_there {
            reader.task = None;
        }
        is_there
    }

    /// A reader cannot go on.
    fn fail_one(&self, key: u64, iterator: &IteratorId, error: &ReadError) {
        let mut state = self.state();
        if state.readers.get(&key).is_some_and(|own| own.iterator == *iterator)
            && let Some(reader) = state.readers.remove(&key)
        {
            reader.tell(error);
        }
    }
}

/// What became of an event.
enum Given {
    Done,
    Full,
    Gone,
}

impl Reader {
    /// Whether it stands at the event or behind it. In another epoch it has gone
    /// on before the others did, or has not.
    fn has(&self, id: EventId) -> bool {
        self.position.epoch() == id.epoch() && self.position.sequence() >= id.sequence()
    }

    /// Sends an event, if the reader is to get it.
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

fn recipient(client: &DurableClient) -> Recipient {
    Recipient::new(client.id()).tags(client.tags())
}

fn encode<T>(event: &Published<T>) -> Encoded {
    let id = event.id().map(|id| id.to_string());
    Encoded::of_envelope(&EventMeta { id, ..EventMeta::default() }, event.envelope())
}

/// Gives the channel's events to its readers, for as long as there is a hub.
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

/// Sends a reader the events behind its position, until it has what the others have.
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
                // With room for the word that nothing comes any more, if that is so.
                socket.outbox().ready().await;
                if hub.arrive(key, &iterator, events.position()) {
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
                    socket.outbox().ready().await;
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
        // A socket comes with an iterator, by `join`.
    }

    fn forget(&self, socket: &Socket) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.readers.remove(&socket.id());
        if !state.readers.is_empty() || state.is_lingering {
            return;
        }
        // Outside of a runtime there is nobody to wait for, either.
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
        // By now there may be another one of that name.
        if hubs.get(&self.channel).is_some_and(|hub| hub.strong_count() == 0) {
            hubs.remove(&self.channel);
        }
    }
}
