//! Events of a running stream, and their output buffer.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Poll;

#[cfg(feature = "http")]
use bytes::Bytes;

use http::HeaderMap;

use super::erased::{Finished, StreamEnd};
use crate::core::{Error, ErrorEvent, EventKind, EventMeta, EventWriter, WriteError, write_event};
use crate::schema::{OutputError, OutputWriter};
use crate::socket::Outbox;
use crate::value::Serialised;

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

    /// Tells the client that there are events, with headers of the response.
    pub(crate) fn open(&self, headers: HeaderMap) {
        self.outbox.append(|out| self.writer.open(headers, out));
        self.opened.store(true, Ordering::Relaxed);
    }

    /// Waits until there is room for an event.
    pub(crate) async fn ready(&self) {
        self.outbox.ready().await;
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

    /// Writes an event with the envelope that the closure writes. Returns `true` if there is
    /// room for another one, and memory.
    fn write(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    ) -> Result<bool, WriteError> {
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
    /// There was room, and memory, behind the last event, and no other stream has run since.
    has_room: AtomicBool,
}

impl Emitter {
    pub(crate) fn new(sink: Arc<EventSink>) -> Self {
        Self { sink, events: AtomicU32::new(0), has_room: AtomicBool::new(false) }
    }

    /// Tells the connection that the procedure has returned its stream, with headers of its response.
    pub(crate) fn open(&self, headers: HeaderMap) {
        self.sink.open(headers);
        self.has_room.store(self.sink.outbox.has_room(), Ordering::Relaxed);
    }

    /// Notes that the stream waits for an event: others of the connection may fill the buffer.
    pub(crate) fn waits(&self) {
        self.has_room.store(false, Ordering::Relaxed);
    }

    /// Returns `true` if there is room for an event that is ready, and memory.
    pub(crate) fn has_room(&self) -> bool {
        self.has_room.load(Ordering::Relaxed) || self.sink.outbox.has_room()
    }

    /// Holds an event that is ready until there is room for it, and memory. Boxed, so that a
    /// stream takes no memory for it while it waits for events.
    pub(crate) fn hold<T: Send>(&self, event: T) -> impl Future<Output = T> {
        Box::pin(async move {
            self.sink.outbox.room().await;
            event
        })
    }

    /// Returns `true` if the next event may be produced: there is room for it, and the turn
    /// of the stream is not over.
    pub(crate) fn may_go_on(&self) -> bool {
        self.events.fetch_add(1, Ordering::Relaxed) < EVENTS_PER_TURN
            && self.has_room.load(Ordering::Relaxed)
    }

    /// Yields to other tasks if the turn of the stream is over, and waits until there is room
    /// for an event. Boxed likewise.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> {
        Box::pin(async {
            self.waits();
            if self.events.load(Ordering::Relaxed) > EVENTS_PER_TURN {
                self.events.store(0, Ordering::Relaxed);
                yield_now().await;
            }
            self.sink.ready().await;
        })
    }

    /// Writes an event with the envelope that the closure writes. An error that
    /// prevents it ends the stream.
    fn emit(
        &self,
        kind: EventKind,
        meta: &EventMeta,
        envelope: impl FnOnce(&mut Vec<u8>) -> Result<(), OutputError>,
    ) -> Result<(), Error> {
        let has_room = self.sink.write(kind, meta, envelope).map_err(|error| match error {
            WriteError::Meta(error) => Error::from(error),
            WriteError::Value(error) => unwritten(error, Error::custom(EVENT_CODE), EVENT_INVALID),
        })?;
        self.has_room.store(has_room, Ordering::Relaxed);
        Ok(())
    }

    /// Writes a value.
    pub(crate) fn message(
        &self,
        meta: &EventMeta,
        writer: &OutputWriter,
        value: Option<&dyn Serialised>,
    ) -> Result<(), Error> {
        self.emit(EventKind::Message, meta, |out| writer.write(value, out))
    }

    /// Writes a value that was serialised before.
    pub(crate) fn encoded(
        &self,
        meta: &EventMeta,
        writer: &OutputWriter,
        envelope: &[u8],
    ) -> Result<(), Error> {
        self.emit(EventKind::Message, meta, |out| writer.write_encoded(envelope, out))
    }

    /// Writes the return value, which ends the stream.
    pub(crate) fn done(
        &self,
        meta: &EventMeta,
        writer: &OutputWriter,
        value: Option<&dyn Serialised>,
    ) -> Result<Finished, Error> {
        self.emit(EventKind::Done, meta, |out| writer.write(value, out))?;
        Ok(Finished::Events(StreamEnd(None)))
    }

    /// Sends an error of an open stream as an event; others fail the call.
    pub(crate) fn end(&self, end: Result<Finished, Error>) -> Result<Finished, Error> {
        match end {
            Err(error) if self.sink.is_open() => {
                Ok(Finished::Events(self.fail(ErrorEvent::new(error))))
            }
            end => end,
        }
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

#[cfg(all(test, feature = "http"))]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;
    use crate::wire::{CallId, PeerEvents, Protocol};

    /// Returns the emitters of two streams of one connection, in which the event of
    /// [`fill`] leaves no room.
    fn emitters() -> [Emitter; 2] {
        let outbox = Outbox::new(1024);
        ["1", "2"].map(|id| {
            let events =
                PeerEvents { protocol: Protocol::default(), id: CallId::known(id), status: 200 };
            let emitter = Emitter::new(EventSink::new(Arc::clone(&outbox), events));
            emitter.open(HeaderMap::new());
            emitter
        })
    }

    fn fill(emitter: &Emitter) {
        let text = format!("{{\"json\":\"{}\"}}", "x".repeat(1024));
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(text.as_bytes());
            Ok(())
        };
        emitter.emit(EventKind::Message, &EventMeta::default(), write).unwrap();
    }

    fn polled<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Poll<T> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn an_event_is_held_until_there_is_room() {
        let [emitter, _] = emitters();
        assert!(emitter.may_go_on() && emitter.has_room());
        fill(&emitter);
        assert!(!emitter.may_go_on() && !emitter.has_room());
        let (mut ready, mut held) = (emitter.ready(), emitter.hold("event"));
        assert!(polled(&mut ready).is_pending() && polled(&mut held).is_pending());
        assert!(emitter.sink.take().is_some());
        assert!(polled(&mut ready).is_ready());
        assert_eq!(polled(&mut held), Poll::Ready("event"));
        assert!(emitter.has_room());
    }

    #[test]
    fn a_stream_that_has_waited_finds_what_others_have_written() {
        let [emitter, other] = emitters();
        fill(&other);
        emitter.waits();
        assert!(!emitter.has_room() && !emitter.may_go_on());
    }

    #[test]
    fn a_stream_that_is_always_ready_yields() {
        let [emitter, _] = emitters();
        for _ in 0..3 {
            let events = (0..).take_while(|_| emitter.may_go_on()).count();
            assert_eq!(events, EVENTS_PER_TURN as usize);
            let mut ready = emitter.ready();
            assert!(polled(&mut ready).is_pending(), "other tasks run");
            assert!(polled(&mut ready).is_ready());
            emitter.open(HeaderMap::new());
        }
    }
}
