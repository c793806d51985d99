//! Readers beside others that stop.

use std::future::poll_fn;

use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::mpsc;
use std::time::Duration;

use futures::FutureExt as _;

use super::shelf::Chunk;
use super::*;
use crate::clock::Instant;

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

#[tokio::test]
async fn readers_that_leave_give_their_room_back() {
    let pool = pool(20_000, 1000);
    for _ in 0..100 {
        Reader::new(&pool).read().await;
        // One that leaves before it has read anything.
        drop(pool.replays().ask(Wanted { channel: 0, first: 1, last: EVENTS }));
    }
    Reader::new(&pool).read().await;
    {
        let shelf = pool.replays().shelf();
        assert!(shelf.orders.is_empty() && shelf.seen.is_empty() && shelf.unseen.is_empty());
    }
    // Room that the threads have reserved for readers that are gone is released as well.
    while pool.replays().shelf().bytes > 0 {
        tokio::task::yield_now().await;
    }
}

/// A pool that answers each request by the next of these.
fn answering(budget: u64, answers: Vec<Fetched>) -> Pool {
    let answers = Mutex::new(answers.into_iter());
    Pool::start(budget, Arc::new(move |_, _| Ok(answers.lock().unwrap().next().unwrap()))).unwrap()
}

async fn take(replay: &Replay) -> Taken {
    let taken = poll_fn(|cx| replay.poll_take(cx));
    tokio::time::timeout(Duration::from_secs(60), taken).await.expect("it is read")
}

fn wanted() -> Wanted {
    Wanted { channel: 0, first: 1, last: 2 }
}

fn record() -> Record {
    Record { envelope: Bytes::from_static(b"{}"), audience: None }
}

#[tokio::test]
async fn events_that_are_gone_are_missing_and_those_that_were_taken_are_not() {
    let pool = answering(
        1 << 20,
        vec![
            Fetched::Records(Vec::new()),
            Fetched::Records(vec![record(), record()]),
            // More room than there was is not needed.
            Fetched::TooLarge(CHUNK),
            Fetched::TooLarge(CHUNK + 1),
            Fetched::Records(vec![record()]),
        ],
    );
    let missing = pool.replays().ask(wanted());
    assert!(matches!(take(&missing).await, Taken::Missing));
    assert!(matches!(take(&missing).await, Taken::Nothing), "it is told once");
    let taken = pool.replays().ask(wanted());
    for _ in 0..2 {
        assert!(matches!(take(&taken).await, Taken::Event(_)));
    }
    assert!(matches!(take(&taken).await, Taken::Nothing));
    assert!(matches!(take(&pool.replays().ask(wanted())).await, Taken::Missing));
    assert!(matches!(take(&pool.replays().ask(wanted())).await, Taken::Event(_)));
}

#[test]
fn the_room_of_a_read_is_a_chunk_within_the_budget() {
    // The room that is asked for is the chunk, and no more than the budget.
    for (budget, expected) in [(10, 10), (CHUNK, CHUNK), (CHUNK + 1, CHUNK)] {
        let (sender, receiver) = mpsc::channel();
        let sender = Mutex::new(sender);
        let fetch = move |_, bytes| {
            sender.lock().unwrap().send(bytes).unwrap();
            Ok(Fetched::Records(vec![record()]))
        };
        let pool = Pool::start(budget, Arc::new(fetch)).unwrap();
        let _replay = pool.replays().ask(wanted());
        assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(expected));
    }
}

impl Shelf {
    /// Adds a chunk of one event that was read some time ago.
    fn add(&mut self, age: Duration, is_seen: bool) -> u64 {
        let (number, place) = (self.next(), self.next());
        let since = Instant::now().checked_sub(age).unwrap();
        let bytes = record().weight();
        let records = VecDeque::from([record()]);
        let state = OrderState::Ready(Chunk { records, bytes, place, is_seen, since });
        self.orders.insert(number, Order { state, waker: None });
        if is_seen { &mut self.seen } else { &mut self.unseen }.insert(place, number);
        self.hold(bytes);
        number
    }

    /// Numbers of the chunks that were evicted.
    fn given_up(&self) -> Vec<u64> {
        let evicted = |(number, order): (&u64, &Order)| {
            matches!(order.state, OrderState::GivenUp).then_some(*number)
        };
        let mut numbers: Vec<_> = self.orders.iter().filter_map(evicted).collect();
        numbers.sort_unstable();
        numbers
    }
}

#[test]
fn the_chunk_that_was_taken_from_least_recently_is_evicted_first() {
    // Longer than a chunk is protected that its reader has not polled.
    let (long, second_ago) = (Duration::from_millis(100), Duration::from_secs(1));
    let mut shelf = Shelf::default();
    assert_eq!(shelf.give_up(), Err(long), "there is none");
    let young = shelf.add(Duration::ZERO, false);
    let wait = shelf.give_up().unwrap_err();
    assert!(wait <= long && wait > Duration::ZERO, "{wait:?}");
    assert!(shelf.given_up().is_empty());
    // One that was polled is not protected, however old another one is.
    let (first, second) = (shelf.add(Duration::ZERO, true), shelf.add(second_ago, true));
    let old = shelf.add(second_ago, false);
    for expected in [vec![first], vec![first, second]] {
        assert_eq!(shelf.give_up(), Ok(()));
        assert_eq!(shelf.given_up(), expected);
    }
    // In their order: the old one waits behind the young one.
    let wait = shelf.give_up().unwrap_err();
    assert!(wait <= long, "{wait:?}");
    let chunk = shelf.orders.remove(&young).unwrap();
    shelf.forget(&chunk.state);
    assert_eq!(shelf.give_up(), Ok(()));
    assert_eq!(shelf.given_up(), [first, second, old]);
    assert_eq!((shelf.bytes, shelf.seen.len(), shelf.unseen.len()), (0, 0, 0));
}

#[test]
fn a_reader_waits_for_room_unless_nothing_is_read_and_has_all_of_the_budget() {
    let weight = record().weight();
    let pool = Pool::start(10 * weight, Arc::new(|_, _| Ok(Fetched::Records(Vec::new())))).unwrap();
    let replays = pool.replays();
    let order = |replays: &Replays, number| {
        let order = Order { state: OrderState::Reading, waker: None };
        replays.shelf().orders.insert(number, order);
    };
    order(replays, 1000);
    // Exactly what is left, and more than that by an eviction.
    replays.shelf().add(Duration::ZERO, true);
    assert!(replays.reserve(1000, 9 * weight));
    assert_eq!(replays.shelf().bytes, 10 * weight);
    assert!(replays.shelf().given_up().is_empty());
    replays.place(1000, 9 * weight, None);
    assert!(replays.reserve(1000, 9 * weight + 1));
    assert_eq!(replays.shelf().given_up().len(), 1);
    assert_eq!(replays.shelf().bytes, 9 * weight + 1);
    replays.place(1000, 9 * weight + 1, None);
    // More than the budget, where nothing else is read.
    assert!(replays.reserve(1000, 20 * weight));
    replays.place(1000, 20 * weight, None);
    // One that has left, and one of a store that is gone.
    assert!(!replays.reserve(2000, weight));
    replays.close();
    assert!(!replays.reserve(1000, weight));
    assert_eq!(replays.shelf().bytes, 0);
}
