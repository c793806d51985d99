//! Where a running stream writes its events: a bounded buffer that the
//! connection empties, and whose fullness holds the stream back.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use serde::Serialize;

use super::error::Error;
use crate::event::{ErrorEvent, EventMeta};
use crate::value::write_envelope;

/// A stream stops producing when so many bytes wait to be sent.
const HIGH_WATER: usize = 16 * 1024;

/// What an event says about the iterator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    Message,
    Error,
    Done,
}

/// How a wire frames an event around its envelope.
pub(crate) trait EventWriter: Send + Sync + 'static {
    /// Writes what stands before the data.
    fn begin(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        out: &mut Vec<u8>,
    ) -> Result<(), InvalidMeta>;

    /// Writes what stands behind the data.
    fn end(&self, out: &mut Vec<u8>);
}

/// An event whose id or comment would break its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidMeta {
    #[error("an event id contains CR, LF or NUL")]
    Id,
    #[error("an event comment contains CR or LF")]
    Comment,
}

/// Why an event was not written.
#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Meta(#[from] InvalidMeta),
    #[error("an event cannot be serialised: {0}")]
    Value(#[from] serde_json::Error),
}

/// The buffer between a stream and its connection.
///
/// Both ends are polled by one task, the reader's: it polls the stream, takes
/// what was written, and polls again when that is sent. So no end has to wake
/// the other.
pub(crate) struct EventSink {
    state: Mutex<SinkState>,
    writer: Box<dyn EventWriter>,
}

#[derive(Default)]
struct SinkState {
    opened: bool,
    bytes: Vec<u8>,
}

impl EventSink {
    pub(crate) fn new(writer: impl EventWriter) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), writer: Box::new(writer) })
    }

    fn state(&self) -> MutexGuard<'_, SinkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the procedure has returned its stream.
    pub(crate) fn is_open(&self) -> bool {
        self.state().opened
    }

    /// Takes all that was written, none if that is nothing.
    pub(crate) fn take(&self) -> Option<Bytes> {
        let bytes = std::mem::take(&mut self.state().bytes);
        if bytes.is_empty() { None } else { Some(Bytes::from(bytes)) }
    }

    /// Writes an error event. Errors have no id that could be invalid.
    pub(crate) fn error(&self, error: &Error, meta: &EventMeta) {
        if let Err(reason) = self.write(EventKind::Error, meta, Some(error)) {
            tracing::error!(%reason, "an error event is replaced");
            let plain = self.write(EventKind::Error, &EventMeta::default(), Some(&Error::hidden()));
            debug_assert!(plain.is_ok(), "the internal error is always valid");
        }
    }

    fn write<T: Serialize + ?Sized>(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        data: Option<&T>,
    ) -> Result<(), WriteError> {
        let bytes = &mut self.state().bytes;
        let start = bytes.len();
        self.writer.begin(kind, meta, bytes)?;
        write_envelope(data, bytes).inspect_err(|_| bytes.truncate(start))?;
        self.writer.end(bytes);
        Ok(())
    }
}

/// The stream's end of an [`EventSink`].
pub(crate) struct Emitter(Arc<EventSink>);

impl Emitter {
    pub(crate) fn new(sink: Arc<EventSink>) -> Self {
        Self(sink)
    }

    /// Tells the connection that the procedure has returned its stream.
    pub(crate) fn open(&self) {
        self.0.state().opened = true;
    }

    /// Waits until there is room for an event.
    pub(crate) async fn ready(&self) {
        poll_fn(|_| {
            let room = self.0.state().bytes.len() < HIGH_WATER;
            if room { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Writes an event, or the reason why it cannot be written, which ends the stream.
    pub(crate) fn emit<T: Serialize + ?Sized>(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        data: Option<&T>,
    ) -> Result<(), Error> {
        self.0.write(kind, meta, data).map_err(Error::from)
    }

    /// Writes an error event.
    pub(crate) fn fail(&self, event: ErrorEvent<Error>) {
        let (error, meta) = event.into_parts();
        self.0.error(&error, &meta);
    }
}
