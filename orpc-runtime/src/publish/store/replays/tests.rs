//! Readers beside others that stop.

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
