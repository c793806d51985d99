//! The events of a publisher in the storage of a room.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready as poll_ready};

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::BoxFuture;
use tokio::sync::watch;

use super::Storage;
use super::log::{Appended, Keys, Limits, LoggedEvent, SharedLog, store_error};
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
        self.0.end_readers();
    }
}

struct Shared {
    room: Box<str>,
    log: Arc<SharedLog>,
    /// No event is stored any more.
    refuses: AtomicBool,
    /// Readers end behind the last event.
    is_closed: AtomicBool,
}

impl RoomEvents {
    pub(super) fn new(room: &str, storage: &Storage, limits: Limits) -> Self {
        let log = SharedLog::of(storage, Keys::PUBLISHER, limits);
        let (refuses, is_closed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Owner(Arc::new(Shared { room: room.into(), log, refuses, is_closed }))))
    }
}

impl Shared {
    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    fn end_readers(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.log.wake();
    }

    async fn publish(&self, event: &NewEvent) -> Result<EventId, PublishError> {
        if event.channel() != &*self.room {
            return Err(PublishError::InvalidChannel);
        }
        let log = self.log.lock().await;
        let mut log = log.map_err(|error| PublishError::Failed(store_error(error)))?;
        if self.refuses.load(Ordering::Acquire) {
            return Err(PublishError::Closed);
        }
        match log.append(event).await {
            Ok(Appended::Known(id)) => Ok(id),
            Ok(Appended::New(event)) => {
                self.log.wake();
                Ok(event.id)
            }
            Err(error) => {
                // It may be stored.
                if matches!(error, PublishError::OutcomeUnknown(_)) {
                    self.log.wake();
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
        let log = self.log.without_old().await.map_err(failed)?;
        if self.is_closed() {
            return Err(OpenError::Closed);
        }
        let (position, gap) = match start {
            Start::Latest => (log.head(), None),
            Start::Earliest => (log.start(), None),
            Start::After(last) => match log.position(last).await.map_err(failed)? {
                Ok(position) => (position, None),
                Err(gap) => (last, Some(gap)),
            },
        };
        let changes = self.log.changes();
        drop(log);
        Ok(RoomReader { events: self, position, gap, step: Step::Next(changes) })
    }

    /// Reads the next event behind a position; `None` at the end.
    async fn read(&self, position: EventId) -> Result<Option<LoggedEvent>, ReadError> {
        let failed = |error| ReadError::Store(store_error(error));
        let log = self.log.without_old().await.map_err(failed)?;
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
            let close = || {
                events.refuses.store(true, Ordering::Release);
                events.end_readers();
            };
            events.log.alone(close).await;
        }
        .boxed()
    }

    fn durability(&self) -> Durability {
        self.0.0.log.durability()
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

/// The changes of the log.
type Changes = watch::Receiver<u64>;

enum Step {
    Next(Changes),
    Read {
        event: BoxFuture<'static, Result<Option<LoggedEvent>, ReadError>>,
        changes: Changes,
        /// The publisher was closed before the read.
        is_closed: bool,
    },
    /// Ready with the next change.
    Wait(BoxFuture<'static, Option<Changes>>),
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
                Step::Next(mut changes) => {
                    changes.borrow_and_update();
                    let is_closed = self.events.is_closed();
                    let (events, position) = (Arc::clone(&self.events), self.position);
                    let event = async move { events.read(position).await }.boxed();
                    self.step = Step::Read { event, changes, is_closed };
                }
                Step::Read { mut event, mut changes, is_closed } => {
                    let Poll::Ready(read) = event.poll_unpin(cx) else {
                        self.step = Step::Read { event, changes, is_closed };
                        return Poll::Pending;
                    };
                    let event = match read {
                        Ok(event) => event,
                        Err(error) => {
                            if let ReadError::Gap(gap) = &error {
                                self.position = gap.resume();
                            }
                            self.step = Step::Next(changes);
                            return Poll::Ready(Err(error));
                        }
                    };
                    if let Some(LoggedEvent { id, envelope, audience, .. }) = event {
                        (self.position, self.step) = (id, Step::Next(changes));
                        return Poll::Ready(Ok(Some(StoredEvent { id, envelope, audience })));
                    }
                    if !waits || is_closed {
                        self.step = Step::Next(changes);
                        let end = if waits { Err(ReadError::Closed) } else { Ok(None) };
                        return Poll::Ready(end);
                    }
                    let next = async move { changes.changed().await.ok().map(|()| changes) };
                    self.step = Step::Wait(next.boxed());
                }
                Step::Wait(mut next) => match next.poll_unpin(cx) {
                    Poll::Ready(Some(changes)) => self.step = Step::Next(changes),
                    Poll::Ready(None) => return Poll::Ready(Err(ReadError::Closed)),
                    // It waits no more if it is not to.
                    Poll::Pending if !waits => {
                        self.step = Step::Next(self.events.log.changes());
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
