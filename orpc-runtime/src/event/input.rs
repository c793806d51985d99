//! Event iterators that a client sends.

use std::any::TypeId;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures::stream::Stream;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Event, EventMeta};
use crate::procedure::{
    Code, Error, EventKind, ProcedureInput, RawInput, invalid_input, malformed_request, wrong_kind,
};
use crate::schema::{DecodeError, InputDecoder, SchemaError};
use crate::value::Envelope;

/// An input that arrives event by event: an async iterator of the client's.
///
/// Each event is validated like any input. The iterator ends with an error when
/// an event is invalid, when the client's iterator throws, or when events come
/// faster than the procedure reads them (see the limits of the service). Once it
/// is dropped the client is told to stop.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// /// Adds up what the client counts.
/// #[procedure]
/// pub async fn sum(mut numbers: EventIterator<f64>) -> Result<f64, Error> {
///     let mut sum = 0.0;
///     while let Some(event) = numbers.next().await {
///         if let Step::Message(number) = event?.into_parts().0 {
///             sum += number;
///         }
///     }
///     Ok(sum)
/// }
/// ```
pub struct EventIterator<T, R = ()> {
    events: InputEvents,
    decoders: Arc<IteratorDecoder<T, R>>,
    ended: bool,
}

/// The decoders of an iterator's events and of its return value.
pub struct IteratorDecoder<T, R> {
    message: InputDecoder<T>,
    done: InputDecoder<R>,
}

impl<T, R> ProcedureInput for EventIterator<T, R>
where
    T: DeserializeOwned + JsonSchema + Send + 'static,
    R: DeserializeOwned + JsonSchema + Send + 'static,
{
    type Decoder = Arc<IteratorDecoder<T, R>>;

    fn compile() -> Result<Self::Decoder, SchemaError> {
        Ok(Arc::new(IteratorDecoder {
            message: InputDecoder::compile()?,
            done: InputDecoder::compile()?,
        }))
    }

    fn decode(decoders: &Self::Decoder, input: RawInput<'_>) -> Result<Self, DecodeError> {
        match input {
            RawInput::Events(events) => {
                Ok(Self { events, decoders: Arc::clone(decoders), ended: false })
            }
            RawInput::Value(_) => {
                Err(wrong_kind("Invalid input: expected an event iterator, received a value"))
            }
        }
    }

    fn schema(decoders: &Self::Decoder) -> &Value {
        decoders.message.schema()
    }
}

impl<T, R> EventIterator<T, R>
where
    T: DeserializeOwned + JsonSchema + Send + 'static,
    R: DeserializeOwned + JsonSchema + Send + 'static,
{
    fn read(&self, event: InputEvent) -> Result<Event<T, R>, Error> {
        let malformed = |error| match error {
            DecodeError::Malformed => malformed_request(error),
            DecodeError::Invalid(issues) => invalid_input(&issues),
        };
        let parse = |data| Envelope::parse(data).map_err(|error| malformed(error.into()));
        let event_of = match event.kind {
            EventKind::Message => {
                let envelope = parse(&event.data)?;
                Event::new(self.decoders.message.decode(envelope).map_err(malformed)?)
            }
            EventKind::Done => {
                let mut envelope = parse(&event.data)?;
                if TypeId::of::<R>() == TypeId::of::<()>() {
                    // Nobody asks for the return value.
                    envelope = Envelope::default();
                }
                Event::done(self.decoders.done.decode(envelope).map_err(malformed)?)
            }
            EventKind::Error => return Err(Error::from_wire(&event.data)),
        };
        Ok(Event { meta: event.meta, ..event_of })
    }
}

impl<T, R> Stream for EventIterator<T, R>
where
    T: DeserializeOwned + JsonSchema + Send + 'static,
    R: DeserializeOwned + JsonSchema + Send + 'static,
{
    type Item = Result<Event<T, R>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let mut state = self.events.0.state();
        if state.overflow {
            drop(state);
            self.ended = true;
            let error = Error::new(Code::PayloadTooLarge).with_message("Events come too fast");
            return Poll::Ready(Some(Err(error)));
        }
        let Some(event) = state.queue.pop_front() else {
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        state.bytes -= event.weight();
        drop(state);
        let is_last = event.kind != EventKind::Message;
        let event = self.read(event);
        self.ended = is_last || event.is_err();
        Poll::Ready(Some(event))
    }
}

impl<T, R> fmt::Debug for EventIterator<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventIterator").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The reading end of the events of one call. Dropping it tells the client to stop.
pub struct InputEvents(Arc<Shared>);

/// The writing end of the events of one call.
pub(crate) struct InputFeed(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    limit: usize,
    /// Tells the client to stop.
    stop: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<InputEvent>,
    bytes: usize,
    overflow: bool,
    complete: bool,
    waker: Option<Waker>,
}

/// One event as it arrived.
pub(crate) struct InputEvent {
    pub(crate) kind: EventKind,
    /// The text of the envelope; empty for undefined.
    pub(crate) data: Bytes,
    pub(crate) meta: EventMeta,
}

impl InputEvent {
    /// What the event counts against the limit: an empty one costs memory, too.
    fn weight(&self) -> usize {
        self.data.len() + size_of::<Self>()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InputEvents {
    /// Both ends. At most `limit` bytes of events wait to be read.
    pub(crate) fn new(limit: usize, stop: impl Fn() + Send + Sync + 'static) -> (Self, InputFeed) {
        let shared = Arc::new(Shared { state: Mutex::default(), limit, stop: Box::new(stop) });
        (Self(Arc::clone(&shared)), InputFeed(shared))
    }
}

impl InputFeed {
    /// Adds an event. Beyond the limit the iterator ends with an error instead.
    pub(crate) fn push(&self, event: InputEvent) {
        let mut state = self.0.state();
        if state.complete {
            return;
        }
        state.bytes += event.weight();
        state.complete = event.kind != EventKind::Message;
        if state.bytes > self.0.limit {
            state.queue.clear();
            state.overflow = true;
            state.complete = true;
        } else {
            state.queue.push_back(event);
        }
        let (waker, overflow) = (state.waker.take(), state.overflow);
        drop(state);
        if overflow {
            (self.0.stop)();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl InputFeed {
    /// Tells that the client needs no word when the iterator is dropped.
    pub(crate) fn end(&self) {
        self.0.state().complete = true;
    }
}

impl Drop for InputEvents {
    fn drop(&mut self) {
        let complete = std::mem::replace(&mut self.0.state().complete, true);
        if !complete {
            (self.0.stop)();
        }
    }
}

impl fmt::Debug for InputEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InputEvents")
    }
}
