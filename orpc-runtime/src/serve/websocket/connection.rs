//! The connection of one socket: reads its messages, runs its calls, writes its frames.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::{self, Sleep, TimerInstant as Instant};
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_websockets::proto::ProtocolError;
use tokio_websockets::{Error, Message};

use super::hooks::SocketError;
use super::idle_codec::{Incoming, RestingSocket};
use super::intake::TooLong;
use super::lifecycle::Life;
use super::state::State;
use crate::budget::{Exhausted, Reservation};
use crate::serve::peer::Calls;
use crate::serve::time::{after, hurried};
use crate::serve::woken::Woken;
use crate::shutdown::Begun;
use crate::socket::{CloseCode, CloseFrame, Frame, Frames, Socket};

/// Number of messages that are read before calls run and frames are written.
const READ_BUDGET: usize = 256;

/// Number of messages that are read while nothing can be written: their answers and
/// pongs are buffered.
const READ_WHILE_BLOCKED: usize = 256;

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
    timing: Timing,
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
        timing: Timing,
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
                let websocket = connection.into_websocket();
                if let Some(connection) = websocket.into_connection() {
                    Box::pin(linger(connection)).await;
                }
            }
        }
    }

    /// Returns the socket without its calls.
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
        if self.state.calls().is_some()
            && let Some(close) = self.socket().closing()
        {
            self.state.flush(after(Instant::now(), self.timing.write), close, false);
        }
    }

    /// Reads available messages. Ready when the socket has ended.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.reads_on = true;
        for read in 0..READ_BUDGET {
            if self.state.has_failed() {
                // Ends when the close frame is written.
                return Poll::Pending;
            }
            if self.is_flooded() {
                // Continues when bytes are written, or ends by their deadline.
                return Poll::Pending;
            }
            if read > 0 && self.socket().outbox().is_full() {
                // Pending frames are written before more are produced.
                break;
            }
            // A call or a hook may have closed it just now.
            self.obey();
            let was_resting = self.websocket.is_resting();
            let outside = &mut Context::from_waker(self.outside.waker());
            match self.websocket.poll_next(outside) {
                Poll::Ready(Some(Ok(message))) => {
                    self.seen(was_resting && !self.websocket.is_resting());
                    // From here on its call counts the message.
                    self.codec_bytes.cover(0);
                    match message {
                        Incoming::Whole(message) => self.receive(&message),
                        Incoming::Message(message) => self.receive_from_codec(message),
                        Incoming::TooLong(message) => self.refuse(&message),
                    }
                    // A call runs before the next message is read, which may be its
                    // abort.
                    if let Some(calls) = self.state.calls_mut() {
                        calls.poll(cx);
                    }
                }
                Poll::Ready(Some(Err(error @ Error::Io(_)))) => return self.lose(error),
                Poll::Ready(Some(Err(error))) => self.fail(&error),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => {
                    self.reads_on = false;
                    self.follow_message();
                    return Poll::Pending;
                }
            }
        }
        // More messages may be available.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Counts the bytes that the codec keeps, those of an incomplete message among them.
    fn follow_message(&mut self) {
        let kept = self.websocket.kept();
        let Some(number) = self.websocket.unfinished() else {
            self.unfinished = None;
            let kept = if kept > FEW_BYTES { kept } else { 0 };
            return self.codec_bytes.cover(kept);
        };
        if self.unfinished.is_none_or(|(own, _)| own != number) {
            self.unfinished = Some((number, Instant::now()));
        }
        let counted = match kept {
            ..=FEW_BYTES => Err(Exhausted::Own),
            _ => self.codec_bytes.resize(kept),
        };
        match counted {
            Ok(()) => {}
            // At most a few times the message limit: its call is refused once the message
            // is complete.
            Err(Exhausted::Own) => self.codec_bytes.cover(kept),
            Err(Exhausted::Parent) => {
                self.fail_with(CloseCode::OVERLOAD, &SocketError::NoMemory);
            }
        }
    }

    /// Returns `true` if more is pending than a client that does not read may cause.
    /// Until then messages are read: they may abort calls.
    fn is_flooded(&self) -> bool {
        self.blocked.is_some_and(|(_, read)| read >= READ_WHILE_BLOCKED)
            || (self.state.calls().is_some() && self.socket().outbox().overflows())
    }

    /// Notes that a frame arrived.
    fn seen(&mut self, woke_codec: bool) {
        let now = Instant::now();
        if woke_codec {
            self.is_busy = self.last_wake.is_some_and(|last| now - last < BUSY);
            self.last_wake = Some(now);
        }
        self.last_read = now;
        self.socket().seen(now);
        if let Some((_, read)) = &mut self.blocked {
            *read += 1;
        }
    }

    fn receive_from_codec(&mut self, message: Message) {
        if let Some((code, reason)) = message.as_close() {
            let code = CloseCode::received(code.into());
            self.life.closed(CloseFrame { code, reason: reason.to_owned(), clean: true });
            self.end_calls(self.state.has_failed());
            return;
        }
        let is_text = message.is_text();
        if self.state.calls().is_none() || (!is_text && !message.is_binary()) {
            return;
        }
        let payload = Bytes::from(message.into_payload());
        // Copied: a small slice would keep the whole buffer of the codec.
        let is_part = payload.len() < self.websocket.buffer() / 2;
        let bytes = if is_part { Bytes::copy_from_slice(&payload) } else { payload };
        self.receive(&if is_text { Frame::Text(bytes) } else { Frame::Binary(bytes) });
    }

    fn receive(&mut self, frame: &Frame) {
        let Some(calls) = self.state.calls_mut() else { return };
        if calls.may_go_on()
            && self.life.message(frame) == ControlFlow::Continue(())
            && self.life.socket().closing().is_none()
            && let Err(error) = calls.receive(frame.bytes())
        {
            tracing::debug!(%error, "a message is ignored");
        }
    }

    /// Refuses the call of a message that is too long.
    fn refuse(&mut self, TooLong { beginning, length, .. }: &TooLong) {
        let Some(calls) = self.state.calls_mut() else { return };
        tracing::debug!(length, "a message is too long");
        if calls.may_go_on() && self.life.socket().closing().is_none() {
            calls.refuse_too_long(beginning, *length);
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
        while !self.state.is_closing()
            && let Some(frame) = self.frames.peek(self.life.socket().outbox(), cx)
        {
            match self.websocket.poll_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => break,
            }
            self.frames.sent(self.life.socket().outbox());
            self.websocket.send(frame)?;
        }
        if !self.state.is_open() && !self.state.is_closing() {
            let is_idle = self.state.calls().is_none_or(Calls::is_idle);
            let is_drained = is_idle && self.frames.peek(self.life.socket().outbox(), cx).is_none();
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

    /// Handles expired deadlines. Ready when the socket is to be dropped.
    fn poll_timer(&mut self, cx: &mut Context<'_>, mut is_woken: bool) -> Poll<()> {
        loop {
            let due = self.due();
            if self.timer.deadline() > due {
                self.timer.as_mut().reset(due);
            } else if !is_woken {
                return Poll::Pending;
            }
            // From here on it may have passed, or be another one.
            is_woken = true;
            let outside = &mut Context::from_waker(self.outside.waker());
            if self.timer.as_mut().poll(outside).is_pending() {
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

    /// Returns the next deadline.
    fn due(&self) -> Instant {
        let mut due = after(self.last_read, self.timing.idle);
        if let Some(ping) = self.timing.ping {
            due = due.min(after(self.last_ping, ping));
        }
        if let Some((since, _)) = self.blocked {
            due = due.min(after(since, self.timing.write));
            // The memory may be exhausted meanwhile.
            due = due.min(after(since.max(self.last_look), hurried(self.timing.write)));
        }
        if let Some((_, since)) = self.unfinished {
            due = due.min(after(since, self.timing.message));
        }
        if self.is_busy {
            due = due.min(self.last_read + BUSY);
        }
        match self.state.until() {
            None => due,
            Some(until) if self.state.is_closing() => until,
            Some(until) => due.min(until),
        }
    }

    fn on_time(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.state.is_closing() && self.state.until().is_some_and(|until| now >= until) {
            return Poll::Ready(());
        }
        self.last_look = now;
        let is_exhausted = self.socket().memory().is_exhausted();
        let write = if is_exhausted { hurried(self.timing.write) } else { self.timing.write };
        if self.blocked.is_some_and(|(since, _)| now >= after(since, write)) {
            self.life.error(&SocketError::Stalled);
            return Poll::Ready(());
        }
        if self.unfinished.is_some_and(|(_, since)| now >= after(since, self.timing.message)) {
            self.fail_with(CloseCode::POLICY, &SocketError::MessageTooSlow);
        }
        if now >= self.last_read + BUSY {
            self.is_busy = false;
        }
        let written = if self.state.is_closing() {
            Ok(())
        } else if now >= after(self.last_read, self.timing.idle) {
            self.close(CloseFrame::ours(CloseCode::NORMAL, "Idle timeout"))
        } else if self.timing.ping.is_some_and(|ping| now >= after(self.last_ping, ping)) {
            self.last_ping = now;
            self.websocket.ping()
        } else {
            Ok(())
        };
        // Includes frames of calls that end now.
        match written {
            Ok(()) => self.write(cx),
            Err(error) => self.lose(error),
        }
    }
}

fn close_frame(close: &CloseFrame) -> Message {
    Message::close(u16::from(close.code).try_into().ok(), &close.reason)
}

/// Discards incoming bytes for a while after the close, so that the client receives the
/// close frame: a connection that is closed with unread bytes is reset.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut connection: S) {
    let drained = clock::timeout(CLOSE_TIME, async {
        connection.shutdown().await?;
        // On the heap, to keep the task of every socket small.
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
