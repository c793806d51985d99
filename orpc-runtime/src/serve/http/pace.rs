//! Keeps a response within what its client reads.
//!
//! A body does not own the connection. It learns how far its bytes are by their
//! drop: a server drops a piece when it has written it.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::task::AtomicWaker;
use tokio::time::{Instant, Sleep};

use crate::budget::Reservation;
use crate::serve::time::after;

/// The longest piece that is given to the server at once. With none of them written
/// within the deadline, a client counts as one that does not read.
const PIECE: usize = 32 * 1024;

/// The number of pieces that the server may have unwritten. hyper asks for no more while it
/// has 16, and then could not be told that the deadline has passed.
const PIECES: usize = 4;

/// The pace of one response.
pub(super) struct Pace {
    deadline: Duration,
    unwritten: Arc<Unwritten>,
    /// Covers what is ready and what is unwritten.
    kept: Reservation,
    /// The length of the frame that `rest` is of, whose memory is free with its end.
    whole: usize,
    /// Bytes that are ready and were not given to the server.
    rest: Bytes,
    /// Since when the server has written nothing.
    blocked: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// The pieces that the server has and did not write.
#[derive(Default)]
struct Unwritten {
    pieces: AtomicUsize,
    bytes: AtomicUsize,
    /// A piece was dropped. Until then whoever has them may collect the whole body,
    /// as layers do, and a server takes no more than its own buffer holds.
    is_written: AtomicBool,
    body: AtomicWaker,
}

/// A piece on its way.
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
    /// A pace whose bytes count in `kept`.
    pub(super) fn new(deadline: Duration, kept: Reservation) -> Self {
        Self {
            deadline,
            unwritten: Arc::default(),
            kept,
            whole: 0,
            rest: Bytes::new(),
            blocked: None,
            timer: None,
        }
    }

    /// The next piece of what `next` gives, when the server has written enough of
    /// those before. An error if that takes longer than the deadline.
    pub(super) fn poll_piece(
        &mut self,
        cx: &mut Context<'_>,
        next: impl FnOnce(&mut Context<'_>) -> Poll<Option<io::Result<Bytes>>>,
    ) -> Poll<Option<io::Result<Bytes>>> {
        // Without memory for more a client has to read all before it gets more.
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
        }
        let bytes = self.rest.split_to(self.rest.len().min(PIECE));
        self.unwritten.bytes.fetch_add(bytes.len(), Ordering::AcqRel);
        self.unwritten.pieces.fetch_add(1, Ordering::AcqRel);
        self.count();
        let piece = Piece { bytes, unwritten: Arc::clone(&self.unwritten) };
        Poll::Ready(Some(Ok(Bytes::from_owner(piece))))
    }

    /// The number of ready bytes that were not given to the server.
    pub(super) fn rest(&self) -> usize {
        self.rest.len()
    }

    fn count(&mut self) {
        self.kept.cover(self.whole + self.unwritten.bytes.load(Ordering::Acquire));
    }

    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let since = *self.blocked.get_or_insert_with(Instant::now);
        let due = after(since, self.deadline);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                let error = "the client does not read the response";
                return Poll::Ready(io::Error::new(ErrorKind::TimedOut, error));
            }
            timer.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl Unwritten {
    /// Returns whether the server may have one more piece of so many. The body is woken when it may.
    fn has_room(&self, cx: &Context<'_>, pieces: usize) -> bool {
        let has_room = || {
            !self.is_written.load(Ordering::Acquire) || self.pieces.load(Ordering::Acquire) < pieces
        };
        if has_room() {
            return true;
        }
        self.body.register(cx.waker());
        // One may have been written meanwhile.
        has_room()
    }
}
