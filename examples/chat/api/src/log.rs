//! What happened in the room, numbered, for those who follow it and resume.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use orpc_runtime::prelude::*;
use tokio::sync::watch;

use crate::room::lock;

/// How many events the room remembers.
const KEPT: usize = 500;

/// How many of them a newcomer gets.
const SHOWN_TO_NEWCOMERS: u64 = 50;

/// Something that everyone in the room sees.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum RoomEvent {
    /// Somebody said something.
    Message {
        /// Who.
        name: String,
        /// What.
        message: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Somebody came.
    Joined {
        /// Who.
        name: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
    /// Somebody went, and did not come back at once.
    Left {
        /// Who.
        name: String,
        /// Milliseconds since 1970-01-01T00:00:00Z.
        at: f64,
    },
}

/// The last events.
pub(crate) struct Log {
    /// Tells this run of the server from others: part of every event id.
    epoch: String,
    kept: Mutex<Kept>,
    /// The number of the next event, for those who wait for it.
    next: watch::Sender<u64>,
}

/// The first of these events has the number `first`.
#[derive(Default)]
struct Kept {
    first: u64,
    events: VecDeque<RoomEvent>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            epoch: format!("{:x}", since_1970().as_nanos()),
            kept: Mutex::default(),
            next: watch::Sender::new(0),
        }
    }

    /// Shows an event to everyone who reads, and gives it back with its id.
    pub(crate) fn push(&self, event: RoomEvent) -> Event<RoomEvent> {
        let mut kept = lock(&self.kept);
        let number = kept.next();
        kept.events.push_back(event.clone());
        if kept.events.len() > KEPT {
            kept.events.pop_front();
            kept.first += 1;
        }
        self.next.send_replace(kept.next());
        self.numbered(number, event)
    }

    /// A reader of the events after the one with the id `last`. Without one, or
    /// with one of another run of the server, it starts with the most recent events.
    pub(crate) fn read_after(&self, last: Option<&str>) -> Reader<'_> {
        let next = lock(&self.kept).next();
        let number = match last.and_then(|id| self.number_of(id)) {
            Some(seen) if seen < next => seen + 1,
            _ => next.saturating_sub(SHOWN_TO_NEWCOMERS),
        };
        Reader { log: self, number, news: self.next.subscribe() }
    }

    fn numbered(&self, number: u64, event: RoomEvent) -> Event<RoomEvent> {
        Event::new(event).id(format!("{}-{number}", self.epoch))
    }

    /// The number in an event id of this run.
    fn number_of(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.epoch)?.strip_prefix('-')?.parse().ok()
    }
}

impl Kept {
    fn next(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    /// The event of that number, or the oldest one that is still kept.
    fn at(&self, number: u64) -> Option<(u64, RoomEvent)> {
        let number = number.max(self.first);
        let index = usize::try_from(number - self.first).ok()?;
        self.events.get(index).map(|event| (number, event.clone()))
    }
}

/// A place in the log.
pub(crate) struct Reader<'a> {
    log: &'a Log,
    /// The number of the event to read next.
    number: u64,
    news: watch::Receiver<u64>,
}

impl Reader<'_> {
    /// The next event, once there is one.
    pub(crate) async fn next(&mut self) -> Option<Event<RoomEvent>> {
        // The sender lives as long as the log.
        self.news.wait_for(|next| *next > self.number).await.ok()?;
        let (number, event) = lock(&self.log.kept).at(self.number)?;
        self.number = number + 1;
        Some(self.log.numbered(number, event))
    }
}

pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
