//! Random schedules, compared with the published events. `SCHEDULES` sets their number.

use std::future::IntoFuture as _;
use std::time::Duration;

use orpc_runtime::publish::{
    Durability, EventId, GapReason, Published, Publisher, ReadError, Start, Subscription,
};

use super::world::{Line, RETENTION, SLACK, World, number};

const MAX_EVENTS: u64 = 24;

/// Number of schedules on one store, each on a channel of its own.
const PER_STORE: u64 = 100;

/// Pseudorandom numbers (SplitMix64), the same for the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

pub fn env(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// Published events of the channel, with their times.
#[derive(Default)]
struct Truth {
    events: Vec<(EventId, u64, Duration)>,
}

/// A client: its connection, if any, and the last event it saw.
#[derive(Default)]
struct Client {
    reader: Option<Subscription<Line>>,
    last: Option<EventId>,
    /// The event up to which it has read, and the time: buffered events are not trimmed.
    hand: Option<(EventId, Duration)>,
}

impl Truth {
    fn top(&self) -> Option<EventId> {
        self.events.last().map(|(id, ..)| *id)
    }

    fn position(&self, id: EventId) -> Option<usize> {
        self.events.iter().position(|(known, ..)| *known == id)
    }

    /// Returns `true` if an event must be retained at that time.
    fn must_be_there(&self, index: usize, now: Duration) -> bool {
        let (_, _, at) = self.events[index];
        let newer = self.events.len() - index;
        (newer as u64) < MAX_EVENTS && now - at <= RETENTION
    }

    /// Returns `true` if an event must no longer be delivered.
    fn must_be_gone(&self, index: usize, now: Duration) -> bool {
        now - self.events[index].2 > RETENTION + SLACK
    }

    /// Checks the events of a client.
    fn judge(
        &self,
        last: &mut EventId,
        hand: &mut Option<(EventId, Duration)>,
        got: Result<Published<Line>, ReadError>,
        now: Duration,
    ) {
        match got {
            Ok(event) => {
                let id = event.id().unwrap();
                assert_eq!(id.sequence(), last.sequence() + 1, "a hole or a repetition");
                let index = self.position(id).expect("an event that was not published");
                let before = index.checked_sub(1).map(|before| self.events[before].0);
                let is_forgotten = |before: EventId| {
                    self.position(*last).is_none() && before.sequence() < last.sequence()
                };
                let follows = before.is_none_or(|before| before == *last || is_forgotten(before));
                assert!(follows, "behind another event");
                assert_eq!(number(event), self.events[index].1);
                let is_in_hand =
                    |(until, _): &(EventId, Duration)| until.sequence() >= id.sequence();
                let top = self.events[self.events.len() - 1].0;
                let read = hand.filter(is_in_hand).unwrap_or((top, now));
                *hand = Some(read);
                let read = read.1;
                assert!(!self.must_be_gone(index, read), "an event that is too old");
                *last = id;
            }
            Err(ReadError::Gap(gap)) => {
                assert_eq!(gap.last(), *last);
                // The first event that is missing.
                let next = self.position(*last).map_or(0, |index| index + 1);
                let resume = gap.resume().sequence();
                let is_skipped =
                    self.events.get(next).is_some_and(|(id, ..)| id.sequence() <= resume);
                match gap.reason() {
                    // Its event is lost, or the channel was forgotten before another epoch
                    // began, or so much was trimmed that the log no longer knows its event.
                    GapReason::Epoch | GapReason::Ahead => {
                        let place = self.position(*last);
                        let is_forgotten = |index| self.must_be_gone(index, now);
                        let is_trimmed = is_skipped && !self.must_be_there(next, now);
                        assert!(place.is_none_or(is_forgotten) || is_trimmed, "a gap in nothing");
                    }
                    GapReason::Lagged | GapReason::Trimmed if is_skipped => {
                        assert!(!self.must_be_there(next, now), "a gap of what must be there");
                    }
                    // The channel was evicted: its numbers continue behind those of
                    // others.
                    GapReason::Trimmed => {
                        let is_over = self.events.get(next).is_none_or(|(first, ..)| {
                            next == 0 && first.sequence() > last.sequence() + 1
                        }) || self.must_be_gone(next.max(1) - 1, now);
                        assert!(is_over && resume > last.sequence(), "a gap in nothing");
                    }
                    other => panic!("{other:?}"),
                }
                *last = gap.resume();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn schedules(durability: Durability, count: u64) {
    let first = env("SCHEDULE_SEED", 1);
    for store in 0..count.div_ceil(PER_STORE) {
        let world = World::new(durability);
        let mut now = Duration::ZERO;
        let open = || world.open_with::<Line>(world.builder().max_events(MAX_EVENTS));
        let mut lines = open();
        for schedule in store * PER_STORE..count.min((store + 1) * PER_STORE) {
            let seed = first + schedule;
            let run = run(&world, &open, &mut lines, &mut now, seed);
            let run = std::panic::AssertUnwindSafe(run);
            if let Err(panic) = futures::FutureExt::catch_unwind(run).await {
                eprintln!("schedule {seed} of {durability:?}: SCHEDULES=1 SCHEDULE_SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
}

async fn run(
    world: &World,
    open: &impl Fn() -> Publisher<Line>,
    lines: &mut Publisher<Line>,
    now: &mut Duration,
    seed: u64,
) {
    let channel = format!("room-{seed}");
    let mut dice = Dice(seed);
    let mut truth = Truth::default();
    let mut clients: [Client; 3] = Default::default();
    let mut backup: Option<(Vec<u8>, usize)> = None;
    let mut n = 0;
    for _ in 0..10 + dice.roll(30) {
        let client = dice.roll(3) as usize;
        match dice.roll(12) {
            0..=3 => {
                // At once, in the order in which they are queued.
                let batch = (0..1 + dice.roll(9)).map(|_| {
                    n += 1;
                    let publishing = lines.publish(&channel, &Line { n }).into_future();
                    async move { (publishing.await.unwrap(), n) }
                });
                for (id, n) in futures::future::join_all(batch).await {
                    truth.events.push((id, n, *now));
                }
            }
            4..=7 => {
                let Client { reader, last, hand } = &mut clients[client];
                if let (Some(reader), Some(last)) = (reader, last) {
                    for _ in 0..dice.roll(20) {
                        match reader.next_ready().await {
                            Some(got) => truth.judge(last, hand, got, *now),
                            None => break,
                        }
                        assert_eq!(reader.position(), Some(*last));
                    }
                }
            }
            8 => {
                let start = match (clients[client].last, dice.roll(3)) {
                    (Some(last), _) => Start::After(last),
                    (None, 0) => Start::Earliest,
                    (None, _) => Start::Latest,
                };
                let reader = lines.subscribe(&channel, start).unwrap();
                if start == Start::Latest
                    && let Some(top) = truth.top()
                    && !truth.events.is_empty()
                {
                    assert_eq!(reader.position(), Some(top), "not from now on");
                }
                clients[client].last.get_or_insert(reader.position().unwrap());
                clients[client].reader = Some(reader);
                clients[client].hand = None;
            }
            9 => clients[client].reader = None,
            10 => {
                let time = Duration::from_millis(dice.roll(60_000));
                world.hands.pass(time);
                *now += time;
            }
            _ if dice.roll(3) == 0 => {
                for client in &mut clients {
                    client.reader = None;
                }
                // The position of a waiting reader of an empty channel is unknown after
                // a restart.
                if world.is_durable() && truth.events.is_empty() {
                    clients = Default::default();
                }
                *lines = Publisher::memory();
                // The file is copied, or the copy is put back: over it or in its place.
                if world.is_durable() && dice.roll(2) == 0 {
                    match backup.take() {
                        None => {
                            let copy = std::fs::read(world.path()).unwrap();
                            backup = Some((copy, truth.events.len()));
                        }
                        Some((copy, count)) => {
                            if dice.roll(2) == 0 {
                                std::fs::remove_file(world.path()).unwrap();
                            }
                            std::fs::write(world.path(), copy).unwrap();
                            truth.events.truncate(count);
                            if truth.events.is_empty() {
                                clients = Default::default();
                            }
                        }
                    }
                }
                *lines = open();
                if !world.is_durable() {
                    truth.events.clear();
                    for client in &mut clients {
                        client.last = None;
                    }
                }
            }
            _ => {}
        }
    }
    // At the end all clients have all events.
    for Client { reader, last, hand } in &mut clients {
        let Some(last) = last else { continue };
        let reader = match reader {
            Some(reader) => reader,
            None => {
                *hand = None;
                &mut lines.subscribe(&channel, *last).unwrap()
            }
        };
        while let Some(got) = reader.next_ready().await {
            truth.judge(last, hand, got, *now);
        }
        if let Some(top) = truth.top() {
            assert_eq!(*last, top, "something is left out at the end");
        }
    }
}

#[tokio::test]
async fn random_schedules_in_memory_report_every_gap() {
    schedules(Durability::Memory, env("SCHEDULES", 6_000)).await;
}

#[tokio::test]
async fn random_schedules_in_a_file_report_every_gap() {
    schedules(Durability::Process, env("SCHEDULES", 600)).await;
}

#[tokio::test]
async fn random_schedules_in_a_synced_file_report_every_gap() {
    schedules(Durability::Commit, env("SCHEDULES_SYNCED", 100)).await;
}
