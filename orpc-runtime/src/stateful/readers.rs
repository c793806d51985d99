//! A channel of a publisher as an object of its own, whose readers are connections that outlive it.
//!
//! All that is known of a reader is kept with its connection: an object that is created again goes
//! on where the former one was. A reader that does not read is sent no more than a window; what
//! follows stays in the log.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::log::{Appended, EventLog, Keys, Limits, LoggedEvent, SharedLog};
use super::storage::Storage;
use super::{StorageError, store_error};
use crate::core::{Code, Error};
use crate::publish::{
    EventId, Gap, Mark, Message, NewEvent, PublishError, PublisherBuilder, ReadMessage, Start,
    Window, write_outcome,
};

/// Maximum number of events of one read.
const PAGE: usize = 16;

/// Fraction of the retention that passes between two removals of old events, at least.
const STEPS: u32 = 16;

/// The connection of a reader to the object of its channel, as a host has it. It may outlive the
/// object in memory.
pub trait ReaderSocket {
    /// Returns what was kept; `None` if nothing was.
    fn kept(&self) -> Option<Bytes>;

    /// Keeps at most 200 bytes of UTF-8 for as long as the connection is open.
    fn keep(&self, state: Bytes);

    /// Sends a message, unless the connection has ended.
    fn send(&self, message: &str);

    /// Ends the connection. The reader opens another.
    fn close(&self);
}

/// A channel of a publisher that is an object of its own, such as a Durable Object, with its events
/// in the storage: the other side of [`RemoteChannels`](crate::publish::RemoteChannels). For hosts.
pub struct PublisherChannel {
    storage: Storage,
    limits: Limits,
    log: Arc<SharedLog>,
    /// `true` if the alarm is known to be set.
    has_alarm: Mutex<bool>,
}

/// The state of a reader, kept with its connection.
#[derive(Serialize, Deserialize)]
struct Reading {
    /// Events that it has read.
    #[serde(rename = "r")]
    read: Mark,
    /// The event behind which it is to be sent more, unless it was sent all.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    sent: Option<Sent>,
}

/// The last event that was sent to a reader, and the bytes of all up to it.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Sent(EventId, u64);

impl Sent {
    fn mark(self) -> Mark {
        Mark { sequence: self.0.sequence(), total: self.1 }
    }
}

impl Reading {
    fn of(socket: &impl ReaderSocket) -> Option<Self> {
        serde_json::from_slice(&socket.kept()?).ok()
    }

    fn has_room(&self, sent: Sent) -> bool {
        Window::has_room(self.read, sent.mark())
    }

    fn keep(&self, socket: &impl ReaderSocket) -> Result<(), StorageError> {
        socket.keep(write(self)?.into());
        Ok(())
    }
}

fn write(value: &impl Serialize) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|error| StorageError::failed(error.to_string()))
}

fn event(event: &LoggedEvent) -> Result<String, StorageError> {
    let read = serde_json::from_slice(&event.envelope);
    let value = read.map_err(|error| StorageError::failed(error.to_string()))?;
    let audience = event.audience.as_deref().cloned();
    write(&Message::Event { id: event.id, total: event.total, event: value, audience })
}

impl PublisherChannel {
    /// Creates the channel of an object. Retention and limits are those of the settings: their
    /// time, their numbers of events and bytes. Entries of the storage whose keys begin with `orpc/`,
    /// and the alarm, belong to it.
    pub fn new(storage: Storage, settings: &PublisherBuilder) -> Self {
        let limits = Limits {
            retention: settings.retention,
            events: settings.max_events,
            bytes: settings.max_bytes,
        };
        let log = SharedLog::of(&storage, Keys::PUBLISHER, limits);
        Self { storage, limits, log, has_alarm: Mutex::default() }
    }

    /// Publishes the event of a request, [`NewEvent`] as JSON, and sends it to the readers. Returns
    /// the response.
    ///
    /// # Errors
    /// If the request is not an event.
    pub async fn publish<S: ReaderSocket>(
        &self,
        request: &[u8],
        readers: impl Fn() -> Vec<S>,
    ) -> Result<Bytes, Error> {
        let event = serde_json::from_slice(request).map_err(|_| Code::BadRequest)?;
        Ok(write_outcome(self.publishes(&event, readers).await)?)
    }

    /// Reads the outcome of publishing from the response.
    ///
    /// # Errors
    /// As [`Publish`](crate::publish::Publish); the outcome is unknown if the response is none of a
    /// channel.
    pub fn published(response: &[u8]) -> Result<EventId, PublishError> {
        crate::publish::read_outcome(response)
    }

    async fn publishes<S: ReaderSocket>(
        &self,
        new: &NewEvent,
        readers: impl Fn() -> Vec<S>,
    ) -> Result<EventId, PublishError> {
        let failed = |error: StorageError| PublishError::Failed(store_error(error));
        let mut log = self.log.lock().await.map_err(failed)?;
        // Before the event is stored, so that nothing is awaited between that and its delivery.
        self.arm().await.map_err(failed)?;
        let before = Sent(log.head(), log.total(log.head()).await.map_err(failed)?);
        match log.append(new).await {
            Ok(Appended::Known(id)) => Ok(id),
            Ok(Appended::New(stored)) => {
                let message = event(&stored);
                for socket in readers() {
                    match &message {
                        Ok(message) => deliver(&socket, message, before),
                        Err(_) => socket.close(),
                    }
                }
                Ok(stored.id)
            }
            Err(error) => {
                if matches!(error, PublishError::OutcomeUnknown(_)) {
                    // Nobody knows what was stored: readers come back with their positions.
                    readers().iter().for_each(ReaderSocket::close);
                }
                Err(error)
            }
        }
    }

    /// Opens the connection of a reader, which is open, and sends the events that are stored.
    ///
    /// # Errors
    /// If the request is none of a reader, which is BAD_REQUEST; if the storage fails.
    pub async fn open(&self, request: &str, socket: &impl ReaderSocket) -> Result<(), Error> {
        let start = Start::of_request(request).ok_or(Code::BadRequest)?;
        let log = self.log.without_old().await?;
        let position = match start {
            Start::Latest => Ok(log.head()),
            Start::Earliest => Ok(log.start()),
            Start::After(last) => log.position(last).await?,
        };
        let id = position.as_ref().map_or_else(Gap::resume, |id| *id);
        let sent = Sent(id, log.total(id).await?);
        let message = match position {
            Ok(id) => Message::At { id, total: sent.1 },
            Err(gap) => Message::Gap { gap: gap.data(), total: sent.1 },
        };
        socket.send(&write(&message)?);
        catch_up(&log, socket, Reading { read: sent.mark(), sent: Some(sent) }).await?;
        Ok(())
    }

    /// Receives the message of a reader, which has read events.
    ///
    /// # Errors
    /// If the storage fails: the connection is to be closed.
    pub async fn receive(
        &self,
        message: &[u8],
        socket: &impl ReaderSocket,
    ) -> Result<(), StorageError> {
        let invalid = || StorageError::failed("a message is none of a reader");
        let read: ReadMessage = serde_json::from_slice(message).map_err(|_| invalid())?;
        let log = self.log.without_old().await?;
        let reading = Reading::of(socket).ok_or_else(invalid)?;
        catch_up(&log, socket, Reading { read, ..reading }).await
    }

    /// Removes old events, and sets the alarm for the next ones.
    ///
    /// # Errors
    /// If the storage fails: it is to be called again.
    pub async fn alarm(&self) -> Result<(), StorageError> {
        *self.has_alarm.lock().await = false;
        let due = self.log.without_old().await?.due();
        match due {
            Some(due) => self.storage.set_alarm_in(due.max(self.limits.retention / STEPS)).await?,
            None => self.storage.delete_alarm().await?,
        }
        *self.has_alarm.lock().await = due.is_some();
        Ok(())
    }

    /// Sets the alarm for an event that is stored now, unless it is set.
    async fn arm(&self) -> Result<(), StorageError> {
        let mut has_alarm = self.has_alarm.lock().await;
        if !*has_alarm {
            if self.storage.alarm().await?.is_none() {
                self.storage.set_alarm_in(self.limits.retention).await?;
            }
            *has_alarm = true;
        }
        Ok(())
    }
}

/// Sends an event to a reader that has had all before.
fn deliver(socket: &impl ReaderSocket, message: &str, before: Sent) {
    // One that is being opened has nothing kept, and reads the event from the log.
    let Some(reading) = Reading::of(socket).filter(|reading| reading.sent.is_none()) else {
        return;
    };
    if Window::has_room(reading.read, before.mark()) {
        return socket.send(message);
    }
    let behind = Reading { sent: Some(before), ..reading };
    if behind.keep(socket).is_err() {
        socket.close();
    }
}

/// Sends a reader the events that it was not sent, while its window has room.
async fn catch_up(
    log: &EventLog,
    socket: &impl ReaderSocket,
    mut reading: Reading,
) -> Result<(), StorageError> {
    while let Some(Sent(position, _)) = reading.sent.filter(|sent| reading.has_room(*sent)) {
        match log.read(position, PAGE).await? {
            Ok(events) => {
                if events.is_empty() {
                    reading.sent = None;
                }
                for stored in events {
                    if !reading.sent.is_some_and(|sent| reading.has_room(sent)) {
                        break;
                    }
                    socket.send(&event(&stored)?);
                    reading.sent = Some(Sent(stored.id, stored.total));
                }
            }
            Err(gap) => {
                let total = log.total(gap.resume()).await?;
                socket.send(&write(&Message::Gap { gap: gap.data(), total })?);
                reading.sent = Some(Sent(gap.resume(), total));
            }
        }
    }
    reading.keep(socket)
}

impl std::fmt::Debug for PublisherChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublisherChannel").field("limits", &self.limits).finish_non_exhaustive()
    }
}
