//! Budgets of the bytes that clients can make the server keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Default limit of a [`MemoryBudget`], in bytes.
const DEFAULT_MEMORY: usize = 256 * 1024 * 1024;

/// Memory of an entry of a collection beside its own bytes: its place among the others and
/// its allocation. RFC 7541, section 4.1, adds as much to each header.
pub(crate) const ENTRY: usize = 32;

/// A limit of the bytes that clients can make a server keep, shared by all services that
/// use it. Clones refer to the same budget.
///
/// The services of one [`Rpc`](crate::Rpc), over HTTP and over WebSocket, share its
/// [budget](crate::Rpc::memory) of 256 MiB. Other services share it, or one of another
/// size, by `memory`:
///
/// ```
/// use orpc_runtime::MemoryBudget;
/// use orpc_runtime::prelude::*;
///
/// #[router]
/// pub mod api {
///     #[orpc_runtime::procedure]
///     pub async fn ping() -> &'static str {
///         "pong"
///     }
/// }
///
/// # fn main() {
/// let memory = MemoryBudget::new(64 * 1024 * 1024);
/// let rpc = Rpc::new(api::router());
/// let http = rpc.http(()).memory(&memory);
/// let websocket = rpc.websocket(()).memory(&memory);
/// assert_eq!((memory.used(), memory.limit()), (0, 64 * 1024 * 1024));
/// # }
/// ```
///
/// It counts received and unsent bytes, not the values of procedures: `docs/limits.md` in the
/// repository lists both.
#[derive(Debug, Clone)]
pub struct MemoryBudget(Arc<Budget>);

impl MemoryBudget {
    /// Creates a budget of `bytes` bytes.
    pub fn new(bytes: usize) -> Self {
        Self(Budget::new(bytes))
    }

    /// Returns the number of bytes in use. It may exceed the limit because of finished
    /// results.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Returns the limit in bytes.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.0
    }
}

/// 256 MiB.
impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(DEFAULT_MEMORY)
    }
}

/// A limit of bytes. A budget may be part of a larger one: that of a connection is part
/// of its service's.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
    parent: Option<Arc<Budget>>,
    /// The events that may be written while a whole budget is exhausted.
    turns: Option<Arc<Semaphore>>,
}

/// Minimum room of a budget that is not exhausted.
const ROOM: usize = 32 * 1024;

/// Maximum number of events that may be unsent beyond an exhausted budget, so that streams
/// of clients that read continue.
const TURNS: usize = 16;

/// Permission to leave an event unsent beyond an exhausted budget.
#[derive(Debug)]
pub(crate) struct Turn(#[expect(dead_code, reason = "released on drop")] OwnedSemaphorePermit);

/// Reason why bytes are not reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// The budget itself is exhausted.
    Own,
    /// A larger budget that it is part of is exhausted.
    Parent,
}

impl Budget {
    /// Creates an independent budget.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        let turns = Some(Arc::new(Semaphore::new(TURNS)));
        Arc::new(Self { used: AtomicUsize::new(0), limit, parent: None, turns })
    }

    /// Creates a part of this budget with at most `limit` bytes.
    pub(crate) fn part(self: &Arc<Self>, limit: usize) -> Arc<Self> {
        let parent = Some(Arc::clone(self));
        Arc::new(Self { used: AtomicUsize::new(0), limit, parent, turns: None })
    }

    /// Reserves bytes, if there is room for them.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Reservation, Exhausted> {
        let mut reservation = self.nothing();
        reservation.grow(bytes)?;
        Ok(reservation)
    }

    /// Creates an empty reservation.
    pub(crate) fn nothing(self: &Arc<Self>) -> Reservation {
        Reservation { budget: Some(Arc::clone(self)), bytes: 0 }
    }

    /// Returns the root of the budget.
    fn whole(&self) -> &Self {
        self.parent.as_deref().map_or(self, Self::whole)
    }

    /// Returns `true` if the whole budget is used up.
    pub(crate) fn is_exhausted(&self) -> bool {
        let whole = self.whole();
        whole.used.load(Ordering::Relaxed).saturating_add(ROOM) > whole.limit
    }

    /// Waits for a turn. In the order of asking, so that no client is passed over.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        let turns = Arc::clone(self.whole().turns.as_ref()?);
        turns.acquire_owned().await.ok().map(Turn)
    }

    /// Returns `true` if this is the part of that budget with at most `limit` bytes.
    #[cfg(feature = "http")]
    pub(crate) fn is_part(&self, of: &Arc<Self>, limit: usize) -> bool {
        self.limit == limit && self.parent.as_ref().is_some_and(|parent| Arc::ptr_eq(parent, of))
    }

    /// Returns `true` if there is room for `bytes` bytes now.
    #[cfg(feature = "http")]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used.saturating_add(bytes) <= self.limit
            && self.parent.as_ref().is_none_or(|parent| parent.has_room(bytes))
    }

    fn take(&self, bytes: usize) -> Result<(), Exhausted> {
        let fits = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .map_err(|_| Exhausted::Own)?;
        if let Some(parent) = &self.parent
            && parent.take(bytes).is_err()
        {
            self.release(bytes);
            return Err(Exhausted::Parent);
        }
        Ok(())
    }

    /// Subtracts bytes of this budget alone.
    fn release(&self, bytes: usize) {
        let used = self.used.fetch_sub(bytes, Ordering::Relaxed);
        debug_assert!(used >= bytes, "{bytes} bytes are released of {used}");
    }

    fn force(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
        if let Some(parent) = &self.parent {
            parent.force(bytes);
        }
    }

    fn give_back(&self, bytes: usize) {
        self.release(bytes);
        if let Some(parent) = &self.parent {
            parent.give_back(bytes);
        }
    }
}

/// Reserved bytes of a budget, released when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Option<Arc<Budget>>,
    bytes: usize,
}

impl Reservation {
    /// Creates a reservation without a budget, which is never exhausted.
    pub(crate) fn unbounded() -> Self {
        Self { budget: None, bytes: 0 }
    }

    /// Returns the budget, if there is one.
    pub(crate) fn budget(&self) -> Option<&Arc<Budget>> {
        self.budget.as_ref()
    }

    /// Returns `true` if the whole budget is used up.
    #[cfg(feature = "http")]
    pub(crate) fn is_exhausted(&self) -> bool {
        self.budget.as_ref().is_some_and(|budget| budget.is_exhausted())
    }

    /// Creates another reservation of the same budget.
    #[cfg(feature = "http")]
    pub(crate) fn another(&self) -> Self {
        Self { budget: self.budget.clone(), bytes: 0 }
    }

    /// Reserves further bytes, if there is room for them.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        if let Some(budget) = &self.budget {
            budget.take(bytes)?;
            self.bytes += bytes;
        }
        Ok(())
    }

    /// Returns `true` if there is room for `bytes` further bytes now.
    #[cfg(feature = "http")]
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.budget.as_ref().is_none_or(|budget| budget.has_room(bytes))
    }

    /// Releases some of the bytes.
    pub(crate) fn shrink(&mut self, bytes: usize) {
        if let Some(budget) = &self.budget {
            let bytes = bytes.min(self.bytes);
            budget.give_back(bytes);
            self.bytes -= bytes;
        }
    }

    /// Resizes the reservation, if there is room.
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<(), Exhausted> {
        match bytes.checked_sub(self.bytes) {
            Some(0) => Ok(()),
            Some(more) => self.grow(more),
            None => {
                self.shrink(self.bytes - bytes);
                Ok(())
            }
        }
    }

    /// Counts bytes that are kept already, regardless of room. The number is rounded
    /// up, so that a buffer that grows and shrinks by small pieces costs nothing.
    pub(crate) fn cover(&mut self, bytes: usize) {
        let Some(budget) = &self.budget else { return };
        if bytes > self.bytes {
            let more = (bytes - self.bytes).next_multiple_of(STEP);
            budget.force(more);
            self.bytes += more;
        } else if (bytes == 0 && self.bytes > 0) || self.bytes - bytes > 4 * STEP {
            budget.give_back(self.bytes - bytes);
            self.bytes = bytes;
        }
    }
}

/// Unit in which [`Reservation::cover`] reserves bytes.
const STEP: usize = 4 * 1024;

impl Drop for Reservation {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.give_back(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(budget: &Budget) -> usize {
        budget.used.load(Ordering::Relaxed)
    }

    #[test]
    fn a_budget_gives_what_it_has_and_not_one_byte_more() {
        let budget = Budget::new(10);
        let mut first = budget.reserve(6).unwrap();
        assert_eq!(budget.reserve(5).unwrap_err(), Exhausted::Own);
        let second = budget.reserve(4).unwrap();
        assert!(budget.has_room(0) && !budget.has_room(1));
        assert!(first.grow(1).is_err());
        drop(second);
        first.grow(4).unwrap();
        first.shrink(9);
        assert_eq!(used(&budget), 1);
        first.resize(10).unwrap();
        assert!(first.resize(11).is_err());
        assert_eq!(used(&budget), 10);
        first.resize(2).unwrap();
        drop(first);
        assert_eq!(used(&budget), 0);
        assert!(budget.reserve(usize::MAX).is_err());
    }

    #[test]
    fn a_part_takes_from_the_whole_and_tells_which_of_them_is_exhausted() {
        let whole = Budget::new(10);
        let parts = [whole.part(8), whole.part(8)];
        let first = parts[0].reserve(8).unwrap();
        assert_eq!(parts[0].reserve(1).unwrap_err(), Exhausted::Own);
        assert_eq!(parts[1].reserve(3).unwrap_err(), Exhausted::Parent);
        assert!(parts[1].has_room(2) && !parts[1].has_room(3));
        assert_eq!(used(&parts[1]), 0, "a refused reservation leaves nothing");
        drop(first);
        let _second = parts[1].reserve(8).unwrap();
        assert_eq!(used(&whole), 8);
    }

    #[test]
    fn bytes_that_are_kept_already_count_beyond_the_limit() {
        let whole = Budget::new(STEP);
        let part = whole.part(STEP);
        let mut kept = part.nothing();
        kept.cover(3 * STEP + 1);
        assert_eq!(used(&whole), 4 * STEP);
        assert_eq!(part.reserve(1).unwrap_err(), Exhausted::Own);
        kept.cover(1);
        assert_eq!(used(&whole), 4 * STEP, "a small change changes nothing");
        kept.cover(0);
        assert_eq!((used(&whole), used(&part)), (0, 0));
    }

    #[test]
    fn no_budget_has_room_for_everything() {
        let mut free = Reservation::unbounded();
        free.grow(usize::MAX).unwrap();
        free.grow(usize::MAX).unwrap();
        free.cover(usize::MAX);
    }
}
