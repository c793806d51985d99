//! The requests of readers, and their chunks within the budget.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::task::Waker;
use std::time::Duration;

use super::Wanted;
use crate::clock::Instant;
use crate::publish::error::ReadError;
use crate::publish::store::Record;

/// Time for which a chunk that its reader has not polled yet is protected from
/// eviction: a reader that is polled within it makes progress, for any number of other
/// readers.
const PATIENCE: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(super) struct Shelf {
    /// Waiting readers, in order.
    pub(super) waiting: VecDeque<u64>,
    pub(super) orders: HashMap<u64, Order>,
    /// Chunks that readers have polled, least recently taken first.
    pub(super) seen: BTreeMap<u64, u64>,
    /// Chunks that readers have not polled yet, the oldest first.
    pub(super) unseen: BTreeMap<u64, u64>,
    /// Number of bytes that are read or reserved.
    pub(super) bytes: u64,
    /// Maximum of `bytes` so far.
    #[cfg(test)]
    pub(super) most: u64,
    /// Next number.
    pub(super) next: u64,
    pub(super) is_closed: bool,
}

/// The request of one reader.
pub(super) struct Order {
    pub(super) state: OrderState,
    pub(super) waker: Option<Waker>,
}

pub(super) enum OrderState {
    Waiting(Wanted),
    Reading,
    Ready(Chunk),
    Failed(ReadError),
    GivenUp,
}

pub(super) struct Chunk {
    pub(super) records: VecDeque<Record>,
    pub(super) bytes: u64,
    /// Its number in `seen` or `unseen`.
    pub(super) place: u64,
    pub(super) is_seen: bool,
    pub(super) since: Instant,
}

impl Shelf {
    pub(super) fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn hold(&mut self, bytes: u64) {
        self.bytes += bytes;
        #[cfg(test)]
        {
            self.most = self.most.max(self.bytes);
        }
    }

    /// Passes the events to their reader, if it still exists.
    pub(super) fn place(
        &mut self,
        number: u64,
        fetched: Result<Vec<Record>, ReadError>,
    ) -> Option<Waker> {
        let place = self.next();
        let order = self.orders.get_mut(&number)?;
        if !matches!(order.state, OrderState::Reading) {
            return None;
        }
        let waker = order.waker.take();
        match fetched {
            Ok(records) => {
                let bytes = records.iter().map(Record::weight).sum();
                let (records, since) = (records.into(), Instant::now());
                let chunk = Chunk { records, bytes, place, is_seen: false, since };
                order.state = OrderState::Ready(chunk);
                self.unseen.insert(place, number);
                self.hold(bytes);
            }
            Err(error) => order.state = OrderState::Failed(error),
        }
        waker
    }

    /// Evicts a chunk that its reader does not take; otherwise returns the time until
    /// one may be evicted.
    pub(super) fn give_up(&mut self) -> Result<(), Duration> {
        let number = match (self.seen.first_key_value(), self.unseen.first_key_value()) {
            (Some((_, number)), _) => *number,
            (None, Some((_, number))) => {
                let age = match self.orders.get(number).map(|order| &order.state) {
                    Some(OrderState::Ready(chunk)) => chunk.since.elapsed(),
                    _ => Duration::MAX,
                };
                if let Some(left) = PATIENCE.checked_sub(age) {
                    return Err(left);
                }
                *number
            }
            // All of it is reserved by reading threads.
            (None, None) => return Err(PATIENCE),
        };
        if let Some(order) = self.orders.get_mut(&number) {
            let state = std::mem::replace(&mut order.state, OrderState::GivenUp);
            self.forget(&state);
        }
        Ok(())
    }

    /// Releases the bytes of a chunk.
    pub(super) fn forget(&mut self, state: &OrderState) {
        if let OrderState::Ready(chunk) = state {
            self.bytes -= chunk.bytes;
            let places = if chunk.is_seen { &mut self.seen } else { &mut self.unseen };
            places.remove(&chunk.place);
        }
    }
}
