//! Event iterators in request bodies.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use futures::Stream;
use http_body::Body;

use super::drain::RequestBody;
use super::read::ReadError;
use crate::budget::Reservation;
use crate::core::{Code, Error};
use crate::procedure::InputEvent;
use crate::serve::memory::no_memory;
use crate::serve::patience::Patience;
use crate::wire::{Protocol, SseEvent, SseReader, TooLong};

/// Events of a request's body, which is read on demand.
pub(super) struct BodyEvents<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    /// `None` once it was read to its end.
    body: Option<RequestBody<B>>,
    reader: SseReader,
    /// Received bytes that are not parsed yet.
    bytes: Bytes,
    patience: Patience,
    /// Memory of an incomplete event.
    kept: Reservation,
}

impl<B> BodyEvents<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    /// Creates the events of a body. An event has at most `limit` bytes; data or a
    /// comment must arrive within `silence`.
    pub(super) fn new(
        protocol: Protocol,
        body: RequestBody<B>,
        limit: usize,
        silence: Duration,
        kept: Reservation,
    ) -> Self {
        Self {
            body: Some(body),
            reader: SseReader::new(protocol, limit),
            bytes: Bytes::new(),
            patience: Patience::for_events(silence),
            kept,
        }
    }
}

/// Returns the error of a body that ends inside of an event.
fn cut_off() -> Error {
    Error::new(Code::ClientClosedRequest).with_message("Event Iterator ended before complete")
}

impl<B> Stream for BodyEvents<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Item = Result<InputEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            match this.reader.read(&mut this.bytes) {
                Ok(Some(SseEvent { kind, data, meta })) => {
                    let length = data.len();
                    return Poll::Ready(Some(Ok(InputEvent::new(kind, data, meta, length))));
                }
                Ok(None) => {
                    if let Err(exhausted) = this.kept.resize(this.reader.unfinished()) {
                        return Poll::Ready(Some(Err(no_memory(exhausted))));
                    }
                }
                Err(TooLong) => return Poll::Ready(Some(Err(Error::new(Code::PayloadTooLarge)))),
            }
            let Some(body) = &mut this.body else { return Poll::Ready(None) };
            match ready!(this.patience.poll_frame(Pin::new(body), cx)) {
                Some(Ok(frame)) => {
                    if let Ok(mut data) = frame.into_data() {
                        this.bytes = data.copy_to_bytes(data.remaining());
                    }
                }
                Some(Err(failed)) => {
                    this.body = None;
                    let error = match failed.into() {
                        ReadError::Broken => cut_off(),
                        error => error.answer(),
                    };
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    this.body = None;
                    let is_cut_off = this.reader.is_inside_event();
                    return Poll::Ready(is_cut_off.then(|| Err(cut_off())));
                }
            }
        }
    }
}
