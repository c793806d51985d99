//! Response bodies: bytes in memory, a form with files, or the events of a running
//! stream.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::{self, Sleep, TimerInstant as Instant};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::form::FormBody;
use super::pace::Pace;
use crate::budget::{Budget, Reservation};
use crate::core::{Code, Error, EventMeta, into_bytes};
use crate::procedure::{ErasedRun, EventSink};
use crate::serve::time::after;
use crate::serve::woken::WokenFuture;
use crate::shutdown::Begun;

/// The body of a response. It fails if a file cannot be read to its end, or if the
/// client does not read for the [write timeout](super::HttpService::write_timeout),
/// upon which the server aborts the connection.
pub struct RpcBody {
    inner: Inner,
    /// `None` for bodies that are passed to the server at once.
    pace: Option<Box<Pace>>,
}

enum Inner {
    Full(Option<Bytes>),
    Events(Box<EventBody>),
    Form(Box<FormBody>),
    /// No further frames.
    Ended,
}

impl RpcBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        let bytes = Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty());
        Self { inner: Inner::Full(bytes), pace: None }
    }

    /// Creates the body of a result, which was serialised into a buffer of up to twice its
    /// length.
    pub(super) fn json(mut text: Vec<u8>) -> Self {
        if text.len() > SHORT {
            text.shrink_to_fit();
        }
        Self::full(into_bytes(text))
    }

    pub(super) fn events(events: Box<EventBody>) -> Self {
        Self { inner: Inner::Events(events), pace: None }
    }

    pub(super) fn is_events(&self) -> bool {
        matches!(self.inner, Inner::Events(_))
    }

    pub(super) fn form(form: FormBody) -> Self {
        Self { inner: Inner::Form(Box::new(form)), pace: None }
    }

    /// Holds the memory of the call as long as its stream.
    pub(super) fn hold(&mut self, held: Reservation) {
        if let Inner::Events(events) = &mut self.inner {
            events.held = held;
        }
    }

    /// Ends the response if its client does not read for `timeout`, and counts
    /// buffered bytes towards the memory of the service. A short body is passed to the
    /// server at once and needs neither.
    pub(super) fn paced(mut self, timeout: Duration, memory: &Arc<Budget>) -> Self {
        let ready = self.ready();
        let is_short = matches!(self.inner, Inner::Full(_)) && ready <= SHORT;
        self.pace = (!is_short).then(|| Box::new(Pace::new(timeout, ready, memory.nothing())));
        self
    }

    /// Tells if there is more of the response than may wait for its client while the
    /// memory is exhausted.
    pub(super) fn is_long(&self) -> bool {
        self.ready() > SHORT
    }

    /// The bytes of the response that are in memory.
    fn ready(&self) -> usize {
        match &self.inner {
            Inner::Full(bytes) => bytes.as_ref().map_or(0, Bytes::len),
            Inner::Form(form) => form.in_memory(),
            Inner::Events(_) | Inner::Ended => 0,
        }
    }
}

/// Maximum length of a body that is passed to the server at once.
const SHORT: usize = 16 * 1024;

/// The empty body, which layers use in their own responses.
impl Default for RpcBody {
    fn default() -> Self {
        Self::full(Bytes::new())
    }
}

/// A run of a stream procedure with the buffer that it fills.
///
/// The run is polled only when the connection asks for more: a client that stops
/// reading pauses it, and a client that disconnects drops it.
pub(super) struct EventBody {
    pub(super) run: Option<WokenFuture<ErasedRun>>,
    pub(super) sink: Arc<EventSink>,
    pub(super) initial: Option<Bytes>,
    pub(super) keep_alive: Option<KeepAlive>,
    /// Ends the run at shutdown; `None` for a run that ends by itself.
    pub(super) shutdown: Option<Begun>,
    pub(super) span: tracing::Span,
    /// Counts the stream while it lives.
    pub(super) counted: Option<Box<dyn Send + Sync>>,
    /// Memory of the call.
    pub(super) held: Reservation,
}

impl EventBody {
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(initial) = self.initial.take() {
            return Poll::Ready(Some(initial));
        }
        // Asked for more: what was written before is with the client.
        self.sink.end_turn();
        let _entered = self.span.enter();
        if let Some(run) = &mut self.run
            && let Poll::Ready(result) = Pin::new(run).poll(cx)
        {
            self.run = None;
            if let Err(error) = result {
                self.sink.error(&error, &EventMeta::default());
            }
        }
        if self.run.is_some()
            && let Some(shutdown) = &mut self.shutdown
            && Pin::new(shutdown).poll(cx).is_ready()
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

/// Timer of the comments that are sent while no events are.
pub(super) struct KeepAlive {
    interval: Duration,
    comment: Bytes,
    last_sent: Instant,
    timer: Pin<Box<Sleep>>,
}

impl KeepAlive {
    pub(super) fn new(interval: Duration, comment: Bytes) -> Self {
        let timer = Box::pin(clock::sleep(interval));
        Self { interval, comment, last_sent: Instant::now(), timer }
    }

    fn restart(&mut self) {
        self.last_sent = Instant::now();
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        // The timer is reset when it fires and not with every event, which would cost
        // more than the event.
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
        let this = &mut *self;
        let bytes = match &mut this.pace {
            Some(pace) => pace.poll_piece(cx, |cx| this.inner.poll_bytes(cx)),
            None => this.inner.poll_bytes(cx),
        };
        if let Poll::Ready(Some(Err(_))) = bytes {
            // The server's share of the body is empty.
            this.inner = Inner::Ended;
            this.pace = None;
        }
        bytes.map(|bytes| bytes.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        let rest = self.pace.as_ref().map_or(0, |pace| pace.rest());
        rest == 0 && matches!(self.inner, Inner::Full(None))
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.pace.as_ref().map_or(0, |pace| pace.rest()) as u64;
        match &self.inner {
            Inner::Full(bytes) => {
                SizeHint::with_exact(rest + bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Inner::Events(_) | Inner::Ended => SizeHint::default(),
            Inner::Form(form) => {
                form.left().map_or_else(SizeHint::default, |left| SizeHint::with_exact(rest + left))
            }
        }
    }
}

impl Inner {
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match self {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Self::Events(events) => events.poll_bytes(cx).map(|bytes| bytes.map(Ok)),
            Self::Form(form) => form.poll_bytes(cx),
            Self::Ended => Poll::Ready(None),
        }
    }
}

impl std::fmt::Debug for RpcBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match &self.inner {
            Inner::Full(_) => "RpcBody::Full",
            Inner::Events(_) => "RpcBody::Events",
            Inner::Form(_) => "RpcBody::Form",
            Inner::Ended => "RpcBody::Ended",
        })
    }
}
