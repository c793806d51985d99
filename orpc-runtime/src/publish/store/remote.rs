//! Channels that are objects somewhere else, one for each channel, with the log of its events.
//!
//! A reader is a connection to the object, which sends the events behind a position: first where
//! that is, or the gap before it. The reader tells which events were read, and the object sends no
//! more than a [window](Window) beyond them, so that neither side holds more than that. When the
//! connection ends the reader opens another behind the last event that it has returned.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{NewEvent, OpenError, Opening, Reader, Start, Store, StoredEvent};
use crate::clock::{self, TimerInstant};
use crate::publish::audience::Audience;
use crate::publish::builder::PublisherBuilder;
use crate::publish::durability::Durability;
use crate::publish::error::{PublishError, ReadError, StoreError, StoreErrorKind};
use crate::publish::gap::{Gap, GapData, GapReason};
use crate::publish::id::EventId;
use crate::publish::publisher::Publisher;
use crate::publish::sink::PublishSink;

/// Objects that have the channels of a publisher, one for each channel, such as Durable Objects: the
/// way to publish to them and to read them. For hosts;
/// [`PublisherBuilder::store`] makes the publisher, and
/// [`PublisherChannel`](crate::stateful::PublisherChannel) is the other side.
pub trait RemoteChannels: PublishSink {
    /// Opens a connection to the object of a channel, which passes the request to
    /// [`PublisherChannel::open`](crate::stateful::PublisherChannel::open). A request consists of
    /// letters, digits and dots.
    fn connect(
        &self,
        channel: &str,
        request: String,
    ) -> BoxFuture<'static, Result<Box<dyn RemoteConnection>, StoreError>>;
}

/// A connection of one reader to the object of its channel, which ends when it is dropped.
pub trait RemoteConnection: Send {
    /// Polls for the next message; `None` once the connection has ended.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>>;

    /// Sends a message, unless the connection has ended.
    fn send(&mut self, message: String);
}

/// A message of the object of a channel.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Message {
    /// The position behind which events follow.
    At { id: EventId, total: u64 },
    /// Events are missing; others follow behind it.
    Gap { gap: GapData, total: u64 },
    Event {
        id: EventId,
        total: u64,
        event: Box<RawValue>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        audience: Option<Audience>,
    },
}

/// The message of a reader: the events up to there were read.
pub(crate) type ReadMessage = Mark;

/// A position as numbers that grow: of its event, and of the bytes of all events up to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    #[serde(rename = "s")]
    pub(crate) sequence: u64,
    #[serde(rename = "t")]
    pub(crate) total: u64,
}

/// Maximum amount that an object sends beyond what its reader has read, and one event.
pub(crate) struct Window;

impl Window {
    const EVENTS: u64 = 128;
    const BYTES: u64 = 256 << 10;

    /// Returns `true` if another event may be sent.
    pub(crate) fn has_room(read: Mark, sent: Mark) -> bool {
        sent.sequence.saturating_sub(read.sequence) < Self::EVENTS
            && sent.total.saturating_sub(read.total) < Self::BYTES
    }

    /// Returns `true` if the object is to be told of what was read: before the window is full.
    fn is_half(told: Mark, read: Mark) -> bool {
        read.sequence.saturating_sub(told.sequence) >= Self::EVENTS / 2
            || read.total.saturating_sub(told.total) >= Self::BYTES / 2
    }
}

/// Pauses before the attempts to open a connection.
const PAUSES: [Option<Duration>; 5] = [
    None,
    Some(Duration::from_millis(50)),
    Some(Duration::from_millis(250)),
    Some(Duration::from_secs(1)),
    Some(Duration::from_secs(3)),
];

/// Time after which a connection counts as one that works.
const SETTLED: Duration = Duration::from_secs(1);

impl Start {
    /// Writes the request for a connection that begins there.
    fn request(self) -> String {
        match self {
            Self::Latest => "latest".to_owned(),
            Self::Earliest => "earliest".to_owned(),
            Self::After(id) => id.text(),
        }
    }

    /// Reads the request for a connection.
    pub(crate) fn of_request(request: &str) -> Option<Self> {
        match request {
            "latest" => Some(Self::Latest),
            "earliest" => Some(Self::Earliest),
            id => id.parse().ok().map(Self::After),
        }
    }
}

impl PublisherBuilder {
    /// Creates a publisher whose channels are objects somewhere else, such as
    /// `orpc_cloudflare::PublisherObjects`. Their retention and their limits are those of the
    /// objects: the settings of this builder have no effect.
    ///
    /// Subscriptions outlive the publisher, until [`Publisher::close`]: it can be created for one
    /// call. One whose connection ends opens another behind its last event; if that fails for some
    /// seconds it ends with [`StoreErrorKind::Unavailable`].
    pub fn store<T>(mut self, channels: impl RemoteChannels) -> Publisher<T> {
        self.max_event = channels.max_event_bytes();
        let remote = Remote { channels: Box::new(channels), closing: CancellationToken::new() };
        self.on(Arc::new(RemoteStore(Arc::new(remote))))
    }
}

struct RemoteStore(Arc<Remote>);

struct Remote {
    channels: Box<dyn RemoteChannels>,
    closing: CancellationToken,
}

impl Store for RemoteStore {
    fn publish(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        if self.0.closing.is_cancelled() {
            return std::future::ready(Err(PublishError::Closed)).boxed();
        }
        self.0.channels.publish_event(event)
    }

    fn subscribe(&self, channel: &str, start: Start) -> Opening {
        let (remote, channel) = (Arc::clone(&self.0), Box::from(channel));
        async move {
            if remote.closing.is_cancelled() {
                return Err(OpenError::Closed);
            }
            let opened = remote.open(&channel, start, 0).await.map_err(OpenError::Store)?;
            let closing = Box::pin(remote.closing.clone().cancelled_owned());
            let Opened { position, mark, gap, .. } = opened;
            // Until the gap was returned the reader is before it.
            let position = gap.map_or(position, |gap| gap.last());
            let (read, told) = (mark, mark);
            let link = Link::Opening(std::future::ready(Ok(opened)).boxed());
            let reader =
                RemoteReader { remote, channel, position, read, told, failures: 0, link, closing };
            Ok(Box::new(reader) as Box<dyn Reader>)
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        self.0.closing.cancel();
        std::future::ready(()).boxed()
    }

    /// Objects write before they answer.
    fn durability(&self) -> Durability {
        Durability::Commit
    }

    /// Those of the objects are not known here.
    fn channels(&self) -> usize {
        0
    }
}

/// A connection that has told where it begins.
struct Opened {
    connection: Box<dyn RemoteConnection>,
    /// Behind the gap, if there is one.
    position: EventId,
    mark: Mark,
    gap: Option<Gap>,
    at: TimerInstant,
}

impl Remote {
    /// Opens a connection, again after pauses, beginning with the one of that number.
    async fn open(
        &self,
        channel: &str,
        start: Start,
        failures: usize,
    ) -> Result<Opened, StoreError> {
        let mut last = None;
        for pause in PAUSES.into_iter().skip(failures) {
            if let Some(pause) = pause {
                clock::sleep(pause).await;
            }
            match self.open_once(channel, start).await {
                Ok(opened) => return Ok(opened),
                Err(error) if error.kind() == StoreErrorKind::Full => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        let text = "the object of a channel ends its connections";
        Err(last.unwrap_or_else(|| StoreError::new(StoreErrorKind::Unavailable, text)))
    }

    async fn open_once(&self, channel: &str, start: Start) -> Result<Opened, StoreError> {
        let mut connection = self.channels.connect(channel, start.request()).await?;
        let message = std::future::poll_fn(|cx| connection.poll_receive(cx)).await;
        let message = message.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let (position, total, gap) = match message {
            Some(Message::At { id, total }) => (id, total, None),
            Some(Message::Gap { gap, total }) => (gap.resume, total, Some(Gap::of(&gap))),
            Some(Message::Event { .. }) | None => {
                let text = "the object of a channel does not tell a position";
                return Err(StoreError::new(StoreErrorKind::Unavailable, text));
            }
        };
        let mark = Mark { sequence: position.sequence(), total };
        Ok(Opened { connection, position, mark, gap, at: TimerInstant::now() })
    }
}

struct RemoteReader {
    remote: Arc<Remote>,
    channel: Box<str>,
    position: EventId,
    /// Events that the subscription has returned.
    read: Mark,
    /// Those that the object knows to be returned.
    told: Mark,
    /// Connections that ended at once.
    failures: usize,
    link: Link,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
}

enum Link {
    Opening(BoxFuture<'static, Result<Opened, StoreError>>),
    Open(Box<dyn RemoteConnection>, TimerInstant),
    Ended,
}

impl RemoteReader {
    /// Polls for the next event; `None` if none has arrived and it does not wait.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        waits: bool,
    ) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        loop {
            match &mut self.link {
                Link::Opening(opening) => match opening.poll_unpin(cx) {
                    Poll::Ready(Ok(opened)) => {
                        if let Some(gap) = self.begin(opened) {
                            return Poll::Ready(Err(ReadError::Gap(gap)));
                        }
                    }
                    Poll::Ready(Err(error)) => {
                        self.link = Link::Ended;
                        return Poll::Ready(Err(ReadError::Store(error)));
                    }
                    Poll::Pending => return self.poll_closed(cx),
                },
                Link::Open(connection, at) => match connection.poll_receive(cx) {
                    Poll::Ready(Some(text)) => {
                        if let Some(next) = self.receive(&text) {
                            return Poll::Ready(next.map(Some));
                        }
                    }
                    Poll::Ready(None) => {
                        let is_settled = at.elapsed() >= SETTLED;
                        self.open_again(is_settled);
                    }
                    Poll::Pending if waits => return self.poll_closed(cx),
                    Poll::Pending => return Poll::Ready(Ok(None)),
                },
                Link::Ended => return Poll::Ready(Err(ReadError::Closed)),
            }
        }
    }

    fn poll_closed(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        ready!(self.closing.poll_unpin(cx));
        self.link = Link::Ended;
        Poll::Ready(Err(ReadError::Closed))
    }

    fn begin(&mut self, opened: Opened) -> Option<Gap> {
        let Opened { connection, position, mark, gap, at } = opened;
        self.link = Link::Open(connection, at);
        (self.position, self.read, self.told) = (position, mark, mark);
        gap
    }

    fn open_again(&mut self, is_settled: bool) {
        self.failures = if is_settled { 0 } else { self.failures + 1 };
        let (remote, channel) = (Arc::clone(&self.remote), self.channel.clone());
        let (position, failures) = (self.position, self.failures);
        let opening = async move {
            let mut opened = remote.open(&channel, Start::After(position), failures).await?;
            // The reader was subscribed all the time.
            opened.gap = opened.gap.map(|gap| match gap.reason() {
                GapReason::Trimmed => Gap::new(GapReason::Lagged, gap.last(), gap.resume()),
                _ => gap,
            });
            Ok(opened)
        };
        self.link = Link::Opening(opening.boxed());
    }

    /// Receives a message. Returns `None` if it has no event, or the connection has to begin again.
    fn receive(&mut self, text: &str) -> Option<Result<StoredEvent, ReadError>> {
        match serde_json::from_str(text) {
            Ok(Message::Event { id, total, event, audience })
                if self.position.sequence().checked_add(1) == Some(id.sequence()) =>
            {
                self.failures = 0;
                self.position = id;
                self.has_read(total, false);
                let envelope = String::from(Box::<str>::from(event)).into();
                Some(Ok(StoredEvent { id, envelope, audience: audience.map(Arc::new) }))
            }
            Ok(Message::Gap { gap, total }) => {
                self.position = gap.resume;
                self.has_read(total, true);
                Some(Err(ReadError::Gap(Gap::of(&gap))))
            }
            Ok(_) | Err(_) => {
                tracing::warn!(channel = &*self.channel, "a message of a channel is out of order");
                self.open_again(false);
                None
            }
        }
    }

    /// Notes that the event at the position was read, and tells the object in time.
    fn has_read(&mut self, total: u64, is_gap: bool) {
        self.read = Mark { sequence: self.position.sequence(), total };
        if (is_gap || Window::is_half(self.told, self.read))
            && let Link::Open(connection, _) = &mut self.link
            && let Ok(message) = serde_json::to_string::<ReadMessage>(&self.read)
        {
            self.told = self.read;
            connection.send(message);
        }
    }
}

impl Reader for RemoteReader {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<StoredEvent, ReadError>> {
        // Waiting gives an event or an error.
        let next = ready!(self.poll(cx, true));
        Poll::Ready(next.and_then(|event| event.ok_or(ReadError::Closed)))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<StoredEvent>, ReadError>> {
        self.poll(cx, false)
    }

    fn position(&self) -> EventId {
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(sequence: u64, total: u64) -> Mark {
        Mark { sequence, total }
    }

    #[test]
    fn an_object_sends_128_events_or_256_kib_beyond_what_was_read() {
        let read = mark(1000, 1 << 30);
        for (events, bytes, has_room) in [
            (0, 0, true),
            (127, 262_143, true),
            (128, 0, false),
            (0, 262_144, false),
            (128, 262_144, false),
        ] {
            let sent = mark(read.sequence + events, read.total + bytes);
            assert_eq!(Window::has_room(read, sent), has_room, "{events} events, {bytes} bytes");
        }
        // Of an object that was created again behind its reader.
        assert!(Window::has_room(read, mark(999, 0)));
    }

    #[test]
    fn a_reader_tells_what_it_has_read_once_half_of_the_window_is_used() {
        let told = mark(1000, 1 << 30);
        for (events, bytes, is_half) in [
            (0, 0, false),
            (63, 131_071, false),
            (64, 0, true),
            (0, 131_072, true),
            (64, 131_072, true),
        ] {
            let read = mark(told.sequence + events, told.total + bytes);
            assert_eq!(Window::is_half(told, read), is_half, "{events} events, {bytes} bytes");
        }
    }
}
