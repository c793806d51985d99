//! Output buffer of a connection: bounded, filled by calls, emptied by the connection.
//! While it is full, streams wait.

mod frames;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

#[cfg(feature = "http")]
use bytes::Bytes;

pub(crate) use frames::Frames;
#[cfg(feature = "websocket")]
pub(crate) use frames::Part;

use crate::budget::{Budget, Reservation, Turn};

thread_local! {
    /// Buffer for the frame that is being written.
    static DRAFT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

thread_local! {
    /// Buffers of a connection that has passed its frames to the codec, for the next one that
    /// gets a frame.
    static SPARE: Cell<(Vec<u8>, Vec<FrameEnd>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// Maximum capacities of buffers that a thread keeps for reuse: less than the memory that
/// counts for a few bytes.
const MAX_SPARE: (usize, usize) = (2048, 64);

/// Maximum number of bytes of a draft that a thread keeps for reuse.
const MAX_DRAFT: usize = 64 * 1024;

/// Initial capacity of the buffer, which is enough for most frames.
const FIRST: usize = 256;

/// Number of unsent bytes that frames from elsewhere may add to while the memory is
/// exhausted.
const FEW_BYTES: usize = 16 * 1024;

/// Output buffer of one connection.
///
/// Filled by the calls of the connection, emptied by its writer. A stream waits for
/// room before it produces an event; results and errors are written without waiting.
pub(crate) struct Outbox {
    state: Mutex<OutboxState>,
    /// Number of unsent bytes when the state was last unlocked.
    unsent: AtomicUsize,
    /// Number of unsent bytes at which streams wait.
    high_water: usize,
    /// Memory that events wait for.
    memory: Option<Arc<Budget>>,
}

struct OutboxState {
    bytes: Vec<u8>,
    frames: Vec<FrameEnd>,
    /// Frames that are taken and not passed to the connection's codec yet.
    in_flight: Amount,
    /// Frames in the codec that are not written yet.
    unwritten: Amount,
    /// Memory of the unsent bytes.
    kept: Reservation,
    /// Right to leave an event unsent while the memory is exhausted.
    turn: Option<Turn>,
    /// Tasks that wait for room, in their order.
    waiting: Waiting,
    /// Waker of the connection, for frames that others than its own calls write.
    writer: Option<Waker>,
    /// The connection was woken while it ran.
    is_woken: bool,
    /// Only the connection's own calls may still write.
    refuses: bool,
    /// Nothing is sent any more.
    closed: bool,
}

/// Tasks that wait.
#[derive(Default)]
struct Waiting {
    tasks: BTreeMap<u64, Waker>,
    /// Key of the next task. No key is used twice, since a task may remove itself after
    /// it was woken.
    next: u64,
}

/// The waiting of one task, which ends when it is dropped.
struct WaitingTask<'o> {
    outbox: &'o Outbox,
    /// Key of the task; `None` while it does not wait.
    key: Option<u64>,
}

/// End of a frame, and its type.
#[derive(Debug, Clone, Copy)]
struct FrameEnd {
    end: usize,
    is_text: bool,
}

/// The state while it is locked.
struct Locked<'o> {
    state: MutexGuard<'o, OutboxState>,
    unsent: &'o AtomicUsize,
}

impl Deref for Locked<'_> {
    type Target = OutboxState;

    fn deref(&self) -> &OutboxState {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut OutboxState {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.unsent.store(self.state.unsent(), Ordering::Relaxed);
    }
}

/// A number of frames, and their bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    bytes: usize,
    frames: usize,
}

impl Amount {
    /// Returns the memory of the ends of the frames: one without bytes takes some as well.
    fn ends(self) -> usize {
        self.frames * size_of::<FrameEnd>()
    }

    /// Returns the number of bytes, or of those that the ends of the frames take, if these are
    /// more.
    fn size(self) -> usize {
        self.bytes.max(self.ends())
    }
}

/// Reason why a frame was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Closed,
    Full,
}

impl Outbox {
    /// Creates an outbox in which streams wait while `high_water` bytes are unsent.
    pub(crate) fn new(high_water: usize) -> Arc<Self> {
        Self::counted(high_water, Reservation::unbounded())
    }

    /// Creates an outbox whose unsent bytes count towards `kept`.
    pub(crate) fn counted(high_water: usize, kept: Reservation) -> Arc<Self> {
        let memory = kept.budget().cloned();
        Self::build(high_water, kept, memory)
    }

    /// Creates an outbox whose events wait for memory, and are counted by whoever takes them.
    #[cfg(feature = "http")]
    pub(crate) fn within(high_water: usize, memory: Option<Arc<Budget>>) -> Arc<Self> {
        Self::build(high_water, Reservation::unbounded(), memory)
    }

    fn build(high_water: usize, kept: Reservation, memory: Option<Arc<Budget>>) -> Arc<Self> {
        let state = OutboxState {
            bytes: Vec::new(),
            frames: Vec::new(),
            in_flight: Amount::default(),
            unwritten: Amount::default(),
            kept,
            turn: None,
            waiting: Waiting::default(),
            writer: None,
            is_woken: false,
            refuses: false,
            closed: false,
        };
        Arc::new(Self { state: Mutex::new(state), unsent: AtomicUsize::new(0), high_water, memory })
    }

    fn state(&self) -> Locked<'_> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { state, unsent: &self.unsent }
    }

    /// Returns the number of unsent bytes, or of those that the ends of their frames take, if
    /// these are more.
    fn unsent(&self) -> usize {
        self.unsent.load(Ordering::Relaxed)
    }

    /// Takes the bytes of all frames; `None` if there are none. They count as sent.
    #[cfg(feature = "http")]
    pub(crate) fn take(&self) -> Option<Bytes> {
        let mut state = self.state();
        state.frames.clear();
        let bytes = std::mem::take(&mut state.bytes);
        let waiting = std::mem::take(&mut state.waiting.tasks);
        state.kept.cover(0);
        drop(state);
        waiting.into_values().for_each(Waker::wake);
        (!bytes.is_empty()).then(|| bytes.into())
    }

    /// Writes one text frame, which may contain values of the application: the closure
    /// runs before the outbox is locked, because serialising them may send as well. An
    /// unfinished frame is discarded. Returns `true` if there is [room](Self::room) for
    /// another one.
    pub(crate) fn write<E>(
        &self,
        frame: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut draft = DRAFT.take();
        let written = frame(&mut draft).map(|()| {
            let mut state = self.state();
            state.append(true, |out| out.extend_from_slice(&draft));
            self.has_room_in(&state)
        });
        if draft.capacity() <= MAX_DRAFT {
            draft.clear();
            DRAFT.set(draft);
        }
        written
    }

    /// Writes one text frame that cannot fail. The closure must not call into the
    /// application: it runs while the outbox is locked.
    pub(crate) fn append(&self, frame: impl FnOnce(&mut Vec<u8>)) {
        self.state().append(true, frame);
    }

    /// Writes one text frame that cannot fail, unless there is no room. Returns `true` if it is
    /// written.
    pub(crate) fn try_append(&self, frame: impl FnOnce(&mut Vec<u8>)) -> bool {
        let mut state = self.state();
        let has_room = state.unsent() < self.high_water;
        if has_room {
            state.append(true, frame);
        }
        has_room
    }

    /// Writes one binary frame, likewise.
    pub(crate) fn append_binary(&self, frame: impl FnOnce(&mut Vec<u8>)) {
        self.state().append(false, frame);
    }

    /// Writes one frame from outside of the connection's own calls, and wakes the
    /// connection. The closure runs while the outbox is locked.
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
        // A running connection reaches this frame by itself.
        if let Some(writer) = state.writer.take() {
            drop(state);
            writer.wake();
        }
        Ok(())
    }

    /// Refuses frames from others than the connection's own calls, and wakes the
    /// connection to close.
    pub(crate) fn refuse(&self) {
        self.state().refuses = true;
        self.wake();
    }

    /// Wakes the connection; if it runs now, it runs once more.
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

    /// Closes the outbox and drops its frames. Those in the codec count until they are
    /// [written](Self::written) or the connection [ends](Self::end).
    #[cfg(any(test, feature = "websocket"))]
    pub(crate) fn close(&self) {
        self.close_and(|_| {});
    }

    /// Closes the outbox of a connection that is dropped, and its codec with it.
    pub(crate) fn end(&self) {
        self.close_and(|state| {
            state.in_flight = Amount::default();
            state.unwritten = Amount::default();
        });
    }

    fn close_and(&self, change: impl FnOnce(&mut OutboxState)) {
        let mut state = self.state();
        state.closed = true;
        state.refuses = true;
        state.bytes = Vec::new();
        state.frames = Vec::new();
        change(&mut state);
        state.count();
        let waiting = std::mem::take(&mut state.waiting.tasks);
        drop(state);
        waiting.into_values().for_each(Waker::wake);
    }

    /// Returns `true` if there is no room.
    pub(crate) fn is_full(&self) -> bool {
        self.unsent() >= self.high_water
    }

    /// Returns `true` if the buffer is far beyond its limit, by answers that did not
    /// wait, such as refusals.
    #[cfg(feature = "websocket")]
    pub(crate) fn overflows(&self) -> bool {
        self.unsent() / 2 >= self.high_water
    }

    /// Waits until there is room.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> {
        self.wait(OutboxState::unsent)
    }

    /// Waits until that size is below the limit.
    async fn wait(&self, size: fn(&OutboxState) -> usize) {
        // Those that no longer wait leave nothing behind until there is room.
        let mut own = WaitingTask { outbox: self, key: None };
        poll_fn(|cx| {
            let mut state = self.state();
            if size(&state) < self.high_water || state.closed {
                return Poll::Ready(());
            }
            own.key = Some(state.waiting.add(own.key, cx.waker()));
            Poll::Pending
        })
        .await;
    }

    /// Returns the number of tasks that wait for room.
    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.state().waiting.tasks.len()
    }

    /// Waits until there is room for an event that is there, in the codec as well, and memory for
    /// it. While the memory is exhausted a few connections at a time have one that is not written.
    pub(crate) async fn room(&self) {
        loop {
            self.wait(OutboxState::pending).await;
            let Some(memory) = &self.memory else { return };
            if !memory.is_exhausted() || self.state().may_go_on() {
                return;
            }
            let Some(turn) = memory.turn().await else { return };
            if memory.is_exhausted() {
                self.state().keep(turn);
            }
        }
    }

    /// Returns `true` if [`room`](Self::room) would not wait.
    pub(crate) fn has_room(&self) -> bool {
        self.has_room_in(&self.state())
    }

    fn has_room_in(&self, state: &OutboxState) -> bool {
        let has_memory = || self.memory.as_ref().is_none_or(|memory| !memory.is_exhausted());
        (state.pending() < self.high_water || state.closed) && (state.may_go_on() || has_memory())
    }

    /// Returns `true` if frames from elsewhere would pile up while the memory is exhausted.
    pub(crate) fn is_over_memory(&self) -> bool {
        let is_exhausted = self.memory.as_ref().is_some_and(|memory| memory.is_exhausted());
        is_exhausted && self.state().is_over_memory()
    }

    /// Ends the turn: the event was sent.
    #[cfg(feature = "http")]
    pub(crate) fn end_turn(&self) {
        self.state().turn = None;
    }

    /// Notes that the codec has written its frames, and wakes calls that wait for room.
    pub(crate) fn written(&self) {
        let mut state = self.state();
        if state.unwritten.frames == 0 {
            return;
        }
        state.unwritten = Amount::default();
        state.count();
        self.wake_waiting(state);
    }

    /// Wakes the tasks that wait, if there is room.
    fn wake_waiting(&self, mut state: Locked<'_>) {
        if state.unsent() < self.high_water && !state.waiting.tasks.is_empty() {
            let waiting = std::mem::take(&mut state.waiting.tasks);
            drop(state);
            waiting.into_values().for_each(Waker::wake);
        }
    }
}

impl Waiting {
    /// Adds a task, or replaces its waker. Returns its key.
    fn add(&mut self, key: Option<u64>, waker: &Waker) -> u64 {
        if let Some(key) = key
            && let Some(own) = self.tasks.get_mut(&key)
        {
            own.clone_from(waker);
            return key;
        }
        let key = self.next;
        self.next += 1;
        self.tasks.insert(key, waker.clone());
        key
    }
}

impl Drop for WaitingTask<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let waker = self.outbox.state().waiting.tasks.remove(&key);
        drop(waker);
    }
}

impl OutboxState {
    /// Returns `true` if an event may be written although the memory is exhausted.
    fn may_go_on(&self) -> bool {
        self.turn.is_some() || self.closed
    }

    fn is_over_memory(&self) -> bool {
        self.turn.is_none() && self.unsent() > FEW_BYTES
    }

    fn keep(&mut self, turn: Turn) {
        if !self.closed {
            self.turn = Some(turn);
        }
    }

    /// Returns the frames that the codec does not have yet.
    fn unsent_frames(&self) -> Amount {
        let Amount { bytes, frames } = self.in_flight;
        Amount { bytes: bytes + self.bytes.len(), frames: frames + self.frames.len() }
    }

    /// Returns the frames that are not written, those in the codec included.
    fn all(&self) -> Amount {
        let (unsent, unwritten) = (self.unsent_frames(), self.unwritten);
        Amount { bytes: unsent.bytes + unwritten.bytes, frames: unsent.frames + unwritten.frames }
    }

    /// Returns the size of the frames that the codec does not have yet.
    fn unsent(&self) -> usize {
        self.unsent_frames().size()
    }

    /// Returns the size of the frames that are not written.
    fn pending(&self) -> usize {
        self.all().size()
    }

    fn append(&mut self, is_text: bool, frame: impl FnOnce(&mut Vec<u8>)) {
        if self.bytes.capacity() == 0 {
            let (bytes, frames) = SPARE.take();
            self.bytes = if bytes.capacity() > 0 { bytes } else { Vec::with_capacity(FIRST) };
            if self.frames.capacity() == 0 {
                self.frames = frames;
            }
        }
        frame(&mut self.bytes);
        self.frames.push(FrameEnd { end: self.bytes.len(), is_text });
        self.count();
    }

    /// Notes that taken frames were passed to the codec. Returns `false` if there are none.
    fn pass(&mut self, passed: &mut Amount) -> bool {
        let Amount { bytes, frames } = std::mem::take(passed);
        let taken = &mut self.in_flight;
        debug_assert!(taken.bytes >= bytes && taken.frames >= frames, "more is sent than taken");
        taken.bytes = taken.bytes.saturating_sub(bytes);
        taken.frames = taken.frames.saturating_sub(frames);
        self.unwritten.bytes += bytes;
        self.unwritten.frames += frames;
        frames > 0
    }

    /// Counts the frames that are not written. Without any, the turn ends.
    fn count(&mut self) {
        let all = self.all();
        if all.frames == 0 {
            self.turn = None;
        }
        self.kept.cover(all.bytes + all.ends());
    }
}

#[cfg(test)]
mod tests;
