//! The connection of one socket: reads its messages, runs its calls, writes its frames.

mod deadlines;
mod reading;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_websockets::proto::ProtocolError;
use tokio_websockets::{Error, Message};

use super::hooks::SocketError;
use super::idle_codec::RestingSocket;
use super::lifecycle::Life;
use super::state::State;
use crate::budget::Reservation;
use crate::clock::{self, Sleep, TimerInstant as Instant};
use crate::serve::peer::Calls;
use crate::serve::time::after;
use crate::serve::woken::Woken;
use crate::shutdown::Begun;
use crate::socket::{CloseCode, CloseFrame, Frames, Socket};

/// Number of bytes of an incomplete message that are accepted regardless of memory.
const FEW_BYTES: usize = 16 * 1024;

/// Maximum time for a client to answer a close frame.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// Time between messages beyond which a socket releases its buffers.
const BUSY: Duration = Duration::from_secs(1);

/// Deadlines of one socket.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// Interval of pings; `None` if they are not sent.
    pub(super) ping: Option<Duration>,
    /// Time without a frame from the client, pongs included, after which the socket is
    /// closed.
    pub(super) idle: Duration,
    /// For writing pending bytes.
    pub(super) write: Duration,
    /// For a message from its first byte to its last.
    pub(super) message: Duration,
    /// For calls that run when the server shuts down.
    pub(super) shutdown: Duration,
}

/// A socket with its calls.
pub(super) struct Connection<C, S> {
    websocket: RestingSocket<S>,
    state: State<C>,
    life: Life,
    timing: Arc<Timing>,
    shutdown: Begun,
    frames: Frames,
    last_read: Instant,
    last_ping: Instant,
    /// Time when a message last found the socket without buffers.
    last_wake: Option<Instant>,
    /// Messages arrive frequently: the buffers are kept for the next one.
    is_busy: bool,
    /// Time since which the client has taken nothing, and the number of messages read
    /// since then.
    blocked: Option<(Instant, usize)>,
    /// Time of the last check of a blocked socket.
    last_look: Instant,
    /// Number and start of the incomplete message.
    unfinished: Option<(u64, Instant)>,
    /// Memory of the codec for received bytes.
    codec_bytes: Reservation,
    /// Woken by what comes from outside: bytes of the client, a deadline, the shutdown. An
    /// event for the client wakes the task alone, and costs no look at them.
    outside: Woken,
    /// Reading has ended before the connection had no more bytes.
    reads_on: bool,
    timer: Pin<Box<Sleep>>,
}

impl<C, S> Connection<C, S>
where
    C: Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin,
{
    pub(super) fn new(
        websocket: RestingSocket<S>,
        calls: Calls<C>,
        life: Life,
        timing: Arc<Timing>,
        shutdown: Begun,
    ) -> Self {
        let now = Instant::now();
        let codec_bytes = life.socket().memory().nothing();
        Self {
            websocket,
            state: State::Open(calls),
            life,
            timer: Box::pin(clock::sleep_until(now)),
            timing,
            shutdown,
            frames: Frames::default(),
            last_read: now,
            last_ping: now,
            last_wake: None,
            is_busy: false,
            blocked: None,
            last_look: now,
            unfinished: None,
            codec_bytes,
            outside: Woken::new(),
            reads_on: false,
        }
    }

    /// Serves the socket to its end.
    pub(super) fn serve(self) -> impl Future<Output = ()> {
        // Boxed, because the states of a future that owns it would hold it more than
        // once.
        let mut connection = Box::new(self);
        async move {
            poll_fn(|cx| connection.poll(cx)).await;
            if connection.state.has_failed() {
                // Boxed, to keep the task of every socket small.
                Box::pin(linger(connection)).await;
            }
        }
    }

    /// Returns the socket without its calls, which end.
    fn into_websocket(self) -> RestingSocket<S> {
        self.websocket
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let is_woken = self.outside.take(cx);
        // While bytes wait to be written, the connection may have one waker for both ways.
        if (is_woken || self.reads_on || self.blocked.is_some()) && self.poll_read(cx).is_ready() {
            return Poll::Ready(());
        }
        if is_woken && self.state.is_open() {
            let cx = &mut Context::from_waker(self.outside.waker());
            if Pin::new(&mut self.shutdown).poll(cx).is_ready() {
                let close = CloseFrame::ours(CloseCode::GOING_AWAY, "the server shuts down");
                self.state.finish(after(Instant::now(), self.timing.shutdown), close);
            }
        }
        if let Some(calls) = self.state.calls_mut() {
            calls.poll(cx);
        }
        self.obey();
        if self.write(cx).is_ready() {
            return Poll::Ready(());
        }
        self.poll_timer(cx, is_woken)
    }

    /// Writes pending bytes, and releases the buffers if the socket is idle. Ready when
    /// the socket has ended.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.poll_write(cx) {
            Ok(true) if self.state.has_failed() && self.state.is_closing() => {
                return Poll::Ready(());
            }
            // Nothing is pending in either direction.
            Ok(true) if self.may_rest() => {
                self.websocket.rest();
                if let Some(calls) = self.state.calls_mut() {
                    calls.rest();
                }
                if self.websocket.is_resting() {
                    self.codec_bytes.cover(0);
                }
            }
            Ok(_) => {}
            Err(error) => return self.lose(error),
        }
        Poll::Pending
    }

    /// Returns `true` if the buffers are not needed for the next message, or are too large
    /// to be kept for it.
    fn may_rest(&self) -> bool {
        let is_needed = self.is_busy && self.websocket.kept() <= FEW_BYTES;
        !is_needed && self.state.is_open()
    }

    fn socket(&self) -> &Socket {
        self.life.socket()
    }

    /// Begins to close, if the application requested it.
    fn obey(&mut self) {
        if self.socket().is_closing()
            && self.state.calls().is_some()
            && let Some(close) = self.socket().closing()
        {
            self.state.flush(after(Instant::now(), self.timing.write), close, false);
        }
    }

    /// Handles a protocol error of the client: ends the calls. Their answers are sent,
    /// and then the close frame of the error.
    fn fail(&mut self, error: &Error) {
        let (code, reported) = match error {
            Error::PayloadTooLong { max_len, .. } => {
                (CloseCode::TOO_BIG, SocketError::MessageTooBig { limit: *max_len })
            }
            Error::Protocol(ProtocolError::InvalidUtf8) => {
                (CloseCode::INVALID_DATA, SocketError::Protocol { reason: error.to_string() })
            }
            _ => (CloseCode::PROTOCOL, SocketError::Protocol { reason: error.to_string() }),
        };
        self.fail_with(code, &reported);
    }

    fn fail_with(&mut self, code: CloseCode, reported: &SocketError) {
        self.unfinished = None;
        self.life.error(reported);
        let close = CloseFrame::ours(code, &reported.to_string());
        self.websocket.renew();
        self.state.flush(Instant::now() + CLOSE_TIME, close, true);
    }

    /// Handles the loss of the connection.
    fn lose(&mut self, error: Error) -> Poll<()> {
        // A client that has sent a close frame need not wait for the answer.
        if let Error::Io(error) = error
            && !self.state.is_closing()
        {
            self.life.error(&SocketError::Connection(error));
        }
        Poll::Ready(())
    }

    /// Writes pending bytes. Returns `true` if none are left.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<bool, Error> {
        let was_flooded = self.is_flooded();
        while !self.state.is_closing() && self.frames.has_next(self.life.socket().outbox(), cx) {
            if self.websocket.write_long(cx, &mut self.frames)? {
                continue;
            }
            match self.websocket.poll_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => break,
            }
            if let Some(frame) = self.frames.next() {
                self.websocket.send(&frame)?;
            }
        }
        self.frames.settle(self.life.socket().outbox());
        if !self.state.is_open() && !self.state.is_closing() {
            let is_idle = self.state.calls().is_none_or(Calls::is_idle);
            let is_drained = is_idle && !self.frames.has_next(self.life.socket().outbox(), cx);
            if let Some(close) = self.state.due_close(Instant::now(), is_drained) {
                self.close(close)?;
            }
        }
        let is_flushed = self.websocket.poll_flush(cx)?.is_ready();
        let took_bytes = self.websocket.took_bytes();
        if is_flushed {
            self.socket().outbox().written();
            self.blocked = None;
        } else if took_bytes || self.blocked.is_none() {
            self.blocked = Some((Instant::now(), 0));
        }
        if was_flooded && !self.is_flooded() {
            // Continue reading.
            cx.waker().wake_by_ref();
        }
        Ok(is_flushed)
    }

    /// Sends the close frame.
    fn close(&mut self, close: CloseFrame) -> Result<(), Error> {
        let message = close_frame(&close);
        self.life.closes(close);
        self.end_calls(self.state.has_failed());
        self.websocket.close(message)
    }

    /// Ends all calls. Only the exchange of close frames remains.
    fn end_calls(&mut self, failed: bool) {
        self.state.close(Instant::now() + CLOSE_TIME, failed);
        self.frames.clear(self.life.socket().outbox());
        self.life.socket().outbox().close();
    }
}

fn close_frame(close: &CloseFrame) -> Message {
    Message::close(u16::from(close.code).try_into().ok(), &close.reason)
}

/// Discards incoming bytes for a while after the close, so that the client receives the
/// close frame: a connection that is closed with unread bytes is reset.
async fn linger<C, S>(ended: Box<Connection<C, S>>)
where
    C: Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let websocket = ended.into_websocket();
    let Some(mut connection) = websocket.into_connection() else { return };
    let drained = clock::timeout(CLOSE_TIME, async {
        connection.shutdown().await?;
        let mut buffer = vec![0; 4096];
        while connection.read(&mut buffer).await? > 0 {}
        Ok::<_, std::io::Error>(())
    });
    match drained.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "a client leaves"),
        Err(_) => tracing::trace!("a client goes on sending"),
    }
}
