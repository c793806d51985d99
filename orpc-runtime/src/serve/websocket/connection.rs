//! One socket: reads its messages, runs its calls, writes its frames.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tokio_websockets::{CloseCode, Error, Message, WebSocketStream};

use super::progress::Progress;
use crate::procedure::Unsent;
use crate::serve::peer::Calls;
use crate::serve::time::after;

/// How many messages are read before calls run and frames are written.
const READ_BUDGET: usize = 256;

/// How many messages are read while what is due cannot be written: their answers
/// and pongs would pile up.
const READ_WHILE_BLOCKED: usize = 256;

/// How long a client may take to answer a close frame.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// The times of one socket.
#[derive(Debug, Clone)]
pub(super) struct Timing {
    /// Between pings; none if they are not sent.
    pub(super) ping: Option<Duration>,
    /// Without a frame from the client, a pong among them, the socket is closed.
    pub(super) idle: Duration,
    /// For writing what is due.
    pub(super) write: Duration,
    /// For calls that run when the server shuts down.
    pub(super) shutdown: Duration,
}

/// A socket with its calls.
pub(super) struct Connection<C, S> {
    socket: WebSocketStream<Progress<S>>,
    /// None once the client has closed the socket.
    calls: Option<Calls<C>>,
    timing: Timing,
    shutdown: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Frames on their way.
    unsent: Unsent,
    /// How far they are: the number of frames, and of bytes.
    sent: (usize, usize),
    last_read: Instant,
    last_ping: Instant,
    /// Since when the client has taken nothing of what is due, and how many
    /// messages were read since.
    blocked: Option<(Instant, usize)>,
    ending: Ending,
    /// Whether the client broke the protocol.
    failed: bool,
    timer: Pin<Box<Sleep>>,
}

/// How far the end of the socket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    No,
    /// Calls may end until then.
    WaitsForCalls(Instant),
    /// The client may answer the close frame until then.
    WaitsForClose(Instant),
}

impl<C, S> Connection<C, S>
where
    C: Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin,
{
    pub(super) fn new(
        socket: WebSocketStream<Progress<S>>,
        calls: Calls<C>,
        timing: Timing,
        shutdown: WaitForCancellationFutureOwned,
    ) -> Self {
        let now = Instant::now();
        Self {
            socket,
            calls: Some(calls),
            timer: Box::pin(tokio::time::sleep_until(now)),
            timing,
            shutdown: Box::pin(shutdown),
            unsent: Unsent::default(),
            sent: (0, 0),
            last_read: now,
            last_ping: now,
            blocked: None,
            ending: Ending::No,
            failed: false,
        }
    }

    /// Serves the socket to its end.
    pub(super) async fn serve(mut self) {
        poll_fn(|cx| self.poll(cx)).await;
        if self.failed {
            linger(self.socket.into_inner()).await;
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_read(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.ending == Ending::No && self.shutdown.as_mut().poll(cx).is_ready() {
            self.ending = Ending::WaitsForCalls(after(Instant::now(), self.timing.shutdown));
            if let Some(calls) = &mut self.calls {
                calls.begin_closing();
            }
        }
        if let Some(calls) = &mut self.calls {
            calls.poll(cx);
        }
        if self.poll_write(cx).is_err() {
            return Poll::Ready(());
        }
        self.poll_timer(cx)
    }

    /// Reads what is there. Ready when the socket is at its end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..READ_BUDGET {
            if self.is_flooded() {
                // Goes on when something is written, or ends by the deadline for that.
                return Poll::Pending;
            }
            match self.socket.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    self.last_read = Instant::now();
                    if let Some((_, read)) = &mut self.blocked {
                        *read += 1;
                    }
                    self.receive(message);
                    // A call runs before the next message, which may be its abort.
                    if let Some(calls) = &mut self.calls {
                        calls.poll(cx);
                    }
                }
                Poll::Ready(Some(Err(error))) => self.fail(&error),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        // There may be more.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Whether more waits to be written than a client that does not read may cause.
    fn is_flooded(&self) -> bool {
        self.blocked.is_some_and(|(_, read)| {
            read >= READ_WHILE_BLOCKED
                || self.calls.as_ref().is_some_and(|calls| calls.outbox().is_full())
        })
    }

    /// Ends the calls. The next poll of the socket sends the close frame that
    /// belongs to the error.
    fn fail(&mut self, error: &Error) {
        tracing::debug!(%error, "a socket fails");
        self.end_calls();
        self.failed = true;
        // A message whose parts add up to too much is the one error without its frame.
        if let Error::PayloadTooLong { .. } = error {
            let close = Message::close(Some(CloseCode::MESSAGE_TOO_BIG), "");
            if let Err(error) = self.socket.start_send_unpin(close) {
                tracing::trace!(%error, "the close frame is on its way already");
            }
        }
    }

    fn receive(&mut self, message: Message) {
        if message.is_close() {
            self.end_calls();
        } else if (message.is_text() || message.is_binary())
            && let Some(calls) = &mut self.calls
        {
            let frame: Bytes = message.into_payload().into();
            if let Err(error) = calls.receive(&frame) {
                tracing::debug!(%error, "a message is ignored");
            }
        }
    }

    /// Writes what is due.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        while let Some(frame) = self.next_frame() {
            match self.socket.poll_ready_unpin(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => break,
            }
            self.sent.0 += 1;
            self.sent.1 += frame.len();
            if let Some(calls) = &self.calls {
                calls.outbox().sent(frame.len());
            }
            self.socket.start_send_unpin(Message::text(frame))?;
        }
        if let Ending::WaitsForCalls(until) = self.ending {
            let done = self.calls.as_ref().is_none_or(Calls::is_idle) && self.is_written();
            if done || Instant::now() >= until {
                self.close(CloseCode::GOING_AWAY, "the server shuts down")?;
            }
        }
        let flushed = self.socket.poll_flush_unpin(cx)?.is_ready();
        let wrote = self.socket.get_mut().take();
        let was_flooded = self.is_flooded();
        if flushed {
            self.blocked = None;
        } else if wrote || self.blocked.is_none() {
            self.blocked = Some((Instant::now(), 0));
        }
        if was_flooded && !self.is_flooded() {
            // Reading goes on.
            cx.waker().wake_by_ref();
        }
        Ok(())
    }

    /// The next frame to send, which stays the next until it is counted as sent.
    fn next_frame(&mut self) -> Option<Bytes> {
        if self.sent.0 == self.unsent.ends.len() {
            self.unsent = self.calls.as_ref()?.outbox().take()?;
            self.sent = (0, 0);
        }
        let end = *self.unsent.ends.get(self.sent.0)?;
        Some(self.unsent.bytes.slice(self.sent.1..end))
    }

    fn is_written(&mut self) -> bool {
        self.next_frame().is_none()
    }

    /// Ends all calls. What is left is to exchange close frames.
    fn end_calls(&mut self) {
        self.calls = None;
        self.unsent = Unsent::default();
        self.sent = (0, 0);
        self.ending = Ending::WaitsForClose(Instant::now() + CLOSE_TIME);
    }

    fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        self.end_calls();
        self.socket.start_send_unpin(Message::close(Some(code), reason))
    }

    /// Does what is due by the clock. Ready when the socket is to be dropped.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let due = self.due();
            if self.timer.deadline() > due {
                self.timer.as_mut().reset(due);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if now < due {
                self.timer.as_mut().reset(due);
                continue;
            }
            if self.on_time(now, cx).is_ready() {
                return Poll::Ready(());
            }
            let due = self.due();
            self.timer.as_mut().reset(due);
        }
    }

    /// When there is something to do next.
    fn due(&self) -> Instant {
        let mut due = after(self.last_read, self.timing.idle);
        if let Some(ping) = self.timing.ping {
            due = due.min(after(self.last_ping, ping));
        }
        if let Some((since, _)) = self.blocked {
            due = due.min(after(since, self.timing.write));
        }
        match self.ending {
            Ending::No => due,
            Ending::WaitsForCalls(until) => due.min(until),
            Ending::WaitsForClose(until) => until,
        }
    }

    fn on_time(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if matches!(self.ending, Ending::WaitsForClose(until) if now >= until) {
            return Poll::Ready(());
        }
        if self.blocked.is_some_and(|(since, _)| now >= after(since, self.timing.write)) {
            tracing::debug!("a client does not read");
            return Poll::Ready(());
        }
        let written = if matches!(self.ending, Ending::WaitsForClose(_)) {
            Ok(())
        } else if now >= after(self.last_read, self.timing.idle) {
            self.close(CloseCode::NORMAL_CLOSURE, "Idle timeout")
        } else if self.timing.ping.is_some_and(|ping| now >= after(self.last_ping, ping)) {
            self.last_ping = now;
            self.socket.start_send_unpin(Message::ping(Bytes::new()))
        } else {
            Ok(())
        };
        // Also what became due for calls that end now.
        match written.and_then(|()| self.poll_write(cx)) {
            Ok(()) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }
}

/// Reads on for a while what a client sends that was told to stop, so that it
/// gets to read why: a connection that is closed with unread bytes is reset.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut connection: S) {
    let drained = tokio::time::timeout(CLOSE_TIME, async {
        connection.shutdown().await?;
        let mut buffer = [0; 4096];
        while connection.read(&mut buffer).await? > 0 {}
        Ok::<_, std::io::Error>(())
    });
    match drained.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::trace!(%error, "a client leaves"),
        Err(_) => tracing::trace!("a client goes on sending"),
    }
}
