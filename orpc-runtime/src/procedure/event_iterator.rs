//! Event iterators that a client sends.

use std::any::TypeId;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
#[cfg(feature = "http")]
use futures::stream::BoxStream;
use futures::stream::Stream;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::input::{ProcedureInput, RawInput, wrong_kind};
use super::signature::IoSchema;
use crate::budget::{Budget, ENTRY, Reservation};
use crate::core::{Code, Error, Event, EventKind, EventMeta, undecoded_input};
use crate::schema::{DecodeError, InputDecoder, SchemaError};
use crate::value::Envelope;

/// An input that arrives event by event: an async iterator of the client's.
///
/// Each event is validated like any input. The iterator ends with an error when an
/// event is invalid, when the client's iterator throws, when events come faster than
/// the procedure reads them (see the limits of the service), or when the call ends
/// before the client's iterator. Dropping it tells the client to stop.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// /// Adds up what the client counts.
/// #[procedure]
/// pub async fn sum(mut numbers: EventIterator<f64>) -> Result<f64, Error> {
///     let mut sum = 0.0;
///     while let Some(event) = numbers.next().await {
///         if let EventPayload::Message(number) = event?.into_parts().0 {
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

impl<T, R> fmt::Debug for IteratorDecoder<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IteratorDecoder").finish_non_exhaustive()
    }
}

impl<T, R> ProcedureInput for EventIterator<T, R>
where
    T: DeserializeOwned + JsonSchema + Send + 'static,
    R: DeserializeOwned + JsonSchema + Send + 'static,
{
    type Decoder = Arc<IteratorDecoder<T, R>>;

    const IS_EVENTS: bool = true;

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
            RawInput::Value(_) | RawInput::Text(_) => {
                Err(wrong_kind("Invalid input: expected an event iterator, received a value"))
            }
        }
    }

    fn shape() -> IoSchema {
        IoSchema::events::<T, R>()
    }
}

impl<T, R> EventIterator<T, R>
where
    T: DeserializeOwned + JsonSchema + Send + 'static,
    R: DeserializeOwned + JsonSchema + Send + 'static,
{
    fn read(&self, event: InputEvent) -> Result<Event<T, R>, Error> {
        let parse = |data| Envelope::parse(data).map_err(|error| undecoded_input(error.into()));
        let event_of = match event.kind {
            EventKind::Message => {
                let envelope = parse(&event.data)?;
                Event::new(self.decoders.message.decode(envelope).map_err(undecoded_input)?)
            }
            EventKind::Done => {
                let mut envelope = parse(&event.data)?;
                if TypeId::of::<R>() == TypeId::of::<()>() {
                    // No caller reads the return value.
                    envelope = Envelope::default();
                }
                Event::done(self.decoders.done.decode(envelope).map_err(undecoded_input)?)
            }
            EventKind::Error => return Err(Error::from_wire(&event.data)),
        };
        Ok(event_of.with_meta(event.meta))
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
        let next = match ready!(self.events.poll_next(cx)) {
            Some(Ok(event)) => {
                self.ended = event.kind != EventKind::Message;
                Some(self.read(event))
            }
            Some(Err(error)) => Some(Err(error)),
            None => None,
        };
        self.ended |= !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

impl<T, R> fmt::Debug for EventIterator<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventIterator").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// The events of one call as they arrive. Dropping it tells the client to stop.
pub struct InputEvents(Source);

enum Source {
    /// A connection of many calls, which pushes the events of this one.
    Fed(Fed),
    /// A connection of this call alone, which is read when an event is polled.
    #[cfg(feature = "http")]
    Read(Mutex<BoxStream<'static, Result<InputEvent, Error>>>),
}

/// The reading half.
struct Fed(Arc<Shared>);

/// The writing half of the events of one call.
pub(crate) struct InputFeed(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    budget: Arc<Budget>,
    /// Tells the client to stop.
    stop: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    /// The events with their part of the budget.
    queue: VecDeque<(InputEvent, Reservation)>,
    /// The error behind the events in the queue.
    failure: Option<Error>,
    /// No further event is accepted.
    complete: bool,
    /// The call is over.
    closed: bool,
    waker: Option<Waker>,
}

/// One event as it arrived.
pub(crate) struct InputEvent {
    kind: EventKind,
    /// The text of the envelope; empty for undefined.
    data: Bytes,
    meta: EventMeta,
    /// Its memory, with its place in the queue.
    weight: usize,
}

impl InputEvent {
    /// Creates an event that is part of a message of that length.
    pub(crate) fn new(kind: EventKind, data: Bytes, meta: EventMeta, message: usize) -> Self {
        // Copied: a small slice would keep the whole message in memory.
        let data = if data.len() * 2 < message { Bytes::copy_from_slice(&data) } else { data };
        let entry = size_of::<(Self, Reservation)>();
        let comments = meta.comments.len() * (size_of::<String>() + ENTRY);
        Self { kind, data, meta, weight: message + entry + comments }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Discards the events that will not be read.
    fn clear(state: &mut State) {
        state.queue.clear();
    }
}

impl InputEvents {
    /// Creates both halves.
    pub(crate) fn new(
        budget: Arc<Budget>,
        stop: impl Fn() + Send + Sync + 'static,
    ) -> (Self, InputFeed) {
        let shared = Arc::new(Shared { state: Mutex::default(), budget, stop: Box::new(stop) });
        (Self(Source::Fed(Fed(Arc::clone(&shared)))), InputFeed(shared))
    }

    /// Wraps the events of a connection that carries this call only.
    #[cfg(feature = "http")]
    pub(crate) fn read(
        events: impl Stream<Item = Result<InputEvent, Error>> + Send + 'static,
    ) -> Self {
        Self(Source::Read(Mutex::new(Box::pin(events))))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<InputEvent, Error>>> {
        match &mut self.0 {
            Source::Fed(fed) => fed.poll_next(cx),
            #[cfg(feature = "http")]
            Source::Read(events) => {
                let events = events.get_mut().unwrap_or_else(PoisonError::into_inner);
                events.as_mut().poll_next(cx)
            }
        }
    }
}

impl Fed {
    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Result<InputEvent, Error>>> {
        let mut state = self.0.state();
        let Some((event, _)) = state.queue.pop_front() else {
            if let Some(error) = state.failure.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if state.closed {
                return Poll::Ready(Some(Err(Error::new(Code::ClientClosedRequest))));
            }
            state.waker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        drop(state);
        Poll::Ready(Some(Ok(event)))
    }
}

impl InputFeed {
    /// Adds an event. Beyond the budget the iterator ends with an error instead.
    pub(crate) fn push(&self, event: InputEvent) {
        let mut state = self.0.state();
        if state.complete {
            return;
        }
        let Ok(held) = self.0.budget.reserve(event.weight) else {
            Shared::clear(&mut state);
            drop(state);
            let error = Error::new(Code::PayloadTooLarge).with_message("Events come too fast");
            return self.fail(error);
        };
        state.complete = event.kind != EventKind::Message;
        state.queue.push_back((event, held));
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Ends the iterator with an error, behind the queued events, and tells the client
    /// to stop.
    pub(crate) fn fail(&self, error: Error) {
        let mut state = self.0.state();
        if state.complete {
            return;
        }
        state.complete = true;
        state.failure = Some(error);
        let waker = state.waker.take();
        drop(state);
        (self.0.stop)();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The call is over: no event follows, and the client need not be told.
impl Drop for InputFeed {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.complete = true;
        state.closed = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        let mut state = self.0.state();
        Shared::clear(&mut state);
        let complete = std::mem::replace(&mut state.complete, true);
        drop(state);
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
