//! The readers of one channel.
//!
//! One task reads the channel's log and sends each event to the readers that have all
//! events before it. A reader's position changes together with the event that it is
//! sent, under one lock.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::{Fanout, Receiver};
use crate::core::{Error, ErrorEvent, EventError as _, EventKind, EventMeta};
use crate::publish::audience::{Audience, Subscriber};
use crate::publish::error::ReadError;
use crate::publish::id::EventId;
use crate::publish::reader::ChannelReader;
use crate::publish::store::{Start, StoredEvent};
use crate::socket::SendError;
use crate::task::{AbortHandle, Handle};
use crate::wire::SharedEvent;

/// Number of events after which a reader that catches up yields to other tasks.
const EVENTS_PER_TURN: usize = 64;

/// The readers of a channel.
pub(super) struct Channel {
    name: Arc<str>,
    fanout: Weak<Fanout>,
    runtime: Handle,
    state: Mutex<State>,
    /// Wakes readers that have read all events and wait for the channel's task.
    progress: Notify,
}

struct State {
    /// The last event that the channel's task has delivered; `None` until the store has
    /// fixed the position.
    at: Option<EventId>,
    readers: BTreeMap<u64, Reader>,
    /// Key of the next reader.
    next: u64,
    /// The task that reads the channel.
    task: Option<AbortHandle>,
    /// Error with which the task has ended, if it has.
    over: Option<ReadError>,
    /// A timer is set that closes the channel if it has no readers.
    is_lingering: bool,
}

/// A reader without a task, or with one that catches up.
struct Reader {
    receiver: Arc<dyn Receiver>,
    subscriber: Option<Subscriber>,
    /// It has received, or was to skip, all events up to this one; `None` until the store
    /// has fixed the position.
    position: Option<EventId>,
    /// The task that catches up with the others, if there is one.
    task: Option<AbortHandle>,
}

/// A reader's place among the readers of its channel. The reader is removed, and its
/// task ends, when it is dropped.
pub(crate) struct Registration {
    channel: Arc<Channel>,
    key: u64,
}

/// Outcome of sending an event.
enum Sent {
    Done,
    Full,
    Gone,
}

impl Channel {
    /// Opens a channel without readers, behind the position of `reader`.
    pub(super) fn open(
        name: Arc<str>,
        fanout: &Arc<Fanout>,
        reader: ChannelReader,
        runtime: &Handle,
    ) -> Arc<Self> {
        let state = State {
            at: reader.position(),
            readers: BTreeMap::new(),
            next: 0,
            task: None,
            over: None,
            is_lingering: false,
        };
        let channel = Arc::new(Self {
            name,
            fanout: Arc::downgrade(fanout),
            runtime: runtime.clone(),
            state: Mutex::new(state),
            progress: Notify::new(),
        });
        let task = runtime.spawn(deliver(Arc::downgrade(&channel), reader)).abort_handle();
        channel.state().task = Some(task);
        channel
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Returns `true` if no further event will follow.
    pub(super) fn is_over(&self) -> bool {
        self.state().over.is_some()
    }

    /// Notes that the timer has ended that keeps the channel open.
    pub(super) fn stops_lingering(&self) {
        self.state().is_lingering = false;
    }

    /// Adds a reader. `None` if no event will follow: it is told so.
    pub(super) fn join(
        self: Arc<Self>,
        reader: ChannelReader,
        receiver: Arc<dyn Receiver>,
    ) -> Option<Registration> {
        let position = reader.position();
        let mut state = self.state();
        if let Some(error) = state.over.clone() {
            drop(state);
            receiver.end(&self.last_event(error.into_error_event()));
            return None;
        }
        let key = state.next;
        state.next += 1;
        let mut joining =
            Reader { receiver, subscriber: reader.subscriber.clone(), position, task: None };
        // The position may be that of the log's end a moment ago: events that were
        // delivered since then are read as by a reader that reconnects. Nor does the log have
        // each position that is ahead of the channel.
        if position.is_none() || position != state.at {
            let reader = Some(reader).filter(|reader| !reader.has_ended());
            joining.task = Some(self.catch_up(key, &joining, reader));
        }
        state.readers.insert(key, joining);
        drop(state);
        Some(Registration { channel: self, key })
    }

    /// Lets a reader catch up with the others, with a new reader of the log if it has none.
    fn catch_up(
        self: &Arc<Self>,
        key: u64,
        own: &Reader,
        reader: Option<ChannelReader>,
    ) -> AbortHandle {
        let (channel, receiver) = (Arc::downgrade(self), Arc::clone(&own.receiver));
        let start = own.position.map_or(Start::Latest, Start::After);
        let subscriber = own.subscriber.clone();
        let task = async move {
            let reader = match reader {
                Some(reader) => Ok(reader),
                None => match channel.upgrade().and_then(|channel| channel.fanout.upgrade()) {
                    Some(fanout) => {
                        let Some(channel) = channel.upgrade() else { return };
                        fanout.reader(&channel.name, start, subscriber)
                    }
                    None => return,
                },
            };
            match reader {
                Ok(reader) => catch_up(channel, key, receiver, reader).await,
                Err(error) => {
                    receiver.socket().outbox().ready().await;
                    let Some(channel) = channel.upgrade() else { return };
                    // Not one that procedures declare.
                    let error = Error::from(error).into_undefined();
                    channel.end_reader(key, ErrorEvent::new(error));
                }
            }
        };
        self.runtime.spawn(task).abort_handle()
    }

    /// Delivers an event to the readers that have all events before it.
    fn deliver(self: &Arc<Self>, event: &StoredEvent) {
        let shared = shared(event);
        let mut state = self.state();
        state.at = Some(event.id);
        let mut gone = Vec::new();
        for (&key, reader) in &mut state.readers {
            if reader.task.is_some() || has_reached(reader.position, Some(event.id)) {
                continue;
            }
            match reader.send(&shared, event.audience.as_deref()) {
                Ok(()) => reader.position = Some(event.id),
                // An event that does not fit is not lost: it is read again from the log.
                Err(SendError::Full) => reader.task = Some(self.catch_up(key, reader, None)),
                Err(SendError::Closed | SendError::Released) => gone.push(key),
            }
        }
        let _gone: Vec<_> = gone.iter().filter_map(|key| state.readers.remove(key)).collect();
        drop(state);
        self.progress.notify_waiters();
    }

    /// Begins at the position that the store has fixed.
    fn begin(&self, position: EventId) {
        self.state().at = Some(position);
        self.progress.notify_waiters();
    }

    /// Ends readers behind the gap with the error, unless a task of their own reads for
    /// them.
    fn end(&self, error: &ReadError) {
        let resume = match error {
            ReadError::Gap(gap) => Some(gap.resume()),
            ReadError::Closed | ReadError::Store(_) => None,
        };
        let mut state = self.state();
        match resume {
            Some(_) => state.at = resume,
            None => state.over = Some(error.clone()),
        }
        let ends = |reader: &Reader| reader.task.is_none() && !has_reached(reader.position, resume);
        let keys = state.readers.iter().filter(|(_, reader)| ends(reader)).map(|(&key, _)| key);
        let keys: Vec<_> = keys.collect();
        let ended: Vec<_> = keys.iter().filter_map(|key| state.readers.remove(key)).collect();
        drop(state);
        if !ended.is_empty() {
            let event = self.last_event(error.clone().into_error_event());
            ended.iter().for_each(|reader| reader.receiver.end(&event));
        }
        self.progress.notify_waiters();
    }

    /// Sends an event to a reader that catches up.
    fn send_to(&self, key: u64, id: EventId, event: &SharedEvent) -> Sent {
        let mut state = self.state();
        let Some(reader) = state.readers.get_mut(&key) else { return Sent::Gone };
        match reader.send(event, None) {
            Ok(()) => {
                reader.position = Some(id);
                Sent::Done
            }
            Err(SendError::Full) => Sent::Full,
            Err(SendError::Closed | SendError::Released) => {
                let _gone = state.readers.remove(&key);
                drop(state);
                Sent::Gone
            }
        }
    }

    /// Called when a reader has read all available events. Returns `true` if it has
    /// caught up or no longer exists; the reader is told if no further event will
    /// follow.
    fn arrive(&self, key: u64, position: Option<EventId>) -> bool {
        let mut state = self.state();
        let State { at, readers, over, .. } = &mut *state;
        let Some(reader) = readers.get_mut(&key) else { return true };
        reader.position = position;
        if let Some(error) = over.clone() {
            drop(state);
            self.end_reader(key, error.into_error_event());
            return true;
        }
        let has_all = has_reached(position, *at);
        if has_all {
            reader.task = None;
        }
        has_all
    }

    /// Ends a reader with an error. The state must not be locked: the end of an iterator
    /// drops its registration.
    fn end_reader(&self, key: u64, error: ErrorEvent<Error>) {
        let reader = self.state().readers.remove(&key);
        if let Some(reader) = &reader {
            reader.receiver.end(&self.last_event(error));
        }
    }

    /// Encodes an error with which readers end. The source of an internal error is logged.
    fn last_event(&self, error: ErrorEvent<Error>) -> SharedEvent {
        let (error, meta) = error.into_parts();
        error.log(&format!("the readers of channel {}", self.name));
        let mut envelope = Vec::new();
        let written = error.write_envelope(&mut envelope);
        debug_assert!(written.is_ok(), "errors of channels have plain data");
        SharedEvent::new(EventKind::Error, meta, envelope.into())
    }
}

impl Reader {
    /// Sends an event, if the audience includes the reader.
    fn send(&self, event: &SharedEvent, audience: Option<&Audience>) -> Result<(), SendError> {
        if let (Some(audience), Some(subscriber)) = (audience, &self.subscriber)
            && !audience.includes(subscriber)
        {
            return Ok(());
        }
        self.receiver.try_send(event)
    }
}

/// Returns `true` if a position is at the event or behind it. In another epoch a reader
/// has continued before the others did, or has not yet: it reads on until both are in
/// the same epoch.
fn has_reached(position: Option<EventId>, event: Option<EventId>) -> bool {
    let (Some(position), Some(event)) = (position, event) else { return false };
    position.epoch() == event.epoch() && position.sequence() >= event.sequence()
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Returns the event as all readers send it.
fn shared(event: &StoredEvent) -> SharedEvent {
    let meta = EventMeta { id: Some(event.id.text()), ..EventMeta::default() };
    SharedEvent::new(EventKind::Message, meta, event.envelope.clone())
}

/// Delivers the channel's events to its readers, as long as the channel is open.
async fn deliver(channel: Weak<Channel>, mut reader: ChannelReader) {
    if reader.position().is_none() {
        let opened = reader.opened().await;
        let Some(channel) = channel.upgrade() else { return };
        match opened {
            Ok(position) => channel.begin(position),
            Err(error) => return channel.end(&error),
        }
    }
    while let Some(next) = reader.next().await {
        let Some(channel) = channel.upgrade() else { return };
        match next {
            Ok(event) => channel.deliver(&event),
            Err(error) => channel.end(&error),
        }
    }
}

/// Sends a reader the events behind its position, until it has caught up.
async fn catch_up(
    channel: Weak<Channel>,
    key: u64,
    receiver: Arc<dyn Receiver>,
    mut reader: ChannelReader,
) {
    let outbox = receiver.socket().outbox();
    for turn in 1.. {
        let next = reader.next_ready().await;
        let event = match next {
            None => {
                // Waits for room for the error, if the channel has ended.
                outbox.ready().await;
                let Some(channel) = channel.upgrade() else { return };
                let mut progress = pin!(channel.progress.notified());
                progress.as_mut().enable();
                if channel.arrive(key, reader.position()) {
                    return;
                }
                // Both read the same log: there are new events when the channel's task
                // has read some.
                progress.await;
                continue;
            }
            Some(Ok(event)) => event,
            Some(Err(error)) => {
                let Some(channel) = channel.upgrade() else { return };
                return channel.end_reader(key, error.into_error_event());
            }
        };
        let shared = shared(&event);
        loop {
            outbox.room().await;
            let Some(channel) = channel.upgrade() else { return };
            match channel.send_to(key, event.id, &shared) {
                Sent::Done => break,
                Sent::Full => {}
                Sent::Gone => return,
            }
        }
        if turn % EVENTS_PER_TURN == 0 {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut state = self.channel.state();
        let reader = state.readers.remove(&self.key);
        let lingers = state.readers.is_empty() && !state.is_lingering && state.over.is_none();
        let fanout = self.channel.fanout.upgrade().filter(|_| lingers);
        state.is_lingering |= fanout.is_some();
        // Neither is dropped while the state is locked: the reader's task ends, and the
        // channel may.
        drop(state);
        drop(reader);
        if let Some(fanout) = fanout {
            fanout.linger(Arc::clone(&self.channel), &self.channel.runtime);
        }
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("channel", &self.channel.name).finish_non_exhaustive()
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = &state.task {
            task.abort();
        }
        if let Some(fanout) = self.fanout.upgrade() {
            fanout.remove(&self.name);
        }
    }
}
