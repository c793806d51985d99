//! Limits the unread part of a response.
//!
//! A body does not own the connection. It tracks the progress of its bytes by their
//! drop: a server drops a piece when it has written it.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use crate::clock::{self, Sleep, TimerInstant as Instant};
use bytes::Bytes;
use futures::task::AtomicWaker;

use crate::budget::Reservation;
use crate::serve::time::{after, hurried};

/// Maximum length of a piece that is passed to the server at once. If no piece is
/// written within the timeout, the client counts as one that does not read.
const PIECE: usize = 32 * 1024;

/// Maximum number of unwritten pieces in the server. hyper stops polling at 16, and then
/// could not be told that the timeout has passed.
const PIECES: usize = 4;

/// Flow control of one response.
pub(super) struct Pace {
    timeout: Duration,
    unwritten: Arc<Unwritten>,
    /// Memory of the ready and the unwritten bytes.
    kept: Reservation,
    /// Length of the frame that `rest` is a part of, whose memory is freed with its
    /// end.
    whole: usize,
    /// Bytes in memory that the server has not asked for.
    ready: usize,
    /// Ready bytes that are not passed to the server yet.
    rest: Bytes,
    /// Time since which the server has written nothing.
    blocked: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// Pieces in the server that are not written yet.
#[derive(Default)]
struct Unwritten {
    pieces: AtomicUsize,
    bytes: AtomicUsize,
    /// A piece was dropped. Until then the caller may be collecting the whole body, as
    /// layers do; a server takes no more than its own buffer holds.
    is_written: AtomicBool,
    body: AtomicWaker,
}

/// A piece in the server.
struct Piece {
    bytes: Bytes,
    unwritten: Arc<Unwritten>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.unwritten.bytes.fetch_sub(self.bytes.len(), Ordering::AcqRel);
        self.unwritten.is_written.store(true, Ordering::Release);
        self.unwritten.pieces.fetch_sub(1, Ordering::AcqRel);
        self.unwritten.body.wake();
    }
}

impl Pace {
    /// Creates the flow control; bytes count towards `kept`, `ready` of them at once.
    pub(super) fn new(timeout: Duration, ready: usize, mut kept: Reservation) -> Self {
        kept.cover(ready);
        Self {
            timeout,
            ready,
            unwritten: Arc::default(),
            kept,
            whole: 0,
            rest: Bytes::new(),
            blocked: None,
            timer: None,
        }
    }

    /// Returns the next piece of the body, once the server has written enough of the
    /// previous ones. Fails if that takes longer than the timeout.
    pub(super) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        next: impl FnOnce(&mut Context<'_>) -> Poll<Option<io::Result<Bytes>>>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        // Without memory for more, the client has to read everything before the next
        // piece.
        let pieces = if self.kept.has_room(PIECE) { PIECES } else { 1 };
        if !self.unwritten.has_room(cx, pieces) {
            return self.poll_late(cx).map(|error| Some(Err(error)));
        }
        self.blocked = None;
        if self.rest.is_empty() {
            match next(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.rest = bytes,
                other => {
                    self.whole = 0;
                    self.count();
                    return other;
                }
            }
            self.whole = self.rest.len();
            self.ready = self.ready.saturating_sub(self.whole);
        }
        let bytes = self.rest.split_to(self.rest.len().min(PIECE));
        self.unwritten.bytes.fetch_add(bytes.len(), Ordering::AcqRel);
        self.unwritten.pieces.fetch_add(1, Ordering::AcqRel);
        self.count();
        let piece = Piece { bytes, unwritten: Arc::clone(&self.unwritten) };
        Poll::Ready(Some(Ok(Bytes::from_owner(piece))))
    }

    /// Returns the number of ready bytes that are not passed to the server yet.
    pub(super) fn rest(&self) -> usize {
        self.rest.len()
    }

    fn count(&mut self) {
        self.kept.cover(self.ready + self.whole + self.unwritten.bytes.load(Ordering::Acquire));
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let since = *self.blocked.get_or_insert_with(Instant::now);
        let short = hurried(self.timeout);
        loop {
            let now = Instant::now();
            let timeout = if self.kept.is_exhausted() { short } else { self.timeout };
            if now >= after(since, timeout) {
                let error = "the client does not read the response";
                return Poll::Ready(io::Error::new(ErrorKind::TimedOut, error));
            }
            // The memory may be exhausted meanwhile.
            let look = after(since, self.timeout).min(after(now, short));
            let timer = self.timer.get_or_insert_with(|| Box::pin(clock::sleep_until(look)));
            if timer.is_elapsed() || timer.deadline() > look {
                timer.as_mut().reset(look);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Unwritten {
    /// Returns `true` if the server may have one more piece of `pieces`. Otherwise the body is woken
    /// when it may.
    fn has_room(&self, cx: &Context<'_>, pieces: usize) -> bool {
        let has_room = || {
            !self.is_written.load(Ordering::Acquire) || self.pieces.load(Ordering::Acquire) < pieces
        };
        if has_room() {
            return true;
        }
        self.body.register(cx.waker());
        // One may have been written in the meantime.
        has_room()
    }
}
