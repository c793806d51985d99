//! The messages of the client.

use std::ops::ControlFlow;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{Error, Message};

use super::{BUSY, Connection, FEW_BYTES};
use crate::budget::Exhausted;
use crate::clock::TimerInstant as Instant;
use crate::serve::websocket::hooks::SocketError;
use crate::serve::websocket::idle_codec::Incoming;
use crate::serve::websocket::intake::TooLong;
use crate::socket::{CloseCode, CloseFrame, Frame};

/// Number of messages that are read before calls run and frames are written.
const READ_BUDGET: usize = 256;

/// Number of messages that are read while nothing can be written: their answers and
/// pongs are buffered.
const READ_WHILE_BLOCKED: usize = 256;

impl<C, S> Connection<C, S>
where
    C: Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Reads available messages. Ready when the socket has ended.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut seen = 0;
        let read = self.poll_messages(cx, &mut seen);
        if seen > 1 {
            // The last of them may have waited for the calls of the others.
            self.note_arrival();
        }
        read
    }

    /// Reads available messages, and counts them. Those that are there together have one time.
    fn poll_messages(&mut self, cx: &mut Context<'_>, seen: &mut usize) -> Poll<()> {
        self.reads_on = true;
        for read in 0..READ_BUDGET {
            if self.state.has_failed() {
                // Ends when the close frame is written.
                return Poll::Pending;
            }
            // One that overflows is full.
            let is_full = self.socket().outbox().is_full();
            if (is_full || self.blocked.is_some()) && self.is_flooded() {
                // Continues when bytes are written, or ends by their deadline.
                return Poll::Pending;
            }
            if read > 0 && is_full {
                // Pending frames are written before more are produced.
                break;
            }
            // A call or a hook may have closed it just now.
            self.obey();
            let was_resting = self.websocket.is_resting();
            let outside = &mut Context::from_waker(self.outside.waker());
            match self.websocket.poll_next(outside) {
                Poll::Ready(Some(Ok(message))) => {
                    let woke_codec = was_resting && !self.websocket.is_resting();
                    if *seen == 0 || woke_codec {
                        let now = self.note_arrival();
                        if woke_codec {
                            self.is_busy = self.last_wake.is_some_and(|last| now - last < BUSY);
                            self.last_wake = Some(now);
                        }
                    }
                    *seen += 1;
                    if let Some((_, read)) = &mut self.blocked {
                        *read += 1;
                    }
                    // From here on its call counts the message.
                    self.codec_bytes.cover(0);
                    match message {
                        Incoming::Whole(message) => self.receive_whole(message),
                        Incoming::Message(message) => self.receive_from_codec(message),
                        Incoming::TooLong(message) => self.refuse(&message),
                    }
                    // A call runs before the next message is read, which may be its
                    // abort.
                    if let Some(calls) = self.state.calls_mut() {
                        calls.advance(cx);
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
    pub(super) fn is_flooded(&self) -> bool {
        self.blocked.is_some_and(|(_, read)| read >= READ_WHILE_BLOCKED)
            || (self.state.calls().is_some() && self.socket().outbox().overflows())
    }

    /// Notes that frames have arrived.
    fn note_arrival(&mut self) -> Instant {
        let now = Instant::now();
        self.last_read = now;
        self.socket().seen(now);
        now
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
        self.receive(&if is_text { Frame::Text(bytes) } else { Frame::Binary(bytes) }, false);
    }

    fn receive_whole(&mut self, message: Frame) {
        if !self.life.has_hooks() {
            return self.receive(&message, true);
        }
        // A hook may keep it.
        let bytes = Bytes::copy_from_slice(message.as_bytes());
        self.receive(
            &if message.is_text() { Frame::Text(bytes) } else { Frame::Binary(bytes) },
            false,
        );
    }

    /// Receives a message, which may be a slice of others.
    fn receive(&mut self, frame: &Frame, is_slice: bool) {
        let Some(calls) = self.state.calls_mut() else { return };
        if calls.may_go_on()
            && self.life.message(frame) == ControlFlow::Continue(())
            && !self.life.socket().is_closing()
            && let Err(error) = calls.receive(frame.bytes(), is_slice)
        {
            tracing::debug!(%error, "a message is ignored");
        }
    }

    /// Refuses the call of a message that is too long.
    fn refuse(&mut self, TooLong { beginning, length, .. }: &TooLong) {
        let Some(calls) = self.state.calls_mut() else { return };
        tracing::debug!(length, "a message is too long");
        if calls.may_go_on() && !self.life.socket().is_closing() {
            calls.refuse_too_long(beginning, *length);
        }
    }
}
