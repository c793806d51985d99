//! Consecutive periods of disk failures in the life of one file. `FAULT_WINDOWS` sets
//! their number.

use std::collections::HashMap;

use super::Dice;
use super::platter::{Fault, Platter};
use crate::publish::{EventId, PublishError, Publisher, Start};

/// A file and the events published to it.
struct Life {
    platter: Platter,
    syncs: bool,
    dice: Dice,
    next: u32,
    kept: HashMap<EventId, u32>,
    /// Numbers that were certainly not published.
    failed: Vec<u32>,
    reads: u32,
}

const EVENTS: u64 = 120;

/// Returns an event so long that most of the history is only in the file.
fn text(n: u32) -> String {
    format!("{n:08}{}", "x".repeat(5000))
}

impl Life {
    fn new(syncs: bool, seed: u64) -> Self {
        Self {
            platter: Platter::default(),
            syncs,
            dice: Dice(seed),
            next: 0,
            kept: HashMap::new(),
            failed: Vec::new(),
            reads: 0,
        }
    }

    fn open(&self) -> Publisher<String> {
        let builder = Publisher::builder().max_events(EVENTS);
        let builder = builder.retention(std::time::Duration::from_secs(3600));
        let opened = builder.open_disk(self.platter.mount(), self.syncs);
        opened.unwrap_or_else(|error| panic!("a start fails: {error}"))
    }

    async fn publish(&mut self, texts: &Publisher<String>) {
        self.next += 1;
        match texts.publish("room", &text(self.next)).await {
            Ok(id) => drop(self.kept.insert(id, self.next)),
            Err(PublishError::OutcomeUnknown(_)) => {}
            Err(PublishError::Failed(_)) => self.failed.push(self.next),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// Checks that all of the history can be read, and is what was acknowledged.
    async fn read(&mut self, texts: &Publisher<String>) {
        self.reads += 1;
        let mut reader = texts.subscribe("room", Start::Earliest).unwrap();
        let mut found = HashMap::new();
        let mut last: Option<EventId> = None;
        while let Some(next) = reader.next_ready().await {
            let event = next.unwrap_or_else(|error| panic!("history cannot be read: {error}"));
            let id = event.id().unwrap();
            if let Some(last) = last {
                assert_eq!(id.sequence(), last.sequence() + 1);
            }
            last = Some(id);
            let n = event.value().unwrap()[..8].parse().unwrap();
            assert!(!self.failed.contains(&n), "{n} was not published and is there");
            assert!(found.insert(n, id).is_none(), "{n} is there twice");
        }
        let first = found.values().map(|id| id.sequence()).min().unwrap_or(1);
        for (id, n) in self.kept.iter().filter(|(id, _)| id.sequence() >= first) {
            assert_eq!(found.get(n), Some(id), "{id} was acknowledged and is lost");
        }
        assert!(first == 1 || found.len() as u64 > EVENTS * 7 / 8, "too little is retained");
        // A reader that returns misses nothing.
        let newest = self.kept.iter().filter(|(id, _)| id.sequence() >= first);
        if let Some((id, _)) = newest.max_by_key(|(_, n)| **n) {
            let mut reader = texts.subscribe("room", *id).unwrap();
            while let Some(next) = reader.next_ready().await {
                next.expect("a gap where nothing is missing");
            }
        }
    }

    /// Returns one of the faults under which the history can be read.
    fn fault(&mut self) -> Fault {
        let operations = self.platter.content().operations;
        match self.dice.roll(7) {
            0 => Fault::Sync { after: self.dice.roll(4) },
            1 => Fault::Syncs,
            2 => Fault::Full { pages: self.dice.roll(6) },
            3 => Fault::Short { after: self.dice.roll(30) },
            4 => Fault::FullAt { at: operations + self.dice.roll(12) },
            5 => Fault::Read { after: self.dice.roll(10) },
            _ => Fault::Kill { at: operations + 1 + self.dice.roll(40), part: self.dice.roll(4) },
        }
    }

    async fn window(&mut self, mut texts: Publisher<String>) -> Publisher<String> {
        let fault = self.fault();
        println!("{fault:?} at {}", self.platter.content().operations);
        self.platter.fail(fault);
        for _ in 0..1 + self.dice.roll(4) {
            self.publish(&texts).await;
            match fault {
                Fault::Kill { .. } => {}
                _ => self.read(&texts).await,
            }
        }
        let starts = !matches!(fault, Fault::Kill { .. } | Fault::Read { .. });
        if starts && self.dice.roll(4) == 0 {
            println!("start inside");
            // A start while the disk fails.
            drop(texts);
            texts = self.open();
            self.read(&texts).await;
            self.publish(&texts).await;
        }
        if matches!(fault, Fault::Kill { .. }) || self.dice.roll(6) == 0 {
            println!("end process");
            self.platter.end_process();
            drop(texts);
            if self.syncs && self.dice.roll(2) == 0 {
                println!("power loss");
                let dice = &mut self.dice;
                self.platter = self.platter.after_power_loss(|| dice.roll(2) == 0);
            }
            texts = self.open();
        }
        self.platter.fail(Fault::None);
        self.read(&texts).await;
        for _ in 0..self.dice.roll(12) {
            let before = self.kept.len();
            self.publish(&texts).await;
            assert_eq!(self.kept.len(), before + 1, "it does not go on");
        }
        texts
    }
}

#[tokio::test]
async fn in_every_window_of_faults_history_is_read_and_nothing_acknowledged_is_lost() {
    let windows: u32 = std::env::var("FAULT_WINDOWS").map_or(60, |text| text.parse().unwrap());
    let seed: u64 = std::env::var("FAULT_SEED").map_or(1, |text| text.parse().unwrap());
    let (mut kept, mut reads) = (0, 0);
    for (seed, syncs) in [(seed, true), (seed + 1, false)] {
        // A file has a few hundred periods; then another file follows.
        let mut left = windows / 2;
        let mut seed = seed;
        while left > 0 {
            println!("FAULT_SEED={seed}, {left} windows left");
            let mut life = Life::new(syncs, seed);
            let mut texts = life.open();
            let count = left.min(200);
            for _ in 0..count {
                texts = life.window(texts).await;
            }
            left -= count;
            seed += 2;
            kept += life.kept.len();
            reads += life.reads;
        }
    }
    println!("{windows} windows, {kept} events acknowledged, the history read {reads} times");
}

#[tokio::test]
async fn the_first_event_of_a_channel_is_reported_as_it_is_in_the_file() {
    for syncs in [true, false] {
        for n in 0..16 {
            let faults = [
                Fault::Sync { after: n },
                Fault::Syncs,
                Fault::Full { pages: n },
                Fault::Short { after: n },
                Fault::Read { after: n },
            ];
            for fault in faults {
                let mut life = Life::new(syncs, 1);
                let texts = life.open();
                life.platter.fail(fault);
                life.publish(&texts).await;
                life.platter.fail(Fault::None);
                life.read(&texts).await;
                life.publish(&texts).await;
                life.read(&texts).await;
            }
        }
    }
}
