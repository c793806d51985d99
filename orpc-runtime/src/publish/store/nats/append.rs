//! Appending to a channel.
//!
//! An event is appended behind the entry that was read as the last one, or not at all: the server compares the sequence of
//! the last message on the subject.
//!
//! The record of an idempotency key says behind which entry its event is appended. It is written before the event, and
//! moved only when another entry is behind that one: of all attempts to publish with one key, by any process and at any
//! time, only one can have succeeded. The window in which the server itself recognises messages is not used: it does not
//! tell the id of an event that was trimmed.

use std::sync::Arc;

use bytes::Bytes;

use super::Nats;
use super::entry::{Entry, Floor, Head, KeyRecord, Term};
use super::link::{Link, Stored};
use super::log::Log;
use crate::clock::Instant;
use crate::connection::CallError;
use crate::publish::error::{PublishError, StoreError, StoreErrorKind};
use crate::publish::id::EventId;
use crate::publish::store::copied::{Appended, WAIT, fresh_epoch};
use crate::publish::store::{NewEvent, Record};

/// Error of an append.
enum AppendError {
    /// The server did not answer before the event was sent.
    Again(StoreError),
    /// Other processes append to the channel all the time.
    Busy(StoreError),
    Publish(PublishError),
}

/// Error of a request before the event is sent.
impl From<CallError> for AppendError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Lost(error) => Self::Again(error),
            CallError::Refused(error) => Self::Publish(PublishError::Failed(error)),
        }
    }
}

/// An idempotency key that is being published with.
struct Key<'k> {
    text: &'k str,
    subject: String,
    /// Sequence of its record; 0 if there is none.
    seq: u64,
    /// Sequence of the entry behind which an attempt was recorded.
    behind: Option<u64>,
}

impl Nats {
    /// Appends an event. Until it is sent, requests that are not answered are repeated, over further connections, for
    /// at most [`WAIT`].
    pub(super) async fn append_to(
        &self,
        mut link: Link,
        event: &NewEvent,
        known: u64,
    ) -> Result<Appended, PublishError> {
        let until = Instant::now() + WAIT;
        loop {
            let error = match self.append_in_turn(&link, event, known, until).await {
                Ok(appended) => return Ok(appended),
                Err(AppendError::Publish(error)) => return Err(error),
                // Another process may publish with the key.
                Err(AppendError::Busy(error)) if event.key.is_some() => {
                    return Err(PublishError::OutcomeUnknown(Some(error)));
                }
                Err(AppendError::Busy(error)) => return Err(PublishError::Failed(error)),
                Err(AppendError::Again(error)) => error,
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(PublishError::Failed(error));
            }
            link = self.contact.link(left).await.map_err(PublishError::Failed)?;
        }
    }

    /// Appends an event once no other one is appended to the channel by this process.
    async fn append_in_turn(
        &self,
        link: &Link,
        event: &NewEvent,
        known: u64,
        until: Instant,
    ) -> Result<Appended, AppendError> {
        let log = Log::new(link, &event.channel);
        let asked = Instant::now();
        let mut failed = log.place.turn.lock().await;
        // The events that wait for one that fails do not fail one after the other.
        if let Some((at, error)) = &*failed
            && *at >= asked
            && Instant::now() >= until
        {
            return Err(AppendError::Again(error.clone()));
        }
        let appended = self.append_over(&log, event, known).await;
        *failed = match &appended {
            Err(AppendError::Again(error) | AppendError::Busy(error)) => {
                Some((Instant::now(), error.clone()))
            }
            _ => None,
        };
        appended
    }

    async fn append_over(
        &self,
        log: &Log<'_>,
        event: &NewEvent,
        known: u64,
    ) -> Result<Appended, AppendError> {
        let (link, until) = (log.link, Instant::now() + WAIT);
        let subject = |key: &Arc<str>| link.stream().key(&event.channel, key);
        let mut key = event.key.as_ref().map(|key| Key {
            text: key,
            subject: subject(key),
            seq: 0,
            behind: None,
        });
        let mut last = log.place.last();
        let mut is_repeated = false;
        loop {
            if std::mem::replace(&mut is_repeated, true) && Instant::now() >= until {
                let message = "has further events of the channel before one can be appended";
                let error = self.contact.fault(StoreErrorKind::Unavailable, message);
                return Err(AppendError::Busy(error));
            }
            let mut record = None;
            if let Some(key) = &key {
                // An attempt is recorded behind the entry that is the last one at the moment.
                let both = futures::future::try_join(link.last(&key.subject), log.last()).await;
                (record, last) = both?;
            } else if last.is_none() {
                last = log.last().await?;
            }
            let now = self.now(link);
            if let Some(key) = &mut key
                && let Some(id) = self.look_up(log, key, record, last.as_ref(), now).await?
            {
                return Ok(Appended::Known(id));
            }
            if let Some(key) = &mut key
                && let Some(behind) = key.behind
                && last.as_ref().map_or(0, |last| last.seq) != behind
            {
                last = log.last().await?;
                let end = last.as_ref().map_or(0, |last| last.seq);
                if end > behind {
                    continue;
                }
                // If that entry was removed, nothing is appended behind it any more.
                key.behind = key.behind.filter(|behind| *behind == end);
            }
            let mut head = self.next_head(log, event, known, last.as_ref(), now).await?;
            if let Some(key) = &mut key
                && !self.record(log, key, &head).await?
            {
                // Another process publishes with the key.
                continue;
            }
            let purge = head.purge(&self.limits);
            let payload = Entry::payload(&head, &event.envelope).map_err(|error| {
                AppendError::Publish(PublishError::Unserialisable(error.into()))
            })?;
            let stored = link.append(log.subject.clone(), head.behind, payload).await;
            let stored = stored.map_err(|error| {
                AppendError::Publish(match error {
                    CallError::Lost(error) => PublishError::OutcomeUnknown(Some(error)),
                    CallError::Refused(error) => PublishError::Failed(error),
                })
            })?;
            let seq = match stored {
                Stored::At(seq) => seq,
                Stored::Unexpected => {
                    last = log.last().await?;
                    continue;
                }
                Stored::Nowhere(error) => return Err(AppendError::Again(error)),
            };
            let (id, earliest) = (head.id, head.floor.earliest);
            log.place.saw(&Entry::new(seq, head, event.envelope.clone()));
            if let Some(key) = key {
                self.confirm(log, &key, id).await;
            }
            if let Some(before) = purge {
                link.purge(&log.subject, before).await;
            }
            return Ok(Appended::New(id, earliest));
        }
    }

    /// Returns the state of the channel with the event.
    async fn next_head(
        &self,
        log: &Log<'_>,
        event: &NewEvent,
        known: u64,
        last: Option<&Entry>,
        now: u64,
    ) -> Result<Head, AppendError> {
        let run = log.link.run();
        let fresh =
            || fresh_epoch().map_err(|error| AppendError::Publish(PublishError::Failed(error)));
        let mut head = match last {
            None => Head::begin(known, fresh()?, run, now),
            Some(last) => {
                let (age, wall) = last.moment(now, &self.limits);
                let floor = self.floor(log, last, age).await?;
                let head = (*last.head).clone();
                Head { behind: last.seq, before: last.total(), age, wall, floor, ..head }
            }
        };
        let number = head.id.sequence() + 1;
        if number >= u64::MAX - 1 {
            return Err(AppendError::Publish(PublishError::no_numbers()));
        }
        let mut epoch = head.terms.last().map_or(head.id.epoch(), |term| term.1);
        // Another process of the server may have lost its last entries.
        if head.run != run {
            (epoch, head.run) = (fresh()?, run.to_owned());
        }
        if head.terms.last().is_none_or(|term| term.1 != epoch) {
            head.terms.push(Term(number, epoch));
        }
        if head.floor.earliest == number {
            head.floor = Floor {
                earliest: number,
                seq: head.behind + 1,
                age: head.age,
                before: head.before,
            };
        }
        head.floor = self.trimmed(log, last, &head, number, Record::of(event).weight()).await?;
        head.id = EventId::new(epoch, number);
        head.is_mark = false;
        head.last = head.age;
        head.key = event.key.as_deref().map(str::to_owned);
        head.audience = event.audience.as_deref().cloned();
        head.forget_terms();
        Ok(head)
    }

    /// Returns the oldest event once the one of that number and weight is appended.
    async fn trimmed(
        &self,
        log: &Log<'_>,
        last: Option<&Entry>,
        head: &Head,
        number: u64,
        weight: u64,
    ) -> Result<Floor, CallError> {
        let (limits, floor) = (&self.limits, head.floor);
        let total = head.before.saturating_add(weight);
        let (count, bytes) = (number - floor.earliest + 1, total - floor.before);
        // A part is trimmed at once.
        let least = if count > limits.events {
            number - (limits.events - limits.part_events())
        } else {
            floor.earliest
        };
        let before = if bytes > limits.bytes {
            total.saturating_sub(limits.bytes - limits.part_bytes())
        } else {
            floor.before
        };
        if least == floor.earliest && before == floor.before {
            return Ok(floor);
        }
        let Some(last) = last else { return Ok(floor) };
        let stays = |entry: &Entry| entry.number() >= least && entry.head.before >= before;
        let found = log.find(floor.seq, last, stays).await?;
        let alone =
            Floor { earliest: number, seq: last.seq + 1, age: head.age, before: head.before };
        Ok(found.map_or(alone, |found| found.floor()))
    }

    /// Returns the id of the event that was published with the key of that record; `None` if there
    /// is none, or none yet.
    async fn look_up(
        &self,
        log: &Log<'_>,
        key: &mut Key<'_>,
        found: Option<(u64, Bytes)>,
        last: Option<&Entry>,
        now: u64,
    ) -> Result<Option<EventId>, AppendError> {
        let (seq, record) = match found {
            None => (0, None),
            Some((seq, payload)) => {
                let record = serde_json::from_slice::<KeyRecord>(&payload);
                (seq, Some(record.map_err(|_| log.link.malformed())?))
            }
        };
        (key.seq, key.behind) = (seq, None);
        let age = last.map_or(0, |last| last.moment(now, &self.limits).0);
        let is_kept = |record: &KeyRecord| record.age.saturating_add(self.limits.age) >= age;
        let Some(record) = record.filter(is_kept) else { return Ok(None) };
        if record.id.is_some() {
            return Ok(record.id);
        }
        match log.next(record.behind + 1).await? {
            None => {
                // It may be on its way still: this attempt and that one exclude each other.
                key.behind = Some(record.behind);
                Ok(None)
            }
            Some(entry) if !entry.head.is_mark && entry.head.key.as_deref() == Some(key.text) => {
                self.confirm(log, key, entry.head.id).await;
                Ok(Some(entry.head.id))
            }
            Some(entry) if entry.head.behind == record.behind => Ok(None),
            Some(_) => {
                let message =
                    "does not tell any more if the event of an idempotency key was published";
                let error = self.contact.fault(StoreErrorKind::Unavailable, message);
                Err(AppendError::Publish(PublishError::OutcomeUnknown(Some(error))))
            }
        }
    }

    /// Records that the event of a key is appended as `head`. Returns `false` if another process
    /// has recorded something in the meantime.
    async fn record(
        &self,
        log: &Log<'_>,
        key: &mut Key<'_>,
        head: &Head,
    ) -> Result<bool, AppendError> {
        if key.behind == Some(head.behind) {
            return Ok(true);
        }
        let record = KeyRecord { age: head.age, behind: head.behind, id: None };
        let stored =
            log.link.append(key.subject.clone(), key.seq, self.payload(log, &record)?).await?;
        match stored {
            Stored::At(seq) => {
                (key.seq, key.behind) = (seq, Some(head.behind));
                Ok(true)
            }
            Stored::Unexpected => Ok(false),
            Stored::Nowhere(error) => Err(AppendError::Again(error)),
        }
    }

    /// Records the id of the event of a key. If that is lost, it is found behind its entry.
    async fn confirm(&self, log: &Log<'_>, key: &Key<'_>, id: EventId) {
        let age = log.place.last().map_or(0, |last| last.head.age);
        let record = KeyRecord { age, behind: 0, id: Some(id) };
        if let Ok(payload) = self.payload(log, &record) {
            log.link.append_unanswered(key.subject.clone(), key.seq, payload).await;
        }
    }

    fn payload(&self, log: &Log<'_>, record: &KeyRecord) -> Result<Bytes, CallError> {
        let payload = serde_json::to_vec(record).map_err(|_| log.link.malformed())?;
        Ok(payload.into())
    }
}
