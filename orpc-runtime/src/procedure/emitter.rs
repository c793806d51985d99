//! Events of a running stream, and their output buffer.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;

#[cfg(feature = "http")]
use bytes::Bytes;

use super::erased::StreamEnd;
use crate::core::{Error, ErrorEvent, EventKind, EventMeta, EventWriter, WriteError, write_event};
use crate::schema::OutputError;
use crate::socket::Outbox;

/// Events of one stream, on their way to the outbox of its connection.
pub(crate) struct EventSink {
    outbox: Arc<Outbox>,
    writer: Box<dyn EventWriter>,
    opened: AtomicBool,
}

impl EventSink {
    pub(crate) fn new(outbox: Arc<Outbox>, writer: impl EventWriter) -> Arc<Self> {
        Arc::new(Self { outbox, writer: Box::new(writer), opened: AtomicBool::new(false) })
    }

    /// Returns `true` once the procedure has returned its stream.
    pub(crate) fn is_open(&self) -> bool {
        self.opened.load(Ordering::Relaxed)
    }

    /// Tells the client that there are events.
    pub(crate) fn open(&self) {
        self.outbox.append(|out| self.writer.open(out));
        self.opened.store(true, Ordering::Relaxed);
    }

    /// Waits until there is room for an event.
    pub(crate) async fn ready(&self) {
        self.outbox.ready().await;
    }

    /// Waits until there is room for an event that is there, and memory.
    pub(crate) async fn room(&self) {
        self.outbox.room().await;
    }

    /// Ends the turn of an event that was written while the memory was exhausted.
    #[cfg(feature = "http")]
    pub(crate) fn end_turn(&self) {
        self.outbox.end_turn();
    }

    /// Writes an event whose data does not come from a procedure.
    pub(crate) fn plain(&self, kind: EventKind, data: impl FnOnce(&mut Vec<u8>)) {
        let meta = EventMeta::default();
        self.outbox.append(|out| {
            self.writer.begin(kind, &meta, out);
            data(out);
            self.writer.end(&meta, out);
        });
    }

    /// Takes the bytes written so far; `None` if there are none.
    #[cfg(feature = "http")]
    pub(crate) fn take(&self) -> Option<Bytes> {
        self.outbox.take()
    }

    /// Writes an error event. An id that would break its frame is omitted.
    pub(crate) fn error(&self, error: &Error, meta: &EventMeta) {
        if let Err(reason) =
            self.write(EventKind::Error, meta, |out| Ok(error.write_envelope(out)?))
        {
            tracing::error!(%reason, "an error event is replaced");
            let plain = self.write(EventKind::Error, &EventMeta::default(), |out| {
                Ok(Error::hidden().write_envelope(out)?)
            });
            debug_assert!(plain.is_ok(), "the internal error is always valid");
        }
    }

    /// Writes an event with the envelope that the closure writes.
    fn write(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    ) -> Result<(), WriteError> {
        self.outbox.write(|out| write_event(&*self.writer, kind, meta, envelope, out))
    }
}

/// Number of events after which a stream yields to other tasks, even if there is room
/// for more.
const EVENTS_PER_TURN: u32 = 128;

/// Code of the error that ends a stream when the type of an event refuses it.
const EVENT_CODE: &str = "EVENT_ITERATOR_VALIDATION_FAILED";
const EVENT_INVALID: &str = "Event iterator validation failed";

/// The stream's half of an [`EventSink`].
pub(crate) struct Emitter {
    sink: Arc<EventSink>,
    /// Number of events since other tasks could run.
    events: AtomicU32,
}

impl Emitter {
    pub(crate) fn new(sink: Arc<EventSink>) -> Self {
        Self { sink, events: AtomicU32::new(0) }
    }

    /// Tells the connection that the procedure has returned its stream.
    pub(crate) fn open(&self) {
        self.sink.open();
    }

    /// Waits until there is room for an event that is ready.
    pub(crate) async fn room(&self) {
        self.sink.room().await;
    }

    /// Waits until there is room for an event, and yields to other tasks when its turn
    /// is over.
    pub(crate) async fn ready(&self) {
        if self.events.fetch_add(1, Ordering::Relaxed) == EVENTS_PER_TURN {
            self.events.store(0, Ordering::Relaxed);
            yield_now().await;
        }
        self.sink.ready().await;
    }

    /// Writes an event with the envelope that the closure writes. An error that
    /// prevents it ends the stream.
    pub(crate) fn emit(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    ) -> Result<(), Error> {
        self.sink.write(kind, meta, envelope).map_err(|error| match error {
            WriteError::Meta(error) => Error::from(error),
            WriteError::Value(error) => unwritten(error, Error::custom(EVENT_CODE), EVENT_INVALID),
        })
    }

    /// Writes an error event, which ends the stream.
    pub(crate) fn fail(&self, event: ErrorEvent<Error>) -> StreamEnd {
        let (error, meta) = event.into_parts();
        self.sink.error(&error, &meta);
        StreamEnd(Some(error))
    }
}

/// Returns the error for a value that was not written; `invalid` with that message if
/// the value's type refuses it.
pub(super) fn unwritten(error: OutputError, invalid: Error, message: &'static str) -> Error {
    match error {
        OutputError::Serialise(error) => Error::from(error),
        OutputError::Invalid(reason) => invalid.with_message(message).with_source(reason),
    }
}

/// Yields to other tasks, on any runtime.
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
