//! Random schedules over several nodes, compared with what was published. `REDIS_SCHEDULES` sets
//! their number.

use futures::FutureExt as _;
use orpc_runtime::publish::{EventId, Published, Publisher, ReadError, Start, Subscription};

use super::super::schedules::{Dice, env};
use super::super::world::{Line, number};
use super::append_unannounced_to;
use super::server::RedisServer;

const MAX_EVENTS: u64 = 24;
const NODES: usize = 3;
const CLIENTS: usize = 4;

/// A published event.
#[derive(Debug, Clone, Copy)]
struct Fact {
    id: EventId,
    n: u64,
    is_lost: bool,
}

#[derive(Default)]
struct Truth {
    facts: Vec<Fact>,
    /// Positions before the first event, and behind lost ones.
    starts: Vec<EventId>,
}

#[derive(Default)]
struct Client {
    reader: Option<Subscription<Line>>,
    last: Option<EventId>,
}

impl Truth {
    fn index(&self, id: EventId) -> Option<usize> {
        self.facts.iter().position(|fact| fact.id == id)
    }

    /// Returns `true` if a reader behind that event may be told of a gap.
    fn may_miss(&self, last: EventId) -> bool {
        let next = match self.index(last) {
            Some(index) if self.facts[index].is_lost => return true,
            Some(index) => index + 1,
            // A position without an event: the first one, or the start of an epoch.
            None => return true,
        };
        let is_trimmed = self.facts.len().saturating_sub(next) as u64 >= MAX_EVENTS - 1;
        is_trimmed || self.facts[next..].iter().any(|fact| fact.is_lost)
    }

    fn judge(&mut self, last: &mut EventId, got: Result<Published<Line>, ReadError>) {
        match got {
            Ok(event) => {
                let id = event.id().unwrap();
                assert_eq!(id.sequence(), last.sequence() + 1, "a hole or a repetition");
                let index = self.index(id).expect("an event that was not published");
                assert_eq!(number(event), self.facts[index].n);
                let before = index.checked_sub(1).map(|before| self.facts[before].id);
                let follows = before == Some(*last) || self.starts.contains(last);
                assert!(follows || self.index(*last).is_none(), "behind another event");
                *last = id;
            }
            Err(ReadError::Gap(gap)) => {
                assert_eq!(gap.last(), *last);
                assert!(self.may_miss(*last), "a gap in nothing: {gap}");
                self.starts.push(gap.resume());
                *last = gap.resume();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

async fn open(server: &RedisServer) -> Publisher<Line> {
    Publisher::builder().max_events(MAX_EVENTS).redis(&server.url()).await.unwrap()
}

async fn run(server: &RedisServer, nodes: &mut [Publisher<Line>], seed: u64) {
    let mut dice = Dice(seed);
    let channel = format!("room-{seed}");
    let mut truth = Truth::default();
    let mut clients: [Client; CLIENTS] = Default::default();
    let mut n = 0;
    for _ in 0..60 {
        let node = dice.roll(nodes.len() as u64) as usize;
        let client = dice.roll(CLIENTS as u64) as usize;
        match dice.roll(14) {
            0..=3 => {
                for _ in 0..=dice.roll(3) {
                    n += 1;
                    let key = n.to_string();
                    let publish = async |node: usize| {
                        let lines = &nodes[node];
                        lines.publish(&channel, &Line { n }).idempotency_key(&key).await.unwrap()
                    };
                    let id = publish(node).await;
                    truth.facts.push(Fact { id, n, is_lost: false });
                    if dice.roll(4) == 0 {
                        let again = dice.roll(NODES as u64) as usize;
                        assert_eq!(publish(again).await, id, "one event for each key");
                    }
                }
            }
            4 => {
                for _ in 0..=dice.roll(30) {
                    n += 1;
                    let id = append_unannounced_to(server, &channel, n, MAX_EVENTS).await;
                    truth.facts.push(Fact { id, n, is_lost: false });
                }
            }
            5 | 6 => {
                let start = match (clients[client].last, dice.roll(3)) {
                    (Some(last), _) => Start::After(last),
                    (None, 0) => Start::Earliest,
                    (None, _) => Start::Latest,
                };
                let mut reader = nodes[node].subscribe(&channel, start).unwrap();
                let position = reader.opened().await.unwrap();
                if clients[client].last.is_none() {
                    if start == Start::Latest
                        && let Some(top) = truth.facts.last().filter(|top| !top.is_lost)
                    {
                        assert_eq!(position, top.id, "not from now on");
                    }
                    truth.starts.push(position);
                    clients[client].last = Some(position);
                }
                clients[client].reader = Some(reader);
            }
            7 => clients[client].reader = None,
            8 if dice.roll(3) == 0 => {
                let deleted = ["events", "state", "parts", "events state parts"];
                for part in deleted[dice.roll(4) as usize].split(' ') {
                    server.command::<()>(&format!("DEL orpc:{{{channel}}}:{part}")).await;
                }
                truth.facts.iter_mut().for_each(|fact| fact.is_lost = true);
                // A retry is another event if the state was lost; the keys stay otherwise.
            }
            9 if dice.roll(4) == 0 => {
                for client in &mut clients {
                    client.reader = None;
                }
                nodes[node] = open(server).await;
            }
            10 if dice.roll(16) == 0 => server.command::<()>("CLIENT KILL TYPE normal").await,
            11 if dice.roll(16) == 0 => server.command::<()>("CLIENT KILL TYPE pubsub").await,
            _ => {
                let Client { reader: Some(reader), last: Some(last) } = &mut clients[client] else {
                    continue;
                };
                for _ in 0..dice.roll(20) {
                    let Some(got) = reader.next_ready().await else { break };
                    truth.judge(last, got);
                }
            }
        }
    }
    // All get all events, on any node.
    let top = nodes[0].publish(&channel, &Line { n: n + 1 }).await.unwrap();
    truth.facts.push(Fact { id: top, n: n + 1, is_lost: false });
    for (index, client) in clients.iter_mut().enumerate() {
        let Client { reader, last: Some(last) } = client else { continue };
        let reader = match reader {
            Some(reader) => reader,
            None => &mut nodes[index % NODES].subscribe(&channel, *last).unwrap(),
        };
        while *last != top {
            let got = super::next(reader).await;
            truth.judge(last, got);
        }
    }
}

#[tokio::test]
async fn random_schedules_on_several_nodes_report_every_gap() {
    let server = RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(open(&server).await);
    }
    let first = env("SCHEDULE_SEED", 1);
    for seed in first..first + env("REDIS_SCHEDULES", 20) {
        let run = std::panic::AssertUnwindSafe(run(&server, &mut nodes, seed));
        if let Err(panic) = run.catch_unwind().await {
            eprintln!("schedule {seed}: REDIS_SCHEDULES=1 SCHEDULE_SEED={seed}");
            std::panic::resume_unwind(panic);
        }
    }
}
