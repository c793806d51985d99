//! The log of a channel on the server: its extent, and reading from it.

use std::sync::Arc;

use bytes::Bytes;

use super::Nats;
use super::entry::{Entry, Floor, Head};
use super::link::{Link, Stored};
use super::place::Place;
use crate::connection::CallError;
use crate::publish::id::EventId;
use crate::publish::log::Extent;
use crate::publish::store::Record;
use crate::publish::store::copied::{Found, fresh_epoch};

/// Maximum number of entries that are read before the wanted one, instead of searching on.
const NEAR: u64 = 16;

/// Bytes of the headers of an entry, which the server counts.
const HEADERS: u64 = 64;

/// Number of attempts to read a channel that changes in the meantime.
const ATTEMPTS: usize = 16;

/// A channel on the server, over one connection.
pub(super) struct Log<'l> {
    pub(super) link: &'l Link,
    pub(super) place: Arc<Place>,
    pub(super) subject: String,
}

impl<'l> Log<'l> {
    pub(super) fn new(link: &'l Link, channel: &str) -> Self {
        Self { link, place: link.place(channel), subject: link.stream().entries(channel) }
    }

    fn entry(&self, message: Option<(u64, Bytes)>) -> Result<Option<Entry>, CallError> {
        let Some((seq, payload)) = message else { return Ok(None) };
        Entry::read(seq, &payload).map(Some).ok_or_else(|| self.link.malformed())
    }

    /// Reads the last entry.
    pub(super) async fn last(&self) -> Result<Option<Entry>, CallError> {
        let last = self.entry(self.link.last(&self.subject).await?)?;
        match &last {
            Some(last) => self.place.saw(last),
            None => self.place.forget(),
        }
        Ok(last)
    }

    /// Reads the first entry from that sequence on.
    pub(super) async fn next(&self, seq: u64) -> Result<Option<Entry>, CallError> {
        self.entry(self.link.next(&self.subject, seq).await?)
    }

    /// Finds the first entry for which `is` holds, which holds for all later ones as well. All
    /// before `low` are known to be others. If `last` is not one, there is none.
    pub(super) async fn find(
        &self,
        mut low: u64,
        last: &Entry,
        is: impl Fn(&Entry) -> bool,
    ) -> Result<Option<Entry>, CallError> {
        if !is(last) {
            return Ok(None);
        }
        let (mut found, mut high) = (last.clone(), last.seq);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.next(middle).await? {
                Some(entry) if entry.seq <= last.seq && !is(&entry) => low = entry.seq + 1,
                Some(entry) if entry.seq <= last.seq => {
                    high = middle;
                    found = entry;
                }
                // It was removed in the meantime.
                _ => high = middle,
            }
        }
        Ok(Some(found))
    }
}

impl Nats {
    /// Returns the oldest event that is not too old at that age of the channel.
    pub(super) async fn floor(
        &self,
        log: &Log<'_>,
        last: &Entry,
        age: u64,
    ) -> Result<Floor, CallError> {
        let (limits, floor) = (&self.limits, log.place.floor(last));
        let number = last.head.id.sequence();
        let is_old = |at: u64| at.saturating_add(limits.age) < age;
        if floor.earliest > number || !is_old(floor.age.saturating_add(limits.slack())) {
            return Ok(floor);
        }
        let behind = Floor { earliest: number + 1, seq: last.seq + 1, age, before: last.total() };
        let floor = if is_old(last.head.last) {
            behind
        } else {
            let found = log.find(floor.seq, last, |entry| !is_old(entry.head.age)).await?;
            found.map_or(behind, |found| found.floor())
        };
        log.place.set_floor(last.head.id.epoch(), floor);
        Ok(floor)
    }

    /// Returns the extent of a channel. It is begun if it does not exist, and kept if it would be
    /// removed soon: both by a mark.
    pub(super) async fn extent_of(
        &self,
        link: &Link,
        channel: &str,
        known: u64,
    ) -> Result<Extent, CallError> {
        let log = Log::new(link, channel);
        for _ in 0..ATTEMPTS {
            let now = self.now(link);
            let last = log.last().await?;
            let mark = match &last {
                None => {
                    let fresh = fresh_epoch().map_err(CallError::Refused)?;
                    Head::begin(known, fresh, link.run(), now)
                }
                Some(last) => {
                    let (age, wall) = last.moment(now, &self.limits);
                    let floor = self.floor(&log, last, age).await?;
                    if age.saturating_sub(last.head.age) <= self.limits.age {
                        return last.head.extent(&floor).ok_or_else(|| link.malformed());
                    }
                    let mut mark = Head {
                        is_mark: true,
                        behind: last.seq,
                        floor,
                        before: last.total(),
                        age,
                        wall,
                        key: None,
                        audience: None,
                        ..(*last.head).clone()
                    };
                    mark.forget_terms();
                    mark
                }
            };
            let payload = Entry::payload(&mark, b"").map_err(|_| link.malformed())?;
            // The mark of this process or of another one is read in the next round.
            match link.append(log.subject.clone(), mark.behind, payload).await? {
                Stored::At(_) | Stored::Unexpected => {}
                Stored::Nowhere(error) => return Err(CallError::Lost(error)),
            }
        }
        Err(CallError::Lost(self.contact.silent()))
    }

    /// Reads events up to that number of bytes together.
    pub(super) async fn read_from(
        &self,
        link: &Link,
        channel: &str,
        (first, last): (u64, u64),
        bytes: u64,
    ) -> Result<Found, CallError> {
        let log = Log::new(link, channel);
        let (before, behind) = log.place.hints(first);
        let mut seq = match before {
            Some((number, seq)) if first - number <= NEAR => seq,
            _ => match self.seq_of(&log, first, before.map(|(_, seq)| seq), behind).await? {
                Some(seq) => seq,
                None => return Ok(Found::Events(Vec::new())),
            },
        };
        let mut reading = Reading {
            log: &log,
            next: first,
            behind: seq,
            taken: 0,
            passed: 0,
            events: Vec::new(),
        };
        // A small rest is not worth a request.
        while reading.next <= last && reading.taken <= bytes / 4 * 3 {
            // Marks and the events before are read as well.
            let count = (last - reading.next + 1).saturating_add(NEAR);
            let room = log.place.room(bytes - reading.taken);
            let messages = link.batch(&log.subject, seq, count, room).await?;
            let Some((end, _)) = messages.last() else { break };
            seq = end + 1;
            let goes_on = reading.take_all(messages, last, bytes)?;
            log.place.measure(reading.passed, reading.taken);
            if !goes_on {
                break;
            }
        }
        let Reading { next, behind, taken, events, .. } = reading;
        if events.is_empty() && taken > bytes {
            return Ok(Found::TooLarge(taken));
        }
        if !events.is_empty() {
            log.place.hint(next, behind);
        }
        Ok(Found::Events(events))
    }

    /// Returns a sequence from which on an event of that number is among the next few; `None` if
    /// there is none.
    async fn seq_of(
        &self,
        log: &Log<'_>,
        number: u64,
        low: Option<u64>,
        high: Option<u64>,
    ) -> Result<Option<u64>, CallError> {
        let Some(last) = log.last().await? else { return Ok(None) };
        let floor = last.head.floor.seq;
        let mut low = low.unwrap_or(floor).max(floor);
        let mut high = high.unwrap_or(last.seq + 1).min(last.seq + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match log.next(middle).await? {
                Some(entry) if entry.number() <= number => {
                    low = entry.seq;
                    if number - entry.number() <= NEAR {
                        break;
                    }
                    low += 1;
                }
                _ => high = middle,
            }
        }
        Ok(Some(low))
    }
}

/// Events that are being read.
struct Reading<'l> {
    log: &'l Log<'l>,
    /// Number of the next event.
    next: u64,
    /// Sequence behind the last event.
    behind: u64,
    /// Bytes of the events, or of the first one if it is too large.
    taken: u64,
    /// Bytes of their messages.
    passed: u64,
    events: Vec<(EventId, Record)>,
}

impl Reading<'_> {
    /// Takes the events of messages up to the one of that number, and up to that number of bytes together. Returns `false`
    /// if those behind them are not to be read.
    fn take_all(
        &mut self,
        messages: Vec<(u64, Bytes)>,
        last: u64,
        bytes: u64,
    ) -> Result<bool, CallError> {
        let log = self.log;
        for (seq, payload) in messages {
            let event = Entry::read_event(&payload).ok_or_else(|| log.link.malformed())?;
            let Some((id, record)) = event else { continue };
            if id.sequence() < self.next {
                continue;
            }
            if id.sequence() > self.next {
                if self.events.is_empty()
                    && let Some(entry) = log.entry(Some((seq, payload)))?
                {
                    // The events before it are gone.
                    log.place.set_floor(id.epoch(), entry.floor());
                }
                return Ok(false);
            }
            let taken = self.taken.saturating_add(record.weight());
            if taken > bytes {
                if self.events.is_empty() {
                    self.taken = taken;
                }
                return Ok(false);
            }
            self.taken = taken;
            self.passed += (log.subject.len() + payload.len()) as u64 + HEADERS;
            self.events.push((id, record));
            (self.next, self.behind) = (self.next + 1, seq + 1);
            if self.next > last {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
