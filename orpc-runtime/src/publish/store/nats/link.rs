//! A connection to the server, and requests over it.

#[cfg(all(feature = "durable", feature = "websocket"))]
mod clients;
mod connect;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_nats::{Client, HeaderMap, Message, RequestErrorKind};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub(super) use self::connect::connect;
use super::Nats;
use super::entry::Entry;
use super::place::{Place, Places};
use super::stream::{Foreign, Stream};
use crate::clock::{self, Instant};
use crate::connection::{self, ANSWER, CallError, Contact};
use crate::publish::error::{StoreError, StoreErrorKind};
use crate::publish::store::copied::Announce;
use crate::task::AbortHandle;
use crate::value::Date;

/// Number of messages that wait for one subscription; further ones are dropped, and read later.
const WAITING: usize = 4096;

/// Names of headers of the server.
pub(super) const EXPECTED: &str = "Nats-Expected-Last-Subject-Sequence";
const SEQUENCE: &str = "Nats-Sequence";
const TIME_TO_LIVE: &str = "Nats-TTL";

/// A connection. It ends with its first failure: what was sent over it is not sent again.
#[derive(Clone)]
pub(super) struct Link(Arc<Inner>);

struct Inner {
    client: Client,
    number: u64,
    lost: CancellationToken,
    contact: Arc<Contact<Link>>,
    /// The server has refused something to the user.
    is_refused: Arc<AtomicBool>,
    stream: Stream,
    /// The process of the server.
    run: String,
    /// Time of the server in ms since 1970, and when it was asked for.
    time: Mutex<(u64, Instant)>,
    places: OnceLock<Arc<Places>>,
    /// Number of answers that have come.
    answers: AtomicU64,
    /// The tasks that take announcements.
    tasks: Mutex<HashMap<Arc<str>, AbortHandle>>,
    announce: Announce<Nats>,
    #[cfg(all(feature = "durable", feature = "websocket"))]
    prefix: Box<str>,
    #[cfg(all(feature = "durable", feature = "websocket"))]
    clients: tokio::sync::OnceCell<super::clients::ClientStreams>,
}

/// Outcome of appending a message.
pub(super) enum Stored {
    /// It has that sequence.
    At(u64),
    /// The last message on the subject is not the expected one.
    Unexpected,
    /// There is no such stream, and the connection is not used any more.
    Nowhere(StoreError),
}

/// Answer of the server to a message or a request.
#[derive(Deserialize)]
struct Answer {
    seq: Option<u64>,
    error: Option<Failure>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Failure {
    err_code: u32,
    description: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.description, self.err_code)
    }
}

impl std::error::Error for Failure {}

/// Codes of failures.
const NO_STREAM: u32 = 10059;
const NAME_IN_USE: u32 = 10058;
const WRONG_LAST: [u32; 2] = [10071, 10164];
const FULL: [u32; 6] = [10002, 10023, 10028, 10047, 10077, 10122];
const TOO_LARGE: u32 = 10054;

/// Ends the tasks that take announcements, which keep the connection open.
impl Drop for Inner {
    fn drop(&mut self) {
        self.lost.cancel();
    }
}

impl connection::Link for Link {
    fn number(&self) -> u64 {
        self.0.number
    }

    fn lost(&self) -> &CancellationToken {
        &self.0.lost
    }

    fn answers(&self) -> u64 {
        self.0.answers.load(Ordering::Relaxed)
    }
}

fn refused(contact: &Contact<Link>) -> StoreError {
    contact.fault(StoreErrorKind::Refused, "refuses the user: check the permissions")
}

impl Inner {
    /// Looks for the stream, and makes it if there is none.
    async fn find_stream(&self, prefix: &str, max_age: u64) -> Result<Stream, StoreError> {
        let name = self.stream.name.clone();
        let config = |part| Stream::new(prefix, part).config(max_age);
        let mut info = self.find_or_make(&name, config).await?;
        let stream = Stream::of(&name, &info["config"]).map_err(|Foreign| self.foreign())?;
        self.set_time(&info);
        // Other processes may have a shorter retention.
        let kept = info["config"]["max_age"].as_u64().unwrap_or(0);
        if kept != 0 && kept < max_age {
            info["config"]["max_age"] = max_age.into();
            let updated = self.ask("STREAM.UPDATE", &name, &info["config"]).await?;
            updated.map_err(|failure| self.failed(failure))?;
        }
        Ok(stream)
    }

    /// Returns the server's description of a stream, which is made if there is none, with a random part.
    async fn find_or_make(
        &self,
        name: &str,
        config: impl Fn(u64) -> Value + Send,
    ) -> Result<Value, CallError> {
        // Others may make it or delete it in the meantime.
        for _ in 0..8 {
            match self.ask("STREAM.INFO", name, &Value::Null).await? {
                Ok(info) => return Ok(info),
                Err(failure) if failure.err_code == NO_STREAM => {
                    let part = random_part().map_err(CallError::Refused)?;
                    match self.ask("STREAM.CREATE", name, &config(part)).await? {
                        Err(failure) if failure.err_code != NAME_IN_USE => {
                            return Err(self.failed(failure));
                        }
                        _ => {}
                    }
                }
                Err(failure) => return Err(self.failed(failure)),
            }
        }
        Err(CallError::Lost(self.contact.silent()))
    }

    /// Returns the error of a stream that was made by others, or that others have changed.
    fn foreign(&self) -> StoreError {
        let message = "has another stream of the same name: set a key prefix";
        self.contact.fault(StoreErrorKind::Damaged, message)
    }

    fn set_time(&self, info: &Value) {
        if let Some(time) = info["ts"].as_str().and_then(millis_of) {
            *self.time.lock().unwrap_or_else(PoisonError::into_inner) = (time, Instant::now());
        }
    }

    /// Asks the interface of JetStream; answers are JSON.
    async fn ask(
        &self,
        what: &str,
        stream: &str,
        body: &Value,
    ) -> Result<Result<Value, Failure>, CallError> {
        let subject = format!("$JS.API.{what}.{stream}");
        let payload = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let message = self.request(subject, HeaderMap::new(), payload).await?;
        let mut answer: Value =
            serde_json::from_slice(&message.payload).map_err(|_| self.malformed())?;
        match answer.get_mut("error").map(Value::take) {
            None => Ok(Ok(answer)),
            Some(failure) => serde_json::from_value(failure).map(Err).map_err(|_| self.malformed()),
        }
    }

    async fn request(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Message, CallError> {
        let answer = self.try_request(subject, headers, payload).await?;
        answer.ok_or_else(|| CallError::Lost(self.no_stream()))
    }

    fn no_stream(&self) -> StoreError {
        let message = "has lost a stream of the channels or their clients, or has no JetStream";
        self.contact.fault(StoreErrorKind::Unavailable, message)
    }

    fn answered(&self) {
        self.answers.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the answer to a request; `None` if nobody has got it.
    async fn try_request(
        &self,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Option<Message>, CallError> {
        let request = async_nats::Request::new().payload(payload).headers(headers);
        let request = self.client.send_request(subject, request);
        let Some(answer) = self.lost.run_until_cancelled(request).await else {
            return Err(CallError::Lost(self.contact.silent()));
        };
        match answer {
            Ok(answer) => {
                self.answered();
                Ok(Some(answer))
            }
            Err(error) if error.kind() == RequestErrorKind::NoResponders => {
                // The stream was deleted: it is made anew over the next connection.
                self.lost.cancel();
                Ok(None)
            }
            Err(error) if error.kind() == RequestErrorKind::MaxPayloadExceeded => {
                let message = "takes no message of that size: raise `max_payload`";
                let kind = StoreErrorKind::Refused;
                Err(CallError::Refused(self.contact.fault_by(kind, message, error)))
            }
            Err(_) if self.is_refused.load(Ordering::Acquire) => {
                Err(CallError::Lost(refused(&self.contact)))
            }
            Err(error) => {
                self.lost.cancel();
                let kind = StoreErrorKind::Unavailable;
                Err(CallError::Lost(self.contact.fault_by(kind, "does not answer", error)))
            }
        }
    }

    fn malformed(&self) -> CallError {
        CallError::Refused(self.contact.malformed())
    }

    /// Returns the error of a request that the server has not executed.
    fn failed(&self, failure: Failure) -> CallError {
        let (kind, message) = match failure.err_code {
            code if FULL.contains(&code) => {
                (StoreErrorKind::Full, "has no room left for the stream")
            }
            TOO_LARGE => (StoreErrorKind::Refused, "takes no message of that size"),
            _ => (StoreErrorKind::Unavailable, "refuses the request"),
        };
        CallError::Refused(self.contact.fault_by(kind, message, failure))
    }
}

impl Link {
    pub(super) fn stream(&self) -> &Stream {
        &self.0.stream
    }

    pub(super) fn run(&self) -> &str {
        &self.0.run
    }

    pub(super) fn malformed(&self) -> CallError {
        self.0.malformed()
    }

    /// Returns the time of the server in ms since 1970.
    pub(super) fn now(&self) -> u64 {
        let (time, at) = *self.0.time.lock().unwrap_or_else(PoisonError::into_inner);
        time.saturating_add(crate::publish::clock::millis(at.elapsed()))
    }

    /// Returns `true` if the server answers, and has the stream of this connection.
    pub(super) async fn look(&self) -> bool {
        let link = &self.0;
        let name = &link.stream.name;
        match clock::timeout(connection::PATIENCE, link.ask("STREAM.INFO", name, &Value::Null))
            .await
        {
            Ok(Ok(Ok(info))) => {
                link.set_time(&info);
                Stream::of(name, &info["config"]).is_ok_and(|stream| stream == link.stream)
            }
            _ => false,
        }
    }

    /// Appends a message to a subject whose last message has that sequence; 0 if there is none.
    pub(super) async fn append(
        &self,
        subject: String,
        expected: u64,
        payload: Bytes,
    ) -> Result<Stored, CallError> {
        self.append_for(subject, expected, payload, None).await
    }

    /// Appends a message that the server removes after that number of seconds.
    pub(super) async fn append_for(
        &self,
        subject: String,
        expected: u64,
        payload: Bytes,
        seconds: Option<u64>,
    ) -> Result<Stored, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED, expected.to_string());
        if let Some(seconds) = seconds {
            headers.insert(TIME_TO_LIVE, seconds.to_string());
        }
        let Some(message) = self.0.try_request(subject, headers, payload).await? else {
            return Ok(Stored::Nowhere(self.0.no_stream()));
        };
        let answer: Answer =
            serde_json::from_slice(&message.payload).map_err(|_| self.malformed())?;
        match answer {
            Answer { error: Some(failure), .. } if WRONG_LAST.contains(&failure.err_code) => {
                Ok(Stored::Unexpected)
            }
            Answer { error: Some(failure), .. } => Err(self.0.failed(failure)),
            Answer { seq: Some(seq), error: None } => Ok(Stored::At(seq)),
            Answer { seq: None, error: None } => Err(self.malformed()),
        }
    }

    /// Appends a message as [`append`](Link::append) does, and does not wait for the outcome.
    pub(super) async fn append_unanswered(&self, subject: String, expected: u64, payload: Bytes) {
        let mut headers = HeaderMap::new();
        headers.insert(EXPECTED, expected.to_string());
        // If it is lost, it is found out later what it says.
        self.0.client.publish_with_headers(subject, headers, payload).await.ok();
    }

    /// Removes the messages of a subject before that sequence.
    pub(super) async fn purge(&self, subject: &str, seq: u64) {
        // A sequence of 0 is none, and would remove all.
        if seq <= 1 {
            return;
        }
        let body = json!({ "filter": subject, "seq": seq });
        // If it fails they are removed with later ones.
        self.0.ask("STREAM.PURGE", &self.0.stream.name, &body).await.ok();
    }

    /// Returns the last message of a subject.
    pub(super) async fn last(&self, subject: &str) -> Result<Option<(u64, Bytes)>, CallError> {
        self.get(json!({ "last_by_subj": subject })).await
    }

    /// Returns the first message of a subject from that sequence on.
    pub(super) async fn next(
        &self,
        subject: &str,
        seq: u64,
    ) -> Result<Option<(u64, Bytes)>, CallError> {
        self.get(json!({ "seq": seq.max(1), "next_by_subj": subject })).await
    }

    async fn get(&self, body: Value) -> Result<Option<(u64, Bytes)>, CallError> {
        self.get_of(&self.0.stream.name, body).await
    }

    async fn get_of(&self, stream: &str, body: Value) -> Result<Option<(u64, Bytes)>, CallError> {
        let (subject, body) = (reading(stream), body.to_string().into());
        let message = self.0.request(subject, HeaderMap::new(), body).await?;
        self.message(message)
    }

    /// Returns sequence and payload of a message that was read; `None` for a status.
    fn message(&self, message: Message) -> Result<Option<(u64, Bytes)>, CallError> {
        match message.status.map(|status| status.as_u16()) {
            None => {
                let seq = message.headers.as_ref().and_then(sequence);
                Ok(Some((seq.ok_or_else(|| self.malformed())?, message.payload)))
            }
            // None is found, and the end of a batch.
            Some(404 | 204) => Ok(None),
            // Nobody answers for a stream that was deleted: it is made anew over the next connection.
            Some(503) => {
                self.0.lost.cancel();
                Err(CallError::Lost(self.0.no_stream()))
            }
            Some(_) => Err(self.malformed()),
        }
    }

    /// Returns messages of a subject from that sequence on, up to about that number of bytes, and
    /// at least one if there is one.
    pub(super) async fn batch(
        &self,
        subject: &str,
        seq: u64,
        count: u64,
        bytes: u64,
    ) -> Result<Vec<(u64, Bytes)>, CallError> {
        self.batch_of(&self.0.stream.name, subject, seq, count, bytes).await
    }

    /// Returns messages of a stream as [`batch`](Link::batch) does.
    pub(super) async fn batch_of(
        &self,
        stream: &str,
        subject: &str,
        seq: u64,
        count: u64,
        bytes: u64,
    ) -> Result<Vec<(u64, Bytes)>, CallError> {
        let client = &self.0.client;
        // More than wait at once would be dropped.
        let count = count.min(WAITING as u64 / 2);
        let body = json!({
            "seq": seq.max(1), "next_by_subj": subject, "batch": count, "max_bytes": bytes.max(1),
        });
        let reading = async {
            let inbox = client.new_inbox();
            let mut answers = client.subscribe(inbox.clone()).await.ok()?;
            let payload = body.to_string().into();
            client.publish_with_reply(reading(stream), inbox, payload).await.ok()?;
            let mut messages = Vec::new();
            loop {
                // Large ones may take longer together.
                let answer = clock::timeout(ANSWER, answers.next()).await.ok()??;
                self.0.answered();
                match self.message(answer) {
                    Ok(Some(message)) => messages.push(message),
                    Ok(None) => return Some(Ok(messages)),
                    Err(error) => return Some(Err(error)),
                }
            }
        };
        let lost = &self.0.lost;
        let read = lost.run_until_cancelled(reading).await;
        read.flatten().unwrap_or_else(|| {
            lost.cancel();
            Err(CallError::Lost(self.0.contact.silent()))
        })
    }

    /// Begins to take the entries of a channel that are announced.
    pub(super) async fn subscribe(&self, channel: &Arc<str>) -> Result<(), CallError> {
        let subscribed = self.0.client.subscribe(self.0.stream.announced(channel)).await;
        let mut announced = subscribed.map_err(|error| {
            self.0.lost.cancel();
            let kind = StoreErrorKind::Unavailable;
            CallError::Lost(self.0.contact.fault_by(kind, "does not answer", error))
        })?;
        let (lost, place) = (self.0.lost.clone(), self.place(channel));
        let (announce, name) = (self.0.announce.clone(), Arc::clone(channel));
        let taking = async move {
            while let Some(Some(message)) = lost.run_until_cancelled(announced.next()).await {
                let seq = message.headers.as_ref().and_then(sequence);
                let entry = seq.and_then(|seq| Entry::read(seq, &message.payload));
                if let Some(entry) = entry {
                    place.saw(&entry);
                    super::announced(&announce, &name, &entry);
                }
            }
        };
        let task = crate::task::Handle::current().spawn(taking).abort_handle();
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = tasks.insert(Arc::clone(channel), task) {
            before.abort();
        }
        Ok(())
    }

    pub(super) fn unsubscribe(&self, channel: &str) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = tasks.remove(channel) {
            task.abort();
        }
    }

    /// Returns what is known of a channel.
    pub(super) fn place(&self, channel: &str) -> Arc<Place> {
        self.0.places.get_or_init(Arc::default).of(channel)
    }

    /// Sets the channels as they were seen over earlier connections to the same process of the server and the same stream.
    pub(super) fn set_places(&self, places: Arc<Places>) {
        self.0.places.set(places).ok();
    }
}

fn reading(stream: &str) -> String {
    format!("$JS.API.DIRECT.GET.{stream}")
}

/// Returns the random part of the subjects of a stream.
fn random_part() -> Result<u64, StoreError> {
    let mut part = [0; 8];
    getrandom::fill(&mut part).map_err(|error| {
        let message = "the system gives no random numbers";
        StoreError::caused_by(StoreErrorKind::Unavailable, message, std::io::Error::other(error))
    })?;
    Ok(u64::from_be_bytes(part))
}

fn sequence(headers: &HeaderMap) -> Option<u64> {
    headers.get(SEQUENCE)?.as_str().parse().ok()
}

/// Reads a time of the server, in ms since 1970.
fn millis_of(text: &str) -> Option<u64> {
    let (seconds, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
    let fraction: String = fraction.chars().skip(1).chain("000".chars()).take(3).collect();
    let date: Date = format!("{seconds}.{fraction}Z").parse().ok()?;
    u64::try_from(date.millis()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_the_server_are_read_with_their_milliseconds() {
        for (text, millis) in [
            ("1970-01-01T00:00:01Z", Some(1000)),
            ("2026-11-29T09:05:19.770033491Z", Some(1_795_943_119_770)),
            ("2026-11-29T09:05:22.02681001Z", Some(1_795_943_122_026)),
            ("2026-11-29T09:05:22.5Z", Some(1_795_943_122_500)),
            ("2026-11-29T09:05:22", None),
            ("now", None),
            ("", None),
        ] {
            assert_eq!(millis_of(text), millis, "{text}");
        }
    }

    #[test]
    fn failures_have_their_kinds() {
        for code in FULL {
            assert!(!WRONG_LAST.contains(&code));
        }
        let failure = Failure { err_code: 10077, description: "maximum bytes exceeded".into() };
        assert_eq!(failure.to_string(), "maximum bytes exceeded (10077)");
    }
}
