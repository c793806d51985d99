//! The peer protocol on any channel of messages.

mod calls;
mod limits;
mod rate;

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{Either, select};
use futures::sink::{Sink, SinkExt as _};
use futures::stream::{Stream, StreamExt as _};

pub(crate) use calls::Calls;
pub(crate) use limits::PeerLimits;
pub use rate::Rate;

use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::procedure::{Connection, Unsent};
use crate::rpc::Rpc;
use crate::serve::IntoContext;

/// How many frames are sent before messages are looked at again.
const FRAMES_PER_FLUSH: usize = 64;

/// The server's end of a channel that somebody else owns: a socket of your own, a
/// message port, a pair of channels in memory.
///
/// Made by [`Rpc::peer`]. Give it each message that arrives with
/// [`message`](Peer::message), and send each frame that it yields as a stream;
/// calls run when the stream is polled. Dropping it ends all calls.
/// [`serve`](Peer::serve) does that for a channel that is a `Stream` and a `Sink`.
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
/// peer.message(r#"{"i":"1","p":{"u":"/ping"}}"#);
/// assert_eq!(peer.next().await.unwrap(), r#"{"i":"1","p":{"b":{"json":"pong"}}}"#);
/// # }
/// ```
pub struct Peer<C> {
    calls: Calls<C>,
    unsent: Unsent,
    /// How far the unsent frames are: the number of frames, and of bytes.
    sent: (usize, usize),
    /// None once the server shuts down.
    shutdown: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl<C: Send + Sync + 'static> Rpc<C> {
    /// Serves the router on a channel of messages, each call with a context from `context`.
    pub fn peer<How>(&self, context: impl IntoContext<C, How>) -> Peer<C> {
        self.peer_of(context, http::Request::new(()).into_parts().0)
    }

    /// Serves the router on a channel of messages that began with a request,
    /// which [`Call::connection`](crate::Call::connection) gives to the calls.
    pub fn peer_of<How>(
        &self,
        context: impl IntoContext<C, How>,
        request: http::request::Parts,
    ) -> Peer<C> {
        let context = context.into_context();
        let connection = Connection::new(request);
        let calls = Calls::new(self.clone(), context, connection, PeerLimits::default());
        let shutdown = Some(Box::pin(self.on_shutdown()));
        Peer { calls, unsent: Unsent::default(), sent: (0, 0), shutdown }
    }
}

impl<C: Send + Sync + 'static> Peer<C> {
    /// Takes a message as it arrived, text or binary. One that is none is ignored.
    pub fn message(&mut self, message: impl Into<Bytes>) {
        if let Err(error) = self.calls.receive(&message.into()) {
            tracing::debug!(%error, "a message is ignored");
        }
    }

    /// Serves a channel to its end. Every frame is a text message in UTF-8.
    ///
    /// # Errors
    /// The first error of the channel, which ends all calls.
    pub async fn serve<S, E>(mut self, channel: S) -> Result<(), E>
    where
        S: Stream<Item = Result<Bytes, E>> + Sink<Bytes, Error = E>,
    {
        let (mut sink, mut messages) = channel.split();
        loop {
            let frame = match select(messages.next(), self.next()).await {
                Either::Left((None, _)) | Either::Right((None, _)) => return Ok(()),
                Either::Left((Some(message), _)) => {
                    self.message(message?);
                    // A client that never pauses leaves the calls their turn.
                    match self.next().now_or_never() {
                        Some(Some(frame)) => frame,
                        Some(None) => return Ok(()),
                        None => continue,
                    }
                }
                Either::Right((Some(frame), _)) => frame,
            };
            sink.feed(frame).await?;
            // Frames that are ready share one flush, as many as leave the client a say.
            for _ in 1..FRAMES_PER_FLUSH {
                let Some(Some(frame)) = self.next().now_or_never() else { break };
                sink.feed(frame).await?;
            }
            sink.flush().await?;
        }
    }
}

/// The frames to send. The stream ends after [`Rpc::shutdown`], when no call is left.
impl<C: Send + Sync + 'static> Stream for Peer<C> {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = &mut *self;
        if let Some(shutdown) = &mut this.shutdown
            && shutdown.as_mut().poll(cx).is_ready()
        {
            this.shutdown = None;
            this.calls.begin_closing();
        }
        this.calls.poll(cx);
        if this.sent.0 == this.unsent.ends.len() {
            let Some(unsent) = this.calls.outbox().take() else {
                let over = this.shutdown.is_none() && this.calls.is_idle();
                return if over { Poll::Ready(None) } else { Poll::Pending };
            };
            this.unsent = unsent;
            this.sent = (0, 0);
        }
        let end = this.unsent.ends[this.sent.0];
        let frame = this.unsent.bytes.slice(this.sent.1..end);
        this.sent = (this.sent.0 + 1, end);
        this.calls.outbox().sent(frame.len());
        Poll::Ready(Some(frame))
    }
}

impl<C> std::fmt::Debug for Peer<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer")
    }
}
