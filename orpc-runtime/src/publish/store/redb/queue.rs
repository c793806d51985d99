//! Queue of events to be written.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::super::{EVENT, NewEvent};
use crate::publish::audience::Audience;
use crate::publish::error::PublishError;
use crate::publish::id::EventId;

/// A queued event, and its publisher.
pub(super) struct Request {
    pub(super) event: NewEvent,
    reply: oneshot::Sender<Result<EventId, PublishError>>,
    /// Its room in the queue.
    _room: OwnedSemaphorePermit,
}

/// Events on their way to the writer. The queue is bounded in bytes; publishers wait
/// for room.
pub(super) struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct QueueState {
    requests: VecDeque<Request>,
    closed: bool,
}

/// Result of waiting for events.
pub(super) enum Next {
    Requests(Vec<Request>),
    /// Nothing arrived in time.
    Nothing,
    /// Nothing will arrive.
    Closed,
}

/// Capacity of the queue, in KiB.
const ROOM: usize = 64 * 1024;

/// Maximum number of events of one transaction.
const BATCH_EVENTS: usize = 4096;
const BATCH_BYTES: usize = 16 << 20;

/// Returns the bytes that an event takes while it waits.
fn weight(event: &NewEvent) -> usize {
    let audience = event.audience.as_deref().map_or(0, Audience::weight);
    EVENT + event.envelope.len() + audience + event.key.as_deref().map_or(0, str::len)
}

impl Request {
    /// Sends the outcome to the publisher, if it still waits.
    pub(super) fn answer(self, outcome: Result<EventId, PublishError>) {
        drop(self.reply.send(outcome));
    }
}

impl Default for Queue {
    fn default() -> Self {
        let (state, changed) = (Mutex::default(), Condvar::new());
        Self { state, changed, room: Arc::new(Semaphore::new(ROOM)) }
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event once there is room, and returns its outcome.
    pub(super) async fn publish(&self, event: NewEvent) -> Result<EventId, PublishError> {
        let room = (1 + weight(&event) / 1024).min(ROOM);
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room).acquire_many_owned(room).await;
        let room = room.map_err(|_| PublishError::Closed)?;
        let (reply, outcome) = oneshot::channel();
        {
            let mut state = self.state();
            if state.closed {
                return Err(PublishError::Closed);
            }
            state.requests.push_back(Request { event, reply, _room: room });
        }
        self.changed.notify_one();
        // The writer has ended without an outcome.
        outcome.await.unwrap_or(Err(PublishError::OutcomeUnknown(None)))
    }

    /// Takes the queued events, once there are any.
    pub(super) fn take(&self, limit: Duration) -> Next {
        let idle = |state: &mut QueueState| state.requests.is_empty() && !state.closed;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(self.state(), limit, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if state.requests.is_empty() {
            return if state.closed { Next::Closed } else { Next::Nothing };
        }
        let mut bytes = 0;
        let fits = |request: &&Request| {
            bytes += weight(&request.event);
            bytes <= BATCH_BYTES
        };
        let count = state.requests.iter().take(BATCH_EVENTS).take_while(fits).count().max(1);
        Next::Requests(state.requests.drain(..count).collect())
    }

    /// Accepts no more events, and drops the queued ones: their outcome is unknown.
    pub(super) fn abandon(&self) {
        self.close();
        let waiting = std::mem::take(&mut self.state().requests);
        drop(waiting);
    }

    /// Accepts no more events.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.room.close();
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn event(bytes: usize) -> NewEvent {
        let envelope = vec![b' '; bytes].into();
        NewEvent { channel: "room".into(), envelope, audience: None, key: None }
    }

    fn take(queue: &Queue) -> Option<Vec<Request>> {
        match queue.take(Duration::ZERO) {
            Next::Requests(requests) => Some(requests),
            Next::Nothing => Some(Vec::new()),
            Next::Closed => None,
        }
    }

    #[test]
    fn a_transaction_has_a_bounded_number_of_events_and_bytes() {
        let queue = Queue::default();
        // The last one of each is beyond a bound, and an event alone is never too large.
        let cases = [(10, 4097, 4096), (BATCH_BYTES - 1000, 2, 1), (BATCH_BYTES / 2 - 1000, 3, 2)];
        for (bytes, count, first) in cases {
            let all: Vec<_> = (0..count).map(|_| Box::pin(queue.publish(event(bytes)))).collect();
            let mut all: Vec<_> = all
                .into_iter()
                .map(|mut publish| {
                    assert!((&mut publish).now_or_never().is_none());
                    publish
                })
                .collect();
            let (one, rest) = (take(&queue).unwrap(), take(&queue).unwrap());
            assert_eq!((one.len(), rest.len()), (first, count - first), "{bytes}");
            for request in one.into_iter().chain(rest) {
                request.answer(Err(PublishError::Closed));
            }
            let last = all.pop().unwrap();
            assert!(matches!(last.now_or_never(), Some(Err(PublishError::Closed))));
        }
        let large = queue.publish(event(BATCH_BYTES + 1));
        let mut large = Box::pin(large);
        assert!((&mut large).now_or_never().is_none());
        assert_eq!(take(&queue).unwrap().len(), 1);
        assert!(take(&queue).unwrap().is_empty());
    }

    #[test]
    fn publishers_wait_for_room_in_kibibytes() {
        let queue = Queue::default();
        let mut all: Vec<_> = (0..4).map(|_| Box::pin(queue.publish(event(20 << 20)))).collect();
        for publish in &mut all {
            assert!(publish.as_mut().now_or_never().is_none());
        }
        // Three of them fit into the queue.
        let taken: Vec<_> =
            std::iter::from_fn(|| take(&queue).filter(|it| !it.is_empty())).collect();
        assert_eq!(taken.len(), 3);
        drop(taken);
        assert!(all[3].as_mut().now_or_never().is_none());
        assert_eq!(take(&queue).unwrap().len(), 1);
    }

    #[test]
    fn small_events_take_one_kibibyte_each() {
        let queue = Queue::default();
        let mut all: Vec<_> = (0..=ROOM).map(|_| Box::pin(queue.publish(event(1)))).collect();
        for publish in &mut all {
            assert!(publish.as_mut().now_or_never().is_none());
        }
        assert_eq!(queue.state().requests.len(), ROOM);
    }

    #[test]
    fn a_queue_that_is_closed_is_emptied_and_one_that_is_abandoned_tells_its_publishers() {
        let queue = Queue::default();
        let mut waiting = Box::pin(queue.publish(event(1)));
        assert!((&mut waiting).now_or_never().is_none());
        queue.close();
        let refused = queue.publish(event(1)).now_or_never();
        assert!(matches!(refused, Some(Err(PublishError::Closed))));
        queue.abandon();
        let unknown = waiting.now_or_never();
        assert!(matches!(unknown, Some(Err(PublishError::OutcomeUnknown(None)))), "{unknown:?}");
        assert!(take(&queue).is_none());
        let queue = Queue::default();
        let mut waiting = Box::pin(queue.publish(event(1)));
        assert!((&mut waiting).now_or_never().is_none());
        queue.close();
        assert_eq!(take(&queue).unwrap().len(), 1);
        assert!(take(&queue).is_none());
    }

    #[test]
    fn an_event_that_waits_counts_with_all_of_its_texts() {
        let event = NewEvent {
            channel: "room".into(),
            envelope: bytes::Bytes::from_static(b"{}"),
            audience: None,
            key: None,
        };
        let alone = weight(&event);
        assert!((64..512).contains(&alone), "{alone}");
        let longer = NewEvent { envelope: vec![b' '; 102].into(), ..event };
        assert_eq!(weight(&longer), alone + 100);
        let keyed = NewEvent { key: Some("x".repeat(30).into()), ..longer };
        assert_eq!(weight(&keyed), alone + 130);
        let audience = Audience::everyone().tags(["ab", "c"]).exclude(["defg"]);
        let restricted = NewEvent { audience: Some(Arc::new(audience)), ..keyed };
        assert_eq!(weight(&restricted), alone + 137 + 3 * size_of::<String>());
    }
}
