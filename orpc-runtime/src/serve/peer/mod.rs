//! The peer protocol on any channel of messages.

mod calls;
mod gate;
mod limits;
mod port;
mod rate;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::clock::TimerInstant as Instant;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{Either, select};
use futures::sink::{Sink, SinkExt as _};
use futures::stream::{Stream, StreamExt as _};

pub(crate) use calls::Calls;
#[cfg(feature = "durable")]
pub(crate) use calls::path_and_query;
#[cfg(feature = "durable")]
pub(crate) use gate::Blocked;
#[cfg(any(feature = "durable", feature = "websocket"))]
pub(crate) use gate::Gate;
pub use gate::SocketGate;
#[cfg(feature = "websocket")]
pub(crate) use gate::{Admitted, NO_UPGRADE};
#[cfg(all(feature = "durable", feature = "websocket"))]
pub(crate) use gate::{Asking, Refusal};
pub(crate) use limits::PeerLimits;
pub use port::{Duplex, DuplexClosed, duplex};
pub use rate::{Rate, RateError};

use crate::budget::Reservation;
use crate::rpc::Rpc;
use crate::serve::IntoContext;
use crate::shutdown::Begun;
use crate::socket::{CloseFrame, Frame, Frames, Socket, SocketConfig};

/// Number of frames that are sent before messages are read again.
const FRAMES_PER_FLUSH: usize = 64;

/// The server's end of a channel that the application owns: a socket of your own, a
/// message port, a pair of in-memory channels.
///
/// Created by [`Rpc::peer`]. Pass it each received message with
/// [`receive`](Peer::receive), and send each frame that it yields as a stream; calls
/// run when the stream is polled. Dropping it ends all calls. [`serve`](Peer::serve)
/// does that for a channel that is a `Stream` and a `Sink`.
///
/// ```
/// use orpc_runtime::prelude::*;
///
/// #[router]
/// pub mod api {
///     #[orpc_runtime::procedure]
///     pub async fn ping() -> &'static str {
///         "pong"
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut peer = Rpc::new(api::router()).peer(());
/// peer.receive(r#"{"i":"1","p":{"u":"/ping"}}"#);
/// assert_eq!(peer.next().await.unwrap(), r#"{"i":"1","p":{"b":{"json":"pong"}}}"#);
/// # }
/// ```
pub struct Peer<C> {
    socket: Socket,
    /// `None` while closing.
    calls: Option<Calls<C>>,
    frames: Frames,
    /// `None` once the server shuts down.
    shutdown: Option<Begun>,
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Serves the router on a channel of messages, each call with a context from `context`.
    pub fn peer<Marker>(&self, context: impl IntoContext<C, Marker>) -> Peer<C> {
        self.peer_with(context, http::Request::new(()).into_parts().0, SocketConfig::new())
    }

    /// Serves the router on a channel of messages that began with a request, with tags,
    /// an attachment and rooms. Calls see both by their [`Socket`].
    pub fn peer_with<Marker>(
        &self,
        context: impl IntoContext<C, Marker>,
        request: http::request::Parts,
        accept: SocketConfig,
    ) -> Peer<C> {
        self.peer_gated(context, request, accept, None)
    }

    /// Serves the router on such a channel behind a gate.
    pub(crate) fn peer_gated<Marker>(
        &self,
        context: impl IntoContext<C, Marker>,
        request: http::request::Parts,
        accept: SocketConfig,
        gate: Option<SocketGate>,
    ) -> Peer<C> {
        let gate = gate.map(|SocketGate(gate)| gate);
        let limits = Arc::new(PeerLimits::default());
        let memory = self.memory().budget().part(limits.memory);
        let held = Reservation::unbounded();
        let socket = Socket::new(request, accept, limits.unsent, memory, held);
        let calls = Calls::new(self.clone(), context.into_context(), socket.clone(), limits, gate);
        let shutdown = Some(self.on_shutdown());
        Peer { socket, calls: Some(calls), frames: Frames::default(), shutdown }
    }
}

impl<C: Send + Sync + 'static> Peer<C> {
    /// Receives a message, text or binary. A message that cannot be decoded is ignored.
    pub fn receive(&mut self, message: impl Into<Bytes>) {
        self.socket.seen(Instant::now());
        let Some(calls) = self.calls.as_mut().filter(|calls| calls.may_go_on()) else { return };
        if let Err(error) = calls.receive(&message.into(), false) {
            tracing::debug!(%error, "a message is ignored");
        }
    }

    /// Returns the handle of the channel, which calls and rooms have as well.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Returns `true` if no call is open, so that nothing is to come until the next message or
    /// until something is sent from elsewhere. Iterators that hibernate are not open calls.
    ///
    /// Ask when the stream of frames is pending: before that, frames may wait.
    pub fn is_idle(&self) -> bool {
        self.calls.as_ref().is_none_or(Calls::is_idle)
    }

    /// Returns the close frame of the channel, if it is closing: from
    /// [`Socket::close`], or 1013 because its client does not read.
    pub fn closing(&self) -> Option<CloseFrame> {
        self.socket.closing()
    }

    /// Serves a channel to its end, such as an in-process [`duplex`] pair.
    ///
    /// # Errors
    /// The first error of the channel, which ends all calls.
    pub async fn serve<S, M, E>(mut self, channel: S) -> Result<(), E>
    where
        S: Stream<Item = Result<M, E>> + Sink<Frame, Error = E>,
        M: Into<Bytes>,
    {
        let (mut sink, mut messages) = channel.split();
        loop {
            let frame = match select(messages.next(), self.next()).await {
                Either::Left((None, _)) | Either::Right((None, _)) => return Ok(()),
                Either::Left((Some(message), _)) => {
                    self.receive(message?);
                    // A client that never pauses must not starve the calls.
                    match self.next().now_or_never() {
                        Some(Some(frame)) => frame,
                        Some(None) => return Ok(()),
                        None => continue,
                    }
                }
                Either::Right((Some(frame), _)) => frame,
            };
            sink.feed(frame).await?;
            // Ready frames share one flush, up to a limit that lets messages be read.
            for _ in 1..FRAMES_PER_FLUSH {
                let Some(Some(frame)) = self.next().now_or_never() else { break };
                sink.feed(frame).await?;
            }
            sink.flush().await?;
        }
    }
}

/// The frames to send. The stream ends when the socket [closes](Peer::closing), or
/// after [`Rpc::shutdown`], when no call is open.
impl<C: Send + Sync + 'static> Stream for Peer<C> {
    type Item = Frame;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = &mut *self;
        if this.socket.closing().is_some() {
            this.calls = None;
        }
        if let Some(shutdown) = &mut this.shutdown
            && Pin::new(shutdown).poll(cx).is_ready()
        {
            this.shutdown = None;
            if let Some(calls) = &mut this.calls {
                calls.begin_closing();
            }
        }
        if let Some(calls) = &mut this.calls {
            calls.poll(cx);
        }
        let outbox = this.socket.outbox();
        if let Some(frame) = this.frames.peek(outbox, cx) {
            this.frames.sent(outbox);
            outbox.written();
            return Poll::Ready(Some(frame));
        }
        let is_over = this.is_idle() && (this.shutdown.is_none() || this.calls.is_none());
        if is_over { Poll::Ready(None) } else { Poll::Pending }
    }
}

impl<C> Drop for Peer<C> {
    fn drop(&mut self) {
        self.socket.end();
        self.socket.leave_groups();
    }
}

impl<C> std::fmt::Debug for Peer<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}
