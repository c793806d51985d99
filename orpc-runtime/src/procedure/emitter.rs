//! Where running calls write: a bounded buffer that the connection empties, and
//! whose fullness holds streams back.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;

use super::error::Error;
use crate::event::{ErrorEvent, EventMeta, InvalidMeta};

/// What an event says about the iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Message,
    Error,
    Done,
}

/// How a wire frames an event around its envelope.
pub(crate) trait EventWriter: Send + Sync + 'static {
    /// Writes what tells the client that it gets an iterator.
    fn open(&self, out: &mut Vec<u8>);

    /// Writes what stands before the data.
    fn begin(&self, kind: EventKind, meta: &EventMeta, out: &mut Vec<u8>);

    /// Writes what stands behind the data.
    fn end(&self, meta: &EventMeta, out: &mut Vec<u8>);
}

/// Why an event was not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Meta(#[from] InvalidMeta),
    #[error("an event cannot be serialised: {0}")]
    Value(#[from] serde_json::Error),
}

/// What waits to be sent on one connection.
///
/// Filled by the calls of the connection, emptied by its writer. A stream asks
/// for room before it produces; what is written without asking (results, errors)
/// is what a call had in hand.
pub(crate) struct Outbox {
    state: Mutex<OutboxState>,
    /// A stream waits while so many bytes are unsent.
    high_water: usize,
}

#[derive(Default)]
struct OutboxState {
    bytes: Vec<u8>,
    /// Where each frame ends, for wires that have frames.
    ends: Vec<usize>,
    /// Bytes that were taken and are not sent yet.
    in_flight: usize,
    /// Calls that wait for room.
    waiting: Vec<Waker>,
}

/// A frame that is being written. Unless it is done it is taken back, also when
/// a value panics while it is serialised.
struct Draft<'a> {
    bytes: &'a mut Vec<u8>,
    start: usize,
    done: bool,
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.done {
            self.bytes.truncate(self.start);
        }
    }
}

/// Frames to send: one text, and where each frame in it ends.
#[derive(Debug, Default)]
pub(crate) struct Unsent {
    pub(crate) bytes: Bytes,
    pub(crate) ends: Vec<usize>,
}

impl Outbox {
    pub(crate) fn new(high_water: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), high_water })
    }

    fn state(&self) -> MutexGuard<'_, OutboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all that is unsent, none if that is nothing. It counts until it is
    /// [`sent`](Outbox::sent).
    pub(crate) fn take(&self) -> Option<Unsent> {
        let mut state = self.state();
        if state.bytes.is_empty() {
            return None;
        }
        let bytes = Bytes::from(std::mem::take(&mut state.bytes));
        state.in_flight += bytes.len();
        Some(Unsent { bytes, ends: std::mem::take(&mut state.ends) })
    }

    /// Tells that so many bytes left: calls that waited for room go on.
    pub(crate) fn sent(&self, length: usize) {
        let mut state = self.state();
        state.in_flight -= length;
        if state.bytes.len() + state.in_flight < self.high_water {
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    /// Writes one frame. What the closure leaves unfinished is taken back.
    pub(crate) fn write<E>(
        &self,
        frame: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut state = self.state();
        let OutboxState { bytes, ends, .. } = &mut *state;
        let mut draft = Draft { start: bytes.len(), bytes, done: false };
        frame(draft.bytes)?;
        draft.done = true;
        ends.push(draft.bytes.len());
        Ok(())
    }

    /// Whether there is no room.
    #[cfg(feature = "websocket")]
    pub(crate) fn is_full(&self) -> bool {
        let state = self.state();
        state.bytes.len() + state.in_flight >= self.high_water
    }

    /// Waits until there is room.
    pub(crate) async fn ready(&self) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.bytes.len() + state.in_flight < self.high_water {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                state.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}

/// The events of one stream, on their way to the outbox of its connection.
pub(crate) struct EventSink {
    outbox: Arc<Outbox>,
    writer: Box<dyn EventWriter>,
    opened: AtomicBool,
}

impl EventSink {
    pub(crate) fn new(outbox: Arc<Outbox>, writer: impl EventWriter) -> Arc<Self> {
        Arc::new(Self { outbox, writer: Box::new(writer), opened: AtomicBool::new(false) })
    }

    /// Whether the procedure has returned its stream.
    pub(crate) fn is_open(&self) -> bool {
        self.opened.load(Ordering::Relaxed)
    }

    /// Takes all that was written, none if that is nothing.
    pub(crate) fn take(&self) -> Option<Bytes> {
        let bytes = self.outbox.take()?.bytes;
        self.outbox.sent(bytes.len());
        Some(bytes)
    }

    /// Writes an error event. An id that would break its frame is left out.
    pub(crate) fn error(&self, error: &Error, meta: &EventMeta) {
        if let Err(reason) = self.write(EventKind::Error, meta, |out| error.write_envelope(out)) {
            tracing::error!(%reason, "an error event is replaced");
            let plain = self.write(EventKind::Error, &EventMeta::default(), |out| {
                Error::hidden().write_envelope(out)
            });
            debug_assert!(plain.is_ok(), "the internal error is always valid");
        }
    }

    /// Writes an event, whose envelope the closure writes.
    fn write(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>,
    ) -> Result<(), WriteError> {
        meta.check()?;
        self.outbox.write(|out| {
            self.writer.begin(kind, meta, out);
            envelope(out)?;
            self.writer.end(meta, out);
            Ok(())
        })
    }
}

/// After how many events a stream lets others run, however much room there is.
const EVENTS_PER_TURN: u32 = 128;

/// The stream's end of an [`EventSink`].
pub(crate) struct Emitter {
    sink: Arc<EventSink>,
    /// Events since others could run.
    events: AtomicU32,
}

impl Emitter {
    pub(crate) fn new(sink: Arc<EventSink>) -> Self {
        Self { sink, events: AtomicU32::new(0) }
    }

    /// Tells the connection that the procedure has returned its stream.
    pub(crate) fn open(&self) {
        let opened = self.sink.outbox.write(|out| {
            self.sink.writer.open(out);
            Ok::<_, std::convert::Infallible>(())
        });
        match opened {
            Ok(()) => self.sink.opened.store(true, Ordering::Relaxed),
            Err(never) => match never {},
        }
    }

    /// Waits until there is room for an event.
    pub(crate) async fn ready(&self) {
        if self.events.fetch_add(1, Ordering::Relaxed) == EVENTS_PER_TURN {
            self.events.store(0, Ordering::Relaxed);
            yield_now().await;
        }
        self.sink.outbox.ready().await;
    }

    /// Writes an event, whose envelope the closure writes, or the reason why it
    /// cannot be written, which ends the stream.
    pub(crate) fn emit(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), serde_json::Error>,
    ) -> Result<(), Error> {
        self.sink.write(kind, meta, envelope).map_err(Error::from)
    }

    /// Writes an error event.
    pub(crate) fn fail(&self, event: ErrorEvent<Error>) {
        let (error, meta) = event.into_parts();
        self.sink.error(&error, &meta);
    }
}

/// Lets other tasks run first, on whatever runtime.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
