//! What waits to be sent: a bounded buffer that calls fill and the connection
//! empties, and whose fullness holds streams back.

use std::cell::Cell;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use super::frame::Frame;
use crate::budget::Reservation;

thread_local! {
    /// A buffer for the frame that is being written, taken for as long as that takes.
    static DRAFT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The most bytes of a draft that a thread keeps for the next one.
const MAX_DRAFT: usize = 64 * 1024;

/// What waits to be sent on one connection.
///
/// Filled by the calls of the connection, emptied by its writer. A stream asks
/// for room before it produces; what is written without asking (results, errors)
/// is what a call had in hand.
pub(crate) struct Outbox {
    state: Mutex<OutboxState>,
    /// A stream waits while so many bytes are unsent.
    high_water: usize,
}

struct OutboxState {
    bytes: Vec<u8>,
    frames: Vec<FrameEnd>,
    /// Bytes that were taken and are not sent yet.
    in_flight: usize,
    /// Covers what is unsent.
    kept: Reservation,
    /// Calls that wait for room.
    waiting: Vec<Waker>,
    /// The connection, to be told of what others than its own calls write.
    writer: Option<Waker>,
    /// The connection was to be woken while it ran.
    is_woken: bool,
    /// Nothing is taken from others than the connection's own calls.
    refuses: bool,
    /// Nothing will be sent any more.
    closed: bool,
}

/// Where a frame ends, and of which kind it is.
#[derive(Debug, Clone, Copy)]
struct FrameEnd {
    end: usize,
    is_text: bool,
}

/// Why something is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    Full,
}

impl Outbox {
    /// An outbox in which a stream waits while `high_water` bytes are unsent.
    pub(crate) fn new(high_water: usize) -> Arc<Self> {
        Self::counted(high_water, Reservation::unbounded())
    }

    /// One whose unsent bytes count in `kept`.
    pub(crate) fn counted(high_water: usize, kept: Reservation) -> Arc<Self> {
        let state = OutboxState {
            bytes: Vec::new(),
            frames: Vec::new(),
            in_flight: 0,
            kept,
            waiting: Vec::new(),
            writer: None,
            is_woken: false,
            refuses: false,
            closed: false,
        };
        Arc::new(Self { state: Mutex::new(state), high_water })
    }

    fn state(&self) -> MutexGuard<'_, OutboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the bytes of all frames, none if there are none. They count as sent.
    pub(crate) fn take(&self) -> Option<Bytes> {
        let mut state = self.state();
        state.frames.clear();
        let bytes = std::mem::take(&mut state.bytes);
        let waiting = std::mem::take(&mut state.waiting);
        state.kept.cover(0);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        (!bytes.is_empty()).then(|| bytes.into())
    }

    /// Writes one frame of text, which values of the application may be part of: the
    /// closure runs before the outbox is locked, as what it serialises may send as
    /// well. What it leaves unfinished is forgotten.
    pub(crate) fn write<E>(
        &self,
        frame: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut draft = DRAFT.take();
        let written = frame(&mut draft);
        if written.is_ok() {
            self.state().append(true, |out| out.extend_from_slice(&draft));
        }
        if draft.capacity() <= MAX_DRAFT {
            draft.clear();
            DRAFT.set(draft);
        }
        written
    }

    /// Writes one frame of text that cannot fail. The closure must not call into the
    /// application: it runs while the outbox is locked.
    pub(crate) fn append(&self, frame: impl FnOnce(&mut Vec<u8>)) {
        self.state().append(true, frame);
    }

    /// Writes one frame of bytes, likewise.
    #[cfg(feature = "websocket")]
    pub(crate) fn append_binary(&self, frame: impl FnOnce(&mut Vec<u8>)) {
        self.state().append(false, frame);
    }

    /// Writes one frame from outside of the connection's own calls, which is
    /// woken for it. The closure runs while the outbox is locked.
    pub(crate) fn push(
        &self,
        is_text: bool,
        frame: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        let mut state = self.state();
        if state.refuses {
            return Err(Refused::Closed);
        }
        if state.unsent() >= self.high_water {
            return Err(Refused::Full);
        }
        state.append(is_text, frame);
        // If the connection runs now it will come to this frame by itself.
        if let Some(writer) = state.writer.take() {
            drop(state);
            writer.wake();
        }
        Ok(())
    }

    /// Takes no more from others than the connection's own calls, and wakes the
    /// connection to close.
    pub(crate) fn refuse(&self) {
        self.state().refuses = true;
        self.wake();
    }

    /// Wakes the connection; if it runs now, for another time.
    pub(crate) fn wake(&self) {
        let mut state = self.state();
        match state.writer.take() {
            Some(writer) => {
                drop(state);
                writer.wake();
            }
            None => state.is_woken = true,
        }
    }

    /// Nothing will be sent any more: what waits is dropped.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.refuses = true;
        state.bytes = Vec::new();
        state.frames = Vec::new();
        state.count();
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether there is no room.
    pub(crate) fn is_full(&self) -> bool {
        self.state().unsent() >= self.high_water
    }

    /// Whether there is far more than there is room for: answers that did not
    /// wait, as refusals do not.
    pub(crate) fn overflows(&self) -> bool {
        self.state().unsent() / 2 >= self.high_water
    }

    /// Waits until there is room.
    pub(crate) async fn ready(&self) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.unsent() < self.high_water || state.closed {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
                state.waiting.push(cx.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Tells that so many bytes left: calls that waited for room go on.
    fn sent(&self, length: usize) {
        let mut state = self.state();
        state.in_flight -= length;
        state.count();
        if state.unsent() < self.high_water {
            let waiting = std::mem::take(&mut state.waiting);
            drop(state);
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl OutboxState {
    fn unsent(&self) -> usize {
        self.bytes.len() + self.in_flight
    }

    fn append(&mut self, is_text: bool, frame: impl FnOnce(&mut Vec<u8>)) {
        frame(&mut self.bytes);
        self.frames.push(FrameEnd { end: self.bytes.len(), is_text });
        self.count();
    }

    fn count(&mut self) {
        self.kept.cover(self.unsent());
    }
}

/// The frames of an outbox, one after the other: the connection's end of it.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Bytes,
    frames: Vec<FrameEnd>,
    /// How many of the frames were sent, and where the next one starts.
    sent: usize,
    start: usize,
}

impl Frames {
    /// The next frame, which stays the next until it is [`sent`](Frames::sent).
    /// Where there is none the task is woken by what [`push`](Outbox::push) brings.
    pub(crate) fn peek(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Option<Frame> {
        if self.sent == self.frames.len() {
            let mut state = outbox.state();
            if state.frames.is_empty() {
                let is_woken = std::mem::take(&mut state.is_woken);
                if !state.writer.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    state.writer = Some(cx.waker().clone());
                }
                drop(state);
                if is_woken {
                    cx.waker().wake_by_ref();
                }
                return None;
            }
            let bytes = Bytes::from(std::mem::take(&mut state.bytes));
            state.in_flight += bytes.len();
            let frames = std::mem::take(&mut state.frames);
            drop(state);
            *self = Self { bytes, frames, sent: 0, start: 0 };
        }
        let FrameEnd { end, is_text } = *self.frames.get(self.sent)?;
        let bytes = self.bytes.slice(self.start..end);
        Some(if is_text { Frame::Text(bytes) } else { Frame::Binary(bytes) })
    }

    /// Counts the next frame as sent.
    pub(crate) fn sent(&mut self, outbox: &Outbox) {
        let Some(frame) = self.frames.get(self.sent) else { return };
        outbox.sent(frame.end - self.start);
        self.start = frame.end;
        self.sent += 1;
        if self.sent == self.frames.len() {
            // Nothing is kept for an idle connection.
            *self = Self::default();
        }
    }

    /// Drops all frames.
    pub(crate) fn clear(&mut self, outbox: &Outbox) {
        outbox.sent(self.bytes.len() - self.start);
        *self = Self::default();
    }
}
