//! A server that comes back without the end of its file.

use std::collections::HashSet;
use std::path::PathBuf;

use orpc_runtime::publish::{EventId, Published, ReadError, Start, Subscription};

use super::super::schedules::{Dice, env};
use super::super::world::{Line, number};
use super::{Server, for_each_server, next, node, published, subscribe};

for_each_server! {
    events_that_are_cut_off_the_file_are_gaps_for_their_readers,
}

/// An acknowledged event.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fact {
    id: EventId,
    n: u64,
    /// The event that was the last one when it was published.
    behind: EventId,
}

/// Acknowledged events.
struct Truth {
    /// The events that the server has, in their order.
    log: Vec<Fact>,
    /// Those that it has lost.
    lost: Vec<Fact>,
    /// Positions before the first event; the last one is that of the present log.
    starts: Vec<EventId>,
    ids: HashSet<EventId>,
}

impl Truth {
    fn last(&self) -> EventId {
        self.log.last().map_or(self.start(), |fact| fact.id)
    }

    fn start(&self) -> EventId {
        self.starts[self.starts.len() - 1]
    }

    fn add(&mut self, id: EventId, n: u64) {
        assert!(self.ids.insert(id), "{id} is the id of two events");
        self.log.push(Fact { id, n, behind: self.last() });
    }

    fn lost(&self, id: EventId) -> Option<&Fact> {
        self.lost.iter().find(|fact| fact.id == id)
    }

    /// Takes over what the server has left behind a position.
    fn keep(&mut self, start: EventId, left: &[(EventId, u64)]) {
        let known: Vec<_> = self.log.iter().map(|fact| (fact.id, fact.n)).collect();
        assert!(known.starts_with(left), "{left:?} is no beginning of {known:?}");
        self.lost.extend(self.log.split_off(left.len()));
        if self.log.is_empty() && start != self.start() {
            self.starts.push(start);
        }
    }

    /// Returns the last event before that one that is not lost; the start of the log if that has nothing of its epoch.
    fn common(&self, mut id: EventId) -> EventId {
        if !self.log.iter().any(|fact| fact.id.epoch() == id.epoch()) {
            return self.start();
        }
        while let Some(fact) = self.lost(id) {
            id = fact.behind;
        }
        id
    }

    fn judge(&self, last: &mut EventId, got: Result<Published<Line>, ReadError>) {
        match got {
            Ok(event) => {
                let id = event.id().unwrap();
                assert_eq!(id.sequence(), last.sequence() + 1, "a hole or a repetition");
                let known = self.log.iter().find(|fact| fact.id == id).or_else(|| self.lost(id));
                let fact = known.expect("an event that was not acknowledged");
                assert_eq!((number(event), *last), (fact.n, fact.behind));
                *last = id;
            }
            Err(ReadError::Gap(gap)) => {
                assert_eq!(gap.last(), *last);
                let is_gone = self.lost(*last).is_some() || self.starts.contains(last);
                assert!(is_gone && *last != self.start(), "a gap in nothing: {gap}");
                assert_eq!(gap.resume(), self.common(*last));
                *last = gap.resume();
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Reads to the end.
    async fn read(&self, reader: &mut Subscription<Line>, last: &mut EventId) {
        while *last != self.last() {
            self.judge(last, next(reader).await);
        }
    }
}

/// Returns the position and the events that a node without a copy reads.
async fn left(server: &Server) -> (EventId, Vec<(EventId, u64)>) {
    let lines = node(server).await;
    let mut reader = subscribe(&lines, Start::Earliest).await;
    let start = reader.opened().await.unwrap();
    let mut events = Vec::new();
    while let Some(got) = reader.next_ready().await {
        let event = got.expect("a gap at the beginning");
        events.push((event.id().unwrap(), number(event)));
    }
    (start, events)
}

/// The file of the server, and its present size.
fn file(server: &Server) -> (PathBuf, u64) {
    let path = server.log();
    let size = std::fs::metadata(&path).unwrap().len();
    (path, size)
}

/// `FILE_CUTS` sets the number of cuts.
async fn events_that_are_cut_off_the_file_are_gaps_for_their_readers(server: Server) {
    let mut server = server.with_files().await;
    let nodes = [node(&server).await, node(&server).await];
    let mut readers = Vec::new();
    for lines in nodes.iter().chain(&nodes) {
        readers.push(subscribe(lines, Start::Earliest).await);
    }
    let start = readers[0].opened().await.unwrap();
    let (log, lost, ids) = Default::default();
    let mut truth = Truth { log, lost, starts: vec![start], ids };
    // The channel itself is not lost.
    truth.add(published(&nodes[0], 0).await, 0);
    let mut seen = [start; 4];
    let mut dice = Dice(env("CUT_SEED", 1));
    let mut n = 0;
    for round in 0..env("FILE_CUTS", 6) {
        let mut ends = vec![file(&server)];
        for _ in 0..=dice.roll(20) {
            n += 1;
            truth.add(published(&nodes[dice.roll(2) as usize], n).await, n);
            ends.push(file(&server));
        }
        // Readers have got all of them, but one has got some.
        for (reader, last) in readers.iter_mut().zip(&mut seen).skip(1) {
            truth.read(reader, last).await;
        }
        for _ in 0..dice.roll(10) {
            let Some(got) = readers[0].next_ready().await else { break };
            truth.judge(&mut seen[0], got);
        }
        server.kill();
        let (path, size) = file(&server);
        ends.retain(|(of, _)| *of == path);
        let cut = if round % 3 == 0 {
            // Between two events.
            ends[dice.roll(ends.len() as u64) as usize].1
        } else {
            ends[0].1 + dice.roll((size - ends[0].1).max(1))
        };
        let log = std::fs::File::options().write(true).open(&path).unwrap();
        log.set_len(cut).unwrap();
        if server.scheme() == "nats" && round % 3 == 2 {
            // As after a loss of power: what was not synced consists of zeros. Redis does not start then.
            log.set_len(size).unwrap();
        }
        server.run().await;
        let (start, events) = left(&server).await;
        println!(
            "round {round}: {cut} of {size} bytes, {} of {} events",
            events.len(),
            truth.log.len()
        );
        truth.keep(start, &events);
        // The last one is published once more if it is lost, and only then.
        let again = published(&nodes[dice.roll(2) as usize], n).await;
        if truth.last() != again {
            truth.add(again, n);
        }
        for (reader, last) in readers.iter_mut().zip(&mut seen).skip(2) {
            truth.read(reader, last).await;
        }
    }
    for (reader, last) in readers.iter_mut().zip(&mut seen) {
        truth.read(reader, last).await;
    }
    assert!(!truth.lost.is_empty(), "nothing was lost");
    for (index, fact) in truth.log.iter().chain(&truth.lost).enumerate() {
        let mut reader = nodes[index % 2].subscribe("room", fact.id).unwrap();
        let mut last = fact.id;
        truth.read(&mut reader, &mut last).await;
    }
    println!("{} events, and {} that were lost", truth.log.len(), truth.lost.len());
}
