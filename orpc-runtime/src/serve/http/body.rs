//! The body of a response: bytes at hand, a form with files, or the events of a
//! running stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::form::FormBody;
use crate::event::EventMeta;
use crate::procedure::{Code, Error, EventSink, StreamRun};
use crate::serve::time::after;

/// The body of a response. It fails if a file cannot be read to its end, upon
/// which the connection is to be broken off.
pub struct RpcBody(Inner);

enum Inner {
    Full(Option<Bytes>),
    Events(Box<EventBody>),
    Form(Box<FormBody>),
}

impl RpcBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Full(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty())))
    }

    pub(super) fn events(events: EventBody) -> Self {
        Self(Inner::Events(Box::new(events)))
    }

    pub(super) fn is_events(&self) -> bool {
        matches!(self.0, Inner::Events(_))
    }

    pub(super) fn form(form: FormBody) -> Self {
        Self(Inner::Form(Box::new(form)))
    }
}

/// An empty body, which layers answer with.
impl Default for RpcBody {
    fn default() -> Self {
        Self::full(Bytes::new())
    }
}

/// A run of a stream procedure with the buffer that it fills.
///
/// The run is polled when the connection asks for more and not else: a client
/// that stops reading stops it, and a client that goes away drops it.
pub(super) struct EventBody {
    pub(super) run: Option<StreamRun>,
    pub(super) sink: Arc<EventSink>,
    pub(super) initial: Option<Bytes>,
    pub(super) keep_alive: Option<KeepAlive>,
    /// Ends the run; none for one that ends by itself.
    pub(super) shutdown: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    pub(super) span: tracing::Span,
    /// Counts the stream for as long as it lives.
    pub(super) counted: Option<Box<dyn Send + Sync>>,
}

impl EventBody {
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(initial) = self.initial.take() {
            return Poll::Ready(Some(initial));
        }
        let _entered = self.span.enter();
        if let Some(run) = &mut self.run
            && let Poll::Ready(result) = run.as_mut().poll(cx)
        {
            self.run = None;
            if let Err(error) = result {
                self.sink.error(&error, &EventMeta::default());
            }
        }
        if self.run.is_some()
            && let Some(shutdown) = &mut self.shutdown
            && shutdown.as_mut().poll(cx).is_ready()
        {
            self.run = None;
            self.sink.error(&Error::new(Code::ServiceUnavailable), &EventMeta::default());
        }
        if let Some(bytes) = self.sink.take() {
            if let Some(keep_alive) = &mut self.keep_alive {
                keep_alive.restart();
            }
            return Poll::Ready(Some(bytes));
        }
        if self.run.is_none() {
            return Poll::Ready(None);
        }
        match &mut self.keep_alive {
            Some(keep_alive) => keep_alive.poll(cx).map(Some),
            None => Poll::Pending,
        }
    }
}

/// Tells when a comment is due because nothing else was sent.
pub(super) struct KeepAlive {
    interval: Duration,
    comment: Bytes,
    last_sent: Instant,
    timer: Pin<Box<Sleep>>,
}

impl KeepAlive {
    pub(super) fn new(interval: Duration, comment: Bytes) -> Self {
        let timer = Box::pin(tokio::time::sleep(interval));
        Self { interval, comment, last_sent: Instant::now(), timer }
    }

    fn restart(&mut self) {
        self.last_sent = Instant::now();
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        // The timer is moved when it fires and not with every event, which would
        // cost more than the event.
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let due = after(self.last_sent, self.interval);
            if now < due {
                self.timer.as_mut().reset(due);
                continue;
            }
            self.last_sent = now;
            self.timer.as_mut().reset(after(now, self.interval));
            return Poll::Ready(self.comment.clone());
        }
        Poll::Pending
    }
}

impl Body for RpcBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let bytes = match &mut self.0 {
            Inner::Full(bytes) => Poll::Ready(bytes.take()),
            Inner::Events(events) => events.poll_bytes(cx),
            Inner::Form(form) => {
                return form.poll_bytes(cx).map(|bytes| bytes.map(|bytes| bytes.map(Frame::data)));
            }
        };
        bytes.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Inner::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Inner::Full(Some(bytes)) => SizeHint::with_exact(bytes.len() as u64),
            Inner::Full(None) => SizeHint::with_exact(0),
            Inner::Events(_) => SizeHint::default(),
            Inner::Form(form) => form.left().map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

impl std::fmt::Debug for RpcBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.0 {
            Inner::Full(_) => "RpcBody::Full",
            Inner::Events(_) => "RpcBody::Events",
            Inner::Form(_) => "RpcBody::Form",
        })
    }
}
