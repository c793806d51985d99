//! Events that are read back from the cold store, for all readers of one publisher
//! together: on a few threads, and within one budget of bytes.
//!
//! A reader requests a chunk and takes its events one by one. Events that it has not
//! taken count towards the budget, and may be evicted: under pressure the chunk that
//! was least recently taken from goes first, and its reader requests it again when it
//! is polled again. A reader that stopped holds no memory that others need.

mod reader;
mod shelf;

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

pub(super) use self::reader::ReplayReader;
use self::shelf::{Order, OrderState, Shelf};
use super::Record;
use crate::publish::PublisherBuilder;
use crate::publish::error::ReadError;

impl PublisherBuilder {
    /// Sets the maximum number of bytes in memory of events that were read back from the
    /// file or the server and not yet delivered, for all subscriptions together; 32 MiB by default.
    /// Beyond that the subscriptions that have not taken an event for the longest time lose
    /// their buffers, and read again when they continue. At least one event.
    #[must_use]
    pub fn replay_bytes(mut self, bytes: u64) -> Self {
        self.replay_bytes = bytes;
        self
    }
}

/// Number of reading threads.
const THREADS: usize = 4;

/// Number of bytes that are read at once, unless one event is larger.
const CHUNK: u64 = 64 * 1024;

/// Events of a channel: its number, and the first and last event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) channel: u64,
    pub(super) first: u64,
    pub(super) last: u64,
}

/// Result of a read.
#[derive(Debug)]
pub(super) enum Fetched {
    /// Consecutive events, as many as fit; empty if the first one no longer exists.
    Records(Vec<Record>),
    /// Number of bytes that the first event needs. Nothing was read.
    TooLarge(u64),
}

/// Reads events up to that number of bytes together.
pub(super) type Fetch = dyn Fn(Wanted, u64) -> Result<Fetched, ReadError> + Send + Sync;

/// Result of taking an event.
pub(super) enum Taken {
    Event(Record),
    /// The first event no longer exists.
    Missing,
    /// All events were taken, or the chunk was evicted: request again.
    Nothing,
    Failed(ReadError),
}

/// The reading threads, which end with the store.
pub(super) struct Pool {
    replays: Arc<Replays>,
    threads: Vec<JoinHandle<()>>,
}

/// The requests of readers, and the events that they have not taken yet.
pub(super) struct Replays {
    shelf: Mutex<Shelf>,
    /// Signals that there is something to read.
    wanted: Condvar,
    /// Signals that there may be room.
    room: Condvar,
    budget: u64,
}

/// The request of one reader; dropping it cancels the request.
pub(super) struct Replay {
    replays: Arc<Replays>,
    number: u64,
}

impl Pool {
    pub(super) fn start(budget: u64, fetch: Arc<Fetch>) -> io::Result<Self> {
        let replays = Arc::new(Replays {
            shelf: Mutex::default(),
            wanted: Condvar::new(),
            room: Condvar::new(),
            budget,
        });
        let mut pool = Self { replays, threads: Vec::with_capacity(THREADS) };
        for _ in 0..THREADS {
            let (replays, fetch) = (Arc::clone(&pool.replays), Arc::clone(&fetch));
            let thread = std::thread::Builder::new().name("orpc-replays".to_owned());
            pool.threads.push(thread.spawn(move || replays.work(&*fetch))?);
        }
        Ok(pool)
    }

    pub(super) fn replays(&self) -> &Arc<Replays> {
        &self.replays
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.replays.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that reads events panicked");
            }
        }
    }
}

impl Replays {
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests events, behind the requests of others.
    pub(super) fn ask(self: &Arc<Self>, wanted: Wanted) -> Replay {
        let mut shelf = self.shelf();
        let number = shelf.next();
        let state = if shelf.is_closed {
            OrderState::Failed(ReadError::Closed)
        } else {
            shelf.waiting.push_back(number);
            OrderState::Waiting(wanted)
        };
        shelf.orders.insert(number, Order { state, waker: None });
        drop(shelf);
        self.wanted.notify_one();
        Replay { replays: Arc::clone(self), number }
    }

    fn close(&self) {
        let mut shelf = self.shelf();
        shelf.is_closed = true;
        let mut wakers = Vec::new();
        for order in shelf.orders.values_mut() {
            if matches!(order.state, OrderState::Waiting(_) | OrderState::Reading) {
                order.state = OrderState::Failed(ReadError::Closed);
                wakers.extend(order.waker.take());
            }
        }
        drop(shelf);
        self.wanted.notify_all();
        self.room.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Reads for waiting readers, until the store ends.
    fn work(&self, fetch: &Fetch) {
        while let Some((number, wanted)) = self.next_order() {
            let mut room = CHUNK.min(self.budget);
            while self.reserve(number, room) {
                let (fetched, needed) = match fetch(wanted, room) {
                    Ok(Fetched::TooLarge(bytes)) if bytes > room => (None, bytes),
                    Ok(Fetched::TooLarge(_)) => (Some(Ok(Vec::new())), 0),
                    Ok(Fetched::Records(records)) => (Some(Ok(records)), 0),
                    Err(error) => (Some(Err(error)), 0),
                };
                self.place(number, room, fetched);
                if needed == 0 {
                    break;
                }
                room = needed;
            }
        }
    }

    /// Returns the reader that waits longest.
    fn next_order(&self) -> Option<(u64, Wanted)> {
        let mut shelf = self.shelf();
        loop {
            if shelf.is_closed {
                return None;
            }
            let Some(number) = shelf.waiting.pop_front() else {
                shelf = self.wanted.wait(shelf).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            // Some were dropped in the meantime.
            if let Some(order) = shelf.orders.get_mut(&number)
                && let OrderState::Waiting(wanted) = order.state
            {
                order.state = OrderState::Reading;
                return Some((number, wanted));
            }
        }
    }

    /// Waits for room for a reader; returns `false` if it was dropped.
    fn reserve(&self, number: u64, room: u64) -> bool {
        let mut shelf = self.shelf();
        loop {
            if shelf.is_closed || !shelf.orders.contains_key(&number) {
                return false;
            }
            // An event larger than the budget gets all of it.
            if shelf.bytes == 0 || shelf.bytes.saturating_add(room) <= self.budget {
                shelf.hold(room);
                return true;
            }
            match shelf.give_up() {
                Ok(()) => {}
                Err(time) => {
                    let waited = self.room.wait_timeout(shelf, time);
                    shelf = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// Replaces the reservation by the events that were read; keeps waiting if more room
    /// is needed.
    fn place(&self, number: u64, room: u64, fetched: Option<Result<Vec<Record>, ReadError>>) {
        let mut shelf = self.shelf();
        shelf.bytes -= room;
        let waker = fetched.and_then(|fetched| shelf.place(number, fetched));
        drop(shelf);
        self.room.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Replay {
    /// Polls for the next event.
    pub(super) fn poll_take(&self, cx: &Context<'_>) -> Poll<Taken> {
        let mut shelf = self.replays.shelf();
        let place = shelf.next();
        let Shelf { orders, seen, unseen, bytes, .. } = &mut *shelf;
        let Some(order) = orders.get_mut(&self.number) else { return Poll::Ready(Taken::Nothing) };
        let chunk = match &mut order.state {
            OrderState::Waiting(_) | OrderState::Reading => {
                order.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            OrderState::Failed(error) => return Poll::Ready(Taken::Failed(error.clone())),
            OrderState::GivenUp => return Poll::Ready(Taken::Nothing),
            OrderState::Ready(chunk) => chunk,
        };
        let record = chunk.records.pop_front();
        let taken = match record {
            Some(record) => {
                let weight = record.weight();
                chunk.bytes -= weight;
                *bytes -= weight;
                Taken::Event(record)
            }
            None if chunk.is_seen => Taken::Nothing,
            None => Taken::Missing,
        };
        let old = if chunk.is_seen { &mut *seen } else { unseen };
        old.remove(&chunk.place);
        (chunk.place, chunk.is_seen) = (place, true);
        // An empty chunk takes no room.
        if !chunk.records.is_empty() {
            seen.insert(place, self.number);
        }
        drop(shelf);
        self.replays.room.notify_all();
        Poll::Ready(taken)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let mut shelf = self.replays.shelf();
        if let Some(order) = shelf.orders.remove(&self.number) {
            shelf.forget(&order.state);
        }
        drop(shelf);
        self.replays.room.notify_all();
    }
}

#[cfg(test)]
mod tests;
