//! The room: its recent messages, and who follows them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use orpc_runtime::futures::stream;
use orpc_runtime::prelude::*;
use tokio::sync::watch;

/// How many messages the room remembers.
const KEPT: usize = 500;

/// How many of them a newcomer gets.
const SHOWN_TO_NEWCOMERS: u64 = 50;

/// How many messages an author may send within [`WINDOW`].
const PER_WINDOW: usize = 5;

/// See [`PER_WINDOW`].
const WINDOW: Duration = Duration::from_secs(10);

/// A message as everyone in the room sees it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    name: String,
    message: String,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    sent_at: f64,
}

/// One room for everyone.
pub(crate) struct Room {
    /// Tells this run of the server from others: part of every event id.
    epoch: String,
    log: Mutex<Log>,
    /// The number of the next message, for those who wait for it.
    next: watch::Sender<u64>,
    recent_sends: Mutex<HashMap<String, VecDeque<Instant>>>,
}

/// The last messages. The first of them has the number `first`.
#[derive(Default)]
struct Log {
    first: u64,
    messages: VecDeque<Message>,
}

impl Room {
    /// An empty room.
    pub(crate) fn new() -> Self {
        Self {
            epoch: format!("{:x}", since_1970().as_nanos()),
            log: Mutex::default(),
            next: watch::Sender::new(0),
            recent_sends: Mutex::default(),
        }
    }

    /// Says something to everyone who follows.
    pub(crate) fn say(&self, name: String, message: String) {
        let sent_at = since_1970().as_millis() as f64;
        let next = {
            let mut log = lock(&self.log);
            log.messages.push_back(Message { name, message, sent_at });
            if log.messages.len() > KEPT {
                log.messages.pop_front();
                log.first += 1;
            }
            log.next()
        };
        self.next.send_replace(next);
    }

    /// Whether the author may send now, or else how long to wait.
    pub(crate) fn admit(&self, name: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let mut recent = lock(&self.recent_sends);
        recent.retain(|_, sends| {
            sends.retain(|sent| now.duration_since(*sent) < WINDOW);
            !sends.is_empty()
        });
        let sends = recent.entry(name.to_owned()).or_default();
        if sends.len() >= PER_WINDOW {
            return Err(WINDOW.saturating_sub(now.duration_since(sends[0])));
        }
        sends.push_back(now);
        Ok(())
    }

    /// The messages after the event `last`. Without one, or with one of another
    /// run of the server, the most recent messages come first.
    pub(crate) fn follow(&self, last: Option<&str>) -> impl Stream<Item = Event<Message>> {
        let next = lock(&self.log).next();
        let first = match last.and_then(|id| self.number_of(id)) {
            Some(seen) if seen < next => seen + 1,
            _ => next.saturating_sub(SHOWN_TO_NEWCOMERS),
        };
        let news = self.next.subscribe();
        stream::unfold((first, news), move |(number, mut news)| async move {
            // The sender lives as long as the room.
            news.wait_for(|next| *next > number).await.ok()?;
            let (number, message) = lock(&self.log).at(number)?;
            let event = Event::new(message).id(format!("{}-{number}", self.epoch));
            Some((event, (number + 1, news)))
        })
    }

    /// The number in an event id of this run.
    fn number_of(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.epoch)?.strip_prefix('-')?.parse().ok()
    }
}

impl Log {
    fn next(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    /// The message of that number, or the oldest one that is still kept.
    fn at(&self, number: u64) -> Option<(u64, Message)> {
        let number = number.max(self.first);
        let index = usize::try_from(number - self.first).ok()?;
        self.messages.get(index).map(|message| (number, message.clone()))
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A room goes on after a panic: its state is whole between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
