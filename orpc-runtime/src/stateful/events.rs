//! The events of a publisher in the storage of a room.

use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll, ready as poll_ready};

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use tokio::sync::{Mutex, MutexGuard, watch};

use super::log::{Appended, EventLog, Keys, Limits, LoggedEvent, store_error};
use super::{Storage, StorageError};
use crate::publish::{
    Durability, EventId, Gap, NewEvent, OpenError, Opening, PublishError, ReadError, Reader, Start,
    Store, StoreError, StoreErrorKind, StoredEvent,
};
use crate::task::Handle;

/// The log of one room as the store of a publisher. It has one channel, of the name of the room.
///
/// Events are read one at a time, so that a reader that stops holds no others.
#[derive(Clone)]
pub(super) struct RoomEvents(Arc<Owner>);

/// Ends the readers when it is dropped, behind the events that are being published.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.state.send_modify(|state| state.is_closed = true);
    }
}

struct Shared {
    room: Box<str>,
    storage: Storage,
    limits: Limits,
    /// `None` until it is used.
    log: Mutex<Option<EventLog>>,
    state: watch::Sender<State>,
}

/// Changes of it wake the readers.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Number of events that were stored since the log was opened.
    stored: u64,
    /// No event is stored any more.
    refuses: bool,
    /// Readers end behind the last event.
    is_closed: bool,
}

impl RoomEvents {
    pub(super) fn new(room: &str, storage: Storage, limits: Limits) -> Self {
        let (room, log) = (room.into(), Mutex::default());
        let state = watch::Sender::new(State::default());
        Self(Arc::new(Owner(Arc::new(Shared { room, storage, limits, log, state }))))
    }
}

impl Shared {
    async fn opened<'a>(
        &self,
        slot: &'a mut Option<EventLog>,
    ) -> Result<&'a mut EventLog, StorageError> {
        let log = match slot.take() {
            Some(log) => log,
            None => EventLog::open(&self.storage, Keys::PUBLISHER, self.limits).await?,
        };
        Ok(slot.insert(log))
    }

    /// Locks the log without its old events. They are removed by a task: a reader that is dropped
    /// meanwhile must not leave the log with less than the storage has removed.
    async fn without_old(
        self: &Arc<Self>,
    ) -> Result<MutexGuard<'_, Option<EventLog>>, StorageError> {
        loop {
            let mut slot = self.log.lock().await;
            let due = self.opened(&mut slot).await?.due();
            if due.is_none_or(|due| !due.is_zero()) {
                return Ok(slot);
            }
            drop(slot);
            let events = Arc::clone(self);
            let (sender, removed) = oneshot::channel();
            let is_running = spawn(async move {
                // The reader may be gone.
                sender.send(events.remove_old().await).ok();
            });
            match removed.await {
                Ok(removed) => removed?,
                Err(_) if is_running => return Err(StorageError::failed("a task has ended")),
                Err(_) => return Err(StorageError::failed("no tokio runtime runs")),
            }
        }
    }

    async fn remove_old(&self) -> Result<(), StorageError> {
        let mut slot = self.log.lock().await;
        let removed = self.opened(&mut slot).await?.trim_old().await;
        if removed.is_err() {
            // The state of the storage is read again.
            *slot = None;
        }
        removed
    }

    async fn publish(&self, event: &NewEvent) -> Result<EventId, PublishError> {
        if event.channel() != &*self.room {
            return Err(PublishError::InvalidChannel);
        }
        let mut slot = self.log.lock().await;
        if self.state.borrow().refuses {
            return Err(PublishError::Closed);
        }
        let log = self.opened(&mut slot).await;
        let log = log.map_err(|error| PublishError::Failed(store_error(error)))?;
        match log.append(event).await {
            Ok(Appended::Known(id)) => Ok(id),
            Ok(Appended::New(event)) => {
                self.state.send_modify(|state| state.stored += 1);
                Ok(event.id)
            }
            Err(error) => {
                // It may be stored: what the storage has is read again.
                if matches!(error, PublishError::OutcomeUnknown(_)) {
                    *slot = None;
                    self.state.send_modify(|state| state.stored += 1);
                }
                Err(error)
            }
        }
    }

    async fn open(
        self: Arc<Self>,
        channel: Box<str>,
        start: Start,
    ) -> Result<RoomReader, OpenError> {
        if channel != self.room {
            let text = "the publisher of a room has one channel, of the name of the room";
            return Err(OpenError::Store(StoreError::new(StoreErrorKind::Unavailable, text)));
        }
        let failed = |error| OpenError::Store(store_error(error));
        let mut slot = self.without_old().await.map_err(failed)?;
        if self.state.borrow().is_closed {
            return Err(OpenError::Closed);
        }
        let log = self.opened(&mut slot).await.map_err(failed)?;
        let (position, gap) = match start {
            Start::Latest => (log.head(), None),
            Start::Earliest => (log.start(), None),
            Start::After(last) => match log.position(last).await.map_err(failed)? {
                Ok(position) => (position, None),
                Err(gap) => (last, Some(gap)),
            },
        };
        let states = self.state.subscribe();
        drop(slot);
        Ok(RoomReader { events: self, position, gap, step: Step::Next(states) })
    }

    /// Reads the next event behind a position; `None` at the end.
    async fn read(self: &Arc<Self>, position: EventId) -> Result<Option<LoggedEvent>, ReadError> {
        let failed = |error| ReadError::Store(store_error(error));
        let mut slot = self.without_old().await.map_err(failed)?;
        let log = self.opened(&mut slot).await.map_err(failed)?;
        let events = log.read(position, 1).await.map_err(failed)?;
        Ok(events.map_err(ReadError::Gap)?.into_iter().next())
    }
}

impl Store for RoomEvents {
    /// Unlike the returned future, publishing is not stopped by being dropped: the log would not
    /// know the event that the storage has.
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        let owner = Arc::clone(&self.0);
        let (sender, outcome) = oneshot::channel();
        let task = async move {
            // The publisher may not wait for it.
            sender.send(owner.0.publish(&event).await).ok();
        };
        if !spawn(task) {
            let failed = StoreError::new(StoreErrorKind::Unavailable, "no tokio runtime runs");
            return ready(Err(PublishError::Failed(failed))).boxed();
        }
        let unknown = || {
            let text = "the task that publishes has ended";
            StoreError::new(StoreErrorKind::Unavailable, text)
        };
        let unknown = move |_| Err(PublishError::OutcomeUnknown(Some(unknown())));
        async move { outcome.await.unwrap_or_else(unknown) }.boxed()
    }

    fn subscribe(&self, channel: &str, start: Start) -> Opening {
        let reader = Arc::clone(&self.0.0).open(channel.into(), start);
        async move { Ok(Box::new(reader.await?) as Box<dyn Reader>) }.boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let events = Arc::clone(&self.0.0);
        async move {
            // Behind the events that were accepted.
            let _log = events.log.lock().await;
            events.state.send_modify(|state| {
                state.refuses = true;
                state.is_closed = true;
            });
        }
        .boxed()
    }

    /// A write of the storage is durable.
    fn durability(&self) -> Durability {
        Durability::Commit
    }

    fn channels(&self) -> usize {
        1
    }
}

/// A reader of the events of a room.
struct RoomReader {
    events: Arc<Shared>,
    position: EventId,
    /// Gap before the first event.
    gap: Option<Gap>,
    step: Step,
}

type States = watch::Receiver<State>;

enum Step {
    Next(States),
    /// The state is that of before the read.
    Read(BoxFuture<'static, Result<Option<LoggedEvent>, ReadError>>, States),
    /// Ready with the next state.
    Wait(BoxFuture<'static, Option<States>>),
    /// The publisher does not exist any more.
    Ended,
}

impl RoomReader {
    /// Polls for the next event; without waiting it is `None` at the end.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        waits: bool,
    ) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        if let Some(gap) = self.gap.take() {
            self.position = gap.resume();
            return Poll::Ready(Err(ReadError::Gap(gap)));
        }
        loop {
            let step = std::mem::replace(&mut self.step, Step::Ended);
            match step {
                Step::Next(mut states) => {
                    states.borrow_and_update();
                    let (events, position) = (Arc::clone(&self.events), self.position);
                    let read = async move { events.read(position).await }.boxed();
                    self.step = Step::Read(read, states);
                }
                Step::Read(mut read, mut states) => {
                    let Poll::Ready(read) = read.poll_unpin(cx) else {
                        self.step = Step::Read(read, states);
                        return Poll::Pending;
                    };
                    let event = match read {
                        Ok(event) => event,
                        Err(error) => {
                            if let ReadError::Gap(gap) = &error {
                                self.position = gap.resume();
                            }
                            self.step = Step::Next(states);
                            return Poll::Ready(Err(error));
                        }
                    };
                    if let Some(LoggedEvent { id, envelope, audience, .. }) = event {
                        (self.position, self.step) = (id, Step::Next(states));
                        return Poll::Ready(Ok(Some(StoredEvent { id, envelope, audience })));
                    }
                    let is_closed = states.borrow().is_closed;
                    if !waits || is_closed {
                        self.step = Step::Next(states);
                        let end = if waits { Err(ReadError::Closed) } else { Ok(None) };
                        return Poll::Ready(end);
                    }
                    let next = async move { states.changed().await.ok().map(|()| states) };
                    self.step = Step::Wait(next.boxed());
                }
                Step::Wait(mut next) => match next.poll_unpin(cx) {
                    Poll::Ready(Some(states)) => self.step = Step::Next(states),
                    Poll::Ready(None) => return Poll::Ready(Err(ReadError::Closed)),
                    // It waits no more if it is not to.
                    Poll::Pending if !waits => {
                        self.step = Step::Next(self.events.state.subscribe());
                    }
                    Poll::Pending => {
                        self.step = Step::Wait(next);
                        return Poll::Pending;
                    }
                },
                Step::Ended => return Poll::Ready(Err(ReadError::Closed)),
            }
        }
    }
}

impl Reader for RoomReader {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>> {
        // Waiting gives an event or an error.
        let next = poll_ready!(self.poll(cx, true));
        Poll::Ready(next.and_then(|event| event.ok_or(ReadError::Closed)))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        self.poll(cx, false)
    }

    fn position(&self) -> EventId {
        self.position
    }
}

/// Runs a task. Returns `false` if no runtime runs.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> bool {
    let runtime = Handle::try_current();
    runtime.is_ok_and(|runtime| {
        drop(runtime.spawn(task));
        true
    })
}
