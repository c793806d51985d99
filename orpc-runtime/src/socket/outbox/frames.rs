//! The frames of an outbox on their way to the connection's codec.

use std::ops::Range;
use std::task::Context;

use bytes::Bytes;

use super::{Amount, FrameEnd, MAX_SPARE, Outbox, SPARE};
use crate::socket::frame::Frame;

/// Number of bytes of waiting frames, and of each of them on average, from which they are not
/// copied behind each other.
#[cfg(feature = "websocket")]
const LONG_FRAMES: usize = 8 * 1024;
#[cfg(feature = "websocket")]
const LONG_FRAME: usize = 1024;

/// The frames of an outbox, in order: the connection's end of it.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: FrameBytes,
    frames: Vec<FrameEnd>,
    /// Number of frames sent, and the start of the next one.
    sent: usize,
    start: usize,
    /// Frames that were passed to the codec, of which the outbox does not know yet.
    passed: Amount,
}

/// The bytes of the frames of an outbox.
enum FrameBytes {
    /// Few enough that frames are copied from them.
    Few(Vec<u8>),
    Shared(Bytes),
}

impl Default for FrameBytes {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl FrameBytes {
    fn slice(&mut self, range: Range<usize>) -> Bytes {
        if let Self::Few(bytes) = self {
            *self = Self::Shared(std::mem::take(bytes).into());
        }
        match self {
            Self::Few(_) => Bytes::new(),
            Self::Shared(bytes) => bytes.slice(range),
        }
    }
}

/// A frame of an outbox, or another one that is sent like it.
#[cfg(feature = "websocket")]
#[derive(Debug)]
pub(crate) struct Part<'f> {
    bytes: &'f [u8],
    /// The bytes that the frame is a part of, unless they are few.
    shared: Option<&'f Bytes>,
    is_text: bool,
}

#[cfg(feature = "websocket")]
impl<'f> Part<'f> {
    pub(crate) fn into_bytes(self) -> &'f [u8] {
        self.bytes
    }

    pub(crate) fn is_text(&self) -> bool {
        self.is_text
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes
    }

    /// Returns the bytes, without a copy unless they are few.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self.shared {
            Some(shared) => shared.slice_ref(self.bytes),
            None => Bytes::copy_from_slice(self.bytes),
        }
    }
}

#[cfg(feature = "websocket")]
impl<'f> From<&'f Frame> for Part<'f> {
    fn from(frame: &'f Frame) -> Self {
        let bytes = frame.bytes();
        Self { bytes, shared: Some(bytes), is_text: frame.is_text() }
    }
}

impl Frames {
    /// Returns `true` if there is a next frame. If there is none, the next
    /// [`push`](Outbox::push) wakes the task.
    pub(crate) fn has_next(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> bool {
        if self.sent < self.frames.len() {
            return true;
        }
        self.release();
        let mut state = outbox.state();
        let has_passed = state.pass(&mut self.passed);
        let has_next = !state.frames.is_empty();
        let mut is_woken = false;
        if has_next {
            let bytes = std::mem::take(&mut state.bytes);
            self.frames = std::mem::take(&mut state.frames);
            // The codec has all frames before.
            state.in_flight = Amount { bytes: bytes.len(), frames: self.frames.len() };
            self.bytes = if bytes.capacity() <= MAX_SPARE.0 {
                FrameBytes::Few(bytes)
            } else {
                FrameBytes::Shared(bytes.into())
            };
        } else {
            is_woken = std::mem::take(&mut state.is_woken);
            if !state.writer.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.writer = Some(cx.waker().clone());
            }
        }
        if has_passed {
            outbox.wake_waiting(state);
        } else {
            drop(state);
        }
        if is_woken {
            cx.waker().wake_by_ref();
        }
        has_next
    }

    /// Returns the next frame, which counts as passed to the codec. The outbox learns of it when
    /// it is asked [for more](Self::has_next), or by [`settle`](Self::settle).
    #[cfg(feature = "websocket")]
    pub(crate) fn next(&mut self) -> Option<Part<'_>> {
        let start = self.start;
        let frame = self.pass()?;
        Some(self.part(start, frame))
    }

    /// Returns `true` if the next frames are long enough to be written from where they are.
    #[cfg(feature = "websocket")]
    pub(crate) fn are_long(&self) -> bool {
        let frames = &self.frames[self.sent..];
        let bytes = frames.last().map_or(0, |last| last.end - self.start);
        bytes >= LONG_FRAMES && bytes >= frames.len() * LONG_FRAME
    }

    /// Returns the next frames without passing them.
    #[cfg(feature = "websocket")]
    pub(crate) fn rest(&self) -> impl Iterator<Item = Part<'_>> {
        let mut start = self.start;
        self.frames[self.sent..].iter().map(move |frame| {
            let start = std::mem::replace(&mut start, frame.end);
            self.part(start, *frame)
        })
    }

    #[cfg(feature = "websocket")]
    fn part(&self, start: usize, FrameEnd { end, is_text }: FrameEnd) -> Part<'_> {
        let (bytes, shared) = match &self.bytes {
            FrameBytes::Few(bytes) => (&bytes[start..end], None),
            FrameBytes::Shared(bytes) => (&bytes[start..end], Some(bytes)),
        };
        Part { bytes, shared, is_text }
    }

    /// Goes behind the next frame.
    fn pass(&mut self) -> Option<FrameEnd> {
        let frame = *self.frames.get(self.sent)?;
        let start = std::mem::replace(&mut self.start, frame.end);
        self.sent += 1;
        self.passed.bytes += frame.end - start;
        self.passed.frames += 1;
        Some(frame)
    }

    /// Returns the next frame, which stays the next until it is [`sent`](Self::sent). If there is
    /// none, the next [`push`](Outbox::push) wakes the task.
    pub(crate) fn peek(&mut self, outbox: &Outbox, cx: &mut Context<'_>) -> Option<Frame> {
        if !self.has_next(outbox, cx) {
            return None;
        }
        let FrameEnd { end, is_text } = *self.frames.get(self.sent)?;
        let bytes = self.bytes.slice(self.start..end);
        Some(if is_text { Frame::Text(bytes) } else { Frame::Binary(bytes) })
    }

    /// Notes that the next frame was passed to the codec.
    pub(crate) fn sent(&mut self, outbox: &Outbox) {
        self.pass();
        self.settle(outbox);
    }

    /// Tells the outbox of the frames that were passed to the codec. They count until they are
    /// [written](Outbox::written).
    pub(crate) fn settle(&mut self, outbox: &Outbox) {
        if self.sent == self.frames.len() {
            self.release();
        }
        if self.passed.frames > 0 {
            let mut state = outbox.state();
            state.pass(&mut self.passed);
            outbox.wake_waiting(state);
        }
    }

    /// Drops the buffer: an idle connection keeps none.
    fn release(&mut self) {
        if self.sent == 0 {
            return;
        }
        let Self { bytes, mut frames, passed, .. } = std::mem::take(self);
        self.passed = passed;
        if let FrameBytes::Few(mut bytes) = bytes
            && bytes.capacity() <= MAX_SPARE.0
            && frames.capacity() <= MAX_SPARE.1
        {
            bytes.clear();
            frames.clear();
            SPARE.set((bytes, frames));
        }
    }

    /// Drops all frames.
    #[cfg(feature = "websocket")]
    pub(crate) fn clear(&mut self, outbox: &Outbox) {
        let mut state = outbox.state();
        state.pass(&mut self.passed);
        *self = Self::default();
        state.in_flight = Amount::default();
        state.count();
    }
}
