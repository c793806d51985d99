//! Publishers.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

use super::audience::Audience;
use super::builder::PublisherBuilder;
use super::durability::Durability;
use super::error::{MAX_CHANNEL_NAME, MAX_IDEMPOTENCY_KEY, PublishError, SubscribeError};
use super::fanout::Fanout;
use super::id::EventId;
use super::published::Encoded;
use super::reader::ChannelReader;
use super::sink::{NewEvent, PublishSink};
use super::store::{Start, Store};
use super::subscription::{IntoStart, Subscription};
use crate::clock;

/// Channels of events of type `T`. Each channel retains its events for a while, so that
/// readers that reconnect get those they missed.
///
/// Cheap to clone. When the last clone is dropped, subscriptions end with
/// [`ReadError::Closed`](super::ReadError::Closed). See the [module](super) for its
/// guarantees.
pub struct Publisher<T> {
    inner: Arc<Inner>,
    types: PhantomData<fn(T) -> T>,
}

struct Inner {
    store: Arc<dyn Store>,
    /// Readers that share the events of a channel.
    fanout: Arc<Fanout>,
    max_event: usize,
}

impl Publisher<()> {
    /// Returns a builder, which does not depend on the type of the events.
    pub fn builder() -> PublisherBuilder {
        PublisherBuilder::default()
    }
}

impl<T> Publisher<T> {
    /// Creates a publisher that keeps its events in memory, with the defaults of
    /// [`PublisherBuilder`].
    pub fn memory() -> Self {
        PublisherBuilder::default().memory()
    }

    pub(super) fn with_store(store: Arc<dyn Store>, max_event: usize) -> Self {
        let fanout = Fanout::new(Arc::downgrade(&store));
        Self { inner: Arc::new(Inner { store, fanout, max_event }), types: PhantomData }
    }

    /// Returns the same publisher with events of another type, for channels of the framework, or
    /// to read events as values that are not decoded.
    pub(crate) fn with_events_as<U>(&self) -> Publisher<U> {
        Publisher { inner: Arc::clone(&self.inner), types: PhantomData }
    }

    /// Returns the clients that the processes of the store share; `None` if it is that of this
    /// process alone.
    #[cfg(all(feature = "durable", feature = "websocket"))]
    pub(crate) fn clients(&self) -> Option<Arc<dyn super::ClientRegistry>> {
        self.inner.store.clients()
    }

    /// Subscribes to a channel: from now on, from the oldest retained event, or behind
    /// the last event that the client received (`Option<&LastEventId>`; `None` is from
    /// now on). The position is fixed by this call, in memory and in a file; a store that has to
    /// be asked over a network fixes it later, see [`Subscription::opened`].
    ///
    /// # Errors
    /// If the id is not one of a publisher, which is BAD_REQUEST; or if there are too
    /// many channels. Errors of a store that answers later are items of the stream.
    pub fn subscribe(
        &self,
        channel: &str,
        start: impl IntoStart,
    ) -> Result<Subscription<T>, SubscribeError> {
        if !is_channel(channel) {
            return Err(SubscribeError::InvalidChannel);
        }
        let start: Start = start.into_start()?;
        let reader = ChannelReader::new(self.inner.store.subscribe(channel, start), start)?;
        Ok(Subscription::new(reader, channel.into(), Arc::clone(&self.inner.fanout)))
    }

    /// Closes the publisher for all its clones: no event is accepted any more, accepted
    /// ones are stored, and subscriptions end once they have read them.
    pub async fn close(&self) {
        self.inner.store.close().await;
    }

    /// Returns the failure that a published event survives.
    pub fn durability(&self) -> Durability {
        self.inner.store.durability()
    }

    /// Returns the number of channels in memory.
    pub fn channels(&self) -> usize {
        self.inner.store.channels()
    }
}

impl<T: Serialize + JsonSchema + 'static> Publisher<T> {
    /// Publishes an event when the returned value is awaited; its audience and other
    /// options are set before. It returns the event's id once the event is stored with
    /// the publisher's durability.
    ///
    /// The value is serialised now. If the future is dropped before it is ready, the
    /// outcome is unknown.
    ///
    /// ```
    /// # use orpc_runtime::publish::{Publisher, PublishError};
    /// # async fn publish(messages: Publisher<String>) -> Result<(), PublishError> {
    /// let text = "Hello".to_owned();
    /// let id = messages.publish("room-1", &text).await?;
    /// messages.publish("room-1", &text).tags(["staff"]).idempotency_key("order-17").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn publish(&self, channel: &str, value: &T) -> Publish<'_> {
        Publish::to(&*self.inner, channel, value)
    }
}

impl PublishSink for Inner {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        self.store.publish(event)
    }

    fn max_event_bytes(&self) -> usize {
        self.max_event
    }
}

impl<T: 'static> PublishSink for Publisher<T> {
    fn publish_event(&self, event: NewEvent) -> BoxFuture<'static, Result<EventId, PublishError>> {
        self.inner.publish_event(event)
    }

    fn max_event_bytes(&self) -> usize {
        self.inner.max_event
    }
}

fn is_channel(name: &str) -> bool {
    (1..=MAX_CHANNEL_NAME).contains(&name.len())
}

impl<T> Clone for Publisher<T> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), types: PhantomData }
    }
}

impl<T> fmt::Debug for Publisher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("channels", &self.channels()).finish_non_exhaustive()
    }
}

/// An event that is published when it is awaited.
#[must_use = "nothing is published until it is awaited"]
pub struct Publish<'a> {
    sink: &'a dyn PublishSink,
    event: Result<NewEvent, PublishError>,
    audience: Audience,
    timeout: Option<Duration>,
}

impl<'a> Publish<'a> {
    /// Publishes an event to a sink of your own; see [`Publisher::publish`]. The value is
    /// serialised now.
    pub fn to<T>(sink: &'a dyn PublishSink, channel: &str, value: &T) -> Self
    where
        T: Serialize + JsonSchema + 'static,
    {
        let envelope = Encoded::of(value).map(Encoded::into_envelope).map_err(|error| {
            let reason = error.to_string();
            PublishError::Unserialisable(error.into_source().unwrap_or_else(|| reason.into()))
        });
        let event = envelope.and_then(|envelope| {
            let (length, limit) = (envelope.len(), sink.max_event_bytes());
            if !is_channel(channel) {
                return Err(PublishError::InvalidChannel);
            }
            if length > limit {
                return Err(PublishError::TooLarge { length, limit });
            }
            Ok(NewEvent { channel: channel.into(), envelope, audience: None, key: None })
        });
        Publish { sink, event, audience: Audience::default(), timeout: None }
    }

    /// Sets the audience of the event.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = audience;
        self
    }

    /// Restricts the event to recipients with at least one of the tags; see
    /// [`Audience::tags`].
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = self.audience.tags(tags);
        self
    }

    /// Restricts the event to recipients with one of the ids; see
    /// [`Audience::targets`].
    pub fn targets(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = self.audience.targets(ids);
        self
    }

    /// Excludes recipients with one of the ids; see [`Audience::exclude`].
    pub fn exclude(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = self.audience.exclude(ids);
        self
    }

    /// Makes it safe to publish again when the outcome is unknown: all events of one
    /// channel with the same key are published once, and all get the same id. A key has
    /// 1 to 256 bytes and is remembered for as long as the retention, with the event in
    /// a file; at most 100,000 keys per channel.
    pub fn idempotency_key(mut self, key: &str) -> Self {
        if let Ok(event) = &mut self.event {
            if (1..=MAX_IDEMPOTENCY_KEY).contains(&key.len()) {
                event.key = Some(key.into());
            } else {
                self.event = Err(PublishError::InvalidIdempotencyKey);
            }
        }
        self
    }

    /// Sets the maximum time to wait; after it the outcome is
    /// [unknown](PublishError::OutcomeUnknown). Needs a tokio runtime with time; on wasm32 the
    /// timers of JavaScript.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Passes the event to the store.
    fn begin(self) -> impl Future<Output = Result<EventId, PublishError>> + Send + 'static {
        let Self { sink, event, audience, timeout } = self;
        let publishing = event.map(|mut event| {
            event.audience = (!audience.is_everyone()).then(|| Arc::new(audience));
            sink.publish_event(event)
        });
        async move {
            let publishing = publishing?;
            match timeout {
                None => publishing.await,
                Some(limit) => match clock::timeout(limit, publishing).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(PublishError::OutcomeUnknown(None)),
                },
            }
        }
    }
}

impl<'a> IntoFuture for Publish<'a> {
    type Output = Result<EventId, PublishError>;
    type IntoFuture = BoxFuture<'static, Result<EventId, PublishError>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl fmt::Debug for Publish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publish").field("audience", &self.audience).finish_non_exhaustive()
    }
}
