//! Events that are read back from the cold store, for all readers of one publisher
//! together: on a few threads, and within one budget of bytes.
//!
//! A reader requests a chunk and takes its events one by one. Events that it has not
//! taken count towards the budget, and may be evicted: under pressure the chunk that
//! was least recently taken from goes first, and its reader requests it again when it
//! is polled again. A reader that stopped holds no memory that others need.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::Instant;

use super::Record;
use crate::publish::error::ReadError;

/// Number of reading threads.
const THREADS: usize = 4;

/// Number of bytes that are read at once, unless one event is larger.
const CHUNK: u64 = 64 * 1024;

/// Time for which a chunk that its reader has not polled yet is protected from
/// eviction: a reader that is polled within it makes progress, for any number of other
/// readers.
const PATIENCE: Duration = Duration::from_millis(100);

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

#[derive(Default)]
struct Shelf {
    /// Waiting readers, in order.
    waiting: VecDeque<u64>,
    orders: HashMap<u64, Order>,
    /// Chunks that readers have polled, least recently taken first.
    seen: BTreeMap<u64, u64>,
    /// Chunks that readers have not polled yet, the oldest first.
    unseen: BTreeMap<u64, u64>,
    /// Number of bytes that are read or reserved.
    bytes: u64,
    /// Maximum of `bytes` so far.
    #[cfg(test)]
    most: u64,
    /// Next number.
    next: u64,
    is_closed: bool,
}

/// The request of one reader.
struct Order {
    state: OrderState,
    waker: Option<Waker>,
}

enum OrderState {
    Waiting(Wanted),
    Reading,
    Ready(Chunk),
    Failed(ReadError),
    GivenUp,
}

struct Chunk {
    records: VecDeque<Record>,
    bytes: u64,
    /// Its number in `seen` or `unseen`.
    place: u64,
    is_seen: bool,
    since: Instant,
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

impl Shelf {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn hold(&mut self, bytes: u64) {
        self.bytes += bytes;
        #[cfg(test)]
        {
            self.most = self.most.max(self.bytes);
        }
    }

    /// Passes the events to their reader, if it still exists.
    fn place(&mut self, number: u64, fetched: Result<Vec<Record>, ReadError>) -> Option<Waker> {
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
    fn give_up(&mut self) -> Result<(), Duration> {
        let number = match (self.seen.first_key_value(), self.unseen.first_key_value()) {
            (Some((_, number)), _) => *number,
            (None, Some((_, number))) => {
                let age = match self.orders.get(number).map(|order| &order.state) {
                    Some(OrderState::Ready(chunk)) => chunk.since.elapsed(),
                    _ => PATIENCE,
                };
                if age < PATIENCE {
                    return Err(PATIENCE - age);
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
    fn forget(&mut self, state: &OrderState) {
        if let OrderState::Ready(chunk) = state {
            self.bytes -= chunk.bytes;
            let places = if chunk.is_seen { &mut self.seen } else { &mut self.unseen };
            places.remove(&chunk.place);
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
mod tests {
    use std::future::poll_fn;

    use bytes::Bytes;
    use futures::FutureExt as _;

    use super::*;

    /// Number of events in the channel of these tests.
    const EVENTS: u64 = 40;

    /// Creates a pool over events of that length, each of which contains its number.
    fn pool(budget: u64, length: usize) -> Pool {
        let fetch = move |wanted: Wanted, bytes: u64| {
            let mut records = Vec::new();
            let mut read = 0;
            for n in wanted.first..=wanted.last {
                let mut envelope = vec![0; length];
                envelope[..8].copy_from_slice(&n.to_le_bytes());
                let record = Record { envelope: Bytes::from(envelope), audience: None };
                read += record.weight();
                if read > bytes && records.is_empty() {
                    return Ok(Fetched::TooLarge(read));
                }
                if read > bytes {
                    break;
                }
                records.push(record);
            }
            Ok(Fetched::Records(records))
        };
        Pool::start(budget, Arc::new(fetch)).unwrap()
    }

    /// A reader of all events.
    struct Reader {
        replays: Arc<Replays>,
        replay: Option<Replay>,
        next: u64,
    }

    impl Reader {
        fn new(pool: &Pool) -> Self {
            Self { replays: Arc::clone(pool.replays()), replay: None, next: 1 }
        }

        async fn read(&mut self) {
            loop {
                let (first, last) = (self.next, EVENTS);
                let ask = || self.replays.ask(Wanted { channel: 0, first, last });
                let replay = self.replay.get_or_insert_with(ask);
                match poll_fn(|cx| replay.poll_take(cx)).await {
                    Taken::Event(record) => {
                        assert_eq!(record.envelope[..8], self.next.to_le_bytes());
                        self.next += 1;
                        return;
                    }
                    Taken::Nothing => self.replay = None,
                    Taken::Missing => panic!("an event is missing"),
                    Taken::Failed(error) => panic!("{error}"),
                }
            }
        }

        async fn read_all(mut self) {
            while self.next <= EVENTS {
                self.read().await;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Most readers stop: before they have polled their chunk, or in the middle of it.
    /// The others read everything, and the budget is never exceeded.
    #[tokio::test]
    async fn readers_that_stop_hold_nothing_that_others_need() {
        for (budget, length) in [(1 << 20, 100_000), (1 << 20, 10_000), (300_000, 1000)] {
            let pool = pool(budget, length);
            let mut stopped = Vec::new();
            for n in 0..150 {
                let mut reader = Reader::new(&pool);
                if n % 3 == 0 {
                    reader.read().await;
                } else {
                    // Polled once.
                    assert!(reader.read().now_or_never().is_none() || reader.next == 2);
                }
                stopped.push(reader);
            }
            let reading = (0..20).map(|_| tokio::spawn(Reader::new(&pool).read_all()));
            for reader in futures::future::join_all(reading).await {
                reader.unwrap();
            }
            let most = pool.replays().shelf().most;
            assert!(most <= budget, "{most} bytes of {budget}");
            assert!(most > budget / 2, "{most} bytes");
            // A reader that stopped continues at its position.
            for reader in stopped.drain(..20) {
                reader.read_all().await;
            }
            drop(stopped);
            let shelf = pool.replays().shelf();
            assert_eq!((shelf.bytes, shelf.orders.len()), (0, 0));
            assert!(shelf.seen.is_empty() && shelf.unseen.is_empty());
        }
    }

    #[tokio::test]
    async fn an_event_larger_than_the_budget_is_read_alone() {
        let pool = pool(1000, 5000);
        let reading = (0..3).map(|_| Reader::new(&pool).read_all());
        futures::future::join_all(reading).await;
        assert_eq!(pool.replays().shelf().most, 5000 + super::super::EVENT as u64);
    }

    #[tokio::test]
    async fn readers_of_a_store_that_is_gone_are_told() {
        let pool = pool(1000, 100);
        let replays = Arc::clone(pool.replays());
        drop(pool);
        let replay = replays.ask(Wanted { channel: 0, first: 1, last: 1 });
        let taken = poll_fn(|cx| replay.poll_take(cx)).await;
        assert!(matches!(taken, Taken::Failed(ReadError::Closed)));
    }
}
