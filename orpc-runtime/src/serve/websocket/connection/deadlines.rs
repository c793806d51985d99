//! The deadlines of a socket.

use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};

use super::{BUSY, Connection};
use crate::clock::TimerInstant as Instant;
use crate::serve::time::{after, hurried};
use crate::serve::websocket::hooks::SocketError;
use crate::socket::{CloseCode, CloseFrame};

impl<C, S> Connection<C, S>
where
    C: Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Handles expired deadlines. Ready when the socket is to be dropped.
    pub(super) fn poll_timer(&mut self, cx: &mut Context<'_>, mut is_woken: bool) -> Poll<()> {
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
