//! The stream of a channel's events.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::stream::StreamExt as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::audience::Subscriber;
use super::error::{ReadError, SubscribeError};
use super::fanout::Fanout;
use super::gap::Gap;
use super::id::EventId;
use super::published::Published;
use super::reader::ChannelReader;
use super::store::{Start, StoredEvent};
use crate::core::LastEventId;

/// The events of a channel, in order; every gap is reported.
///
/// It reads from the channel's log when it is polled: nothing is queued for it, and a
/// reader that stops takes no more memory than its registration. If it returns after
/// events were trimmed it gets a [`ReadError::Gap`], and continues behind it.
/// [`ReadError::Closed`] and [`ReadError::Store`] end it.
pub struct Subscription<T> {
    reader: ChannelReader,
    channel: Arc<str>,
    fanout: Arc<Fanout>,
    types: PhantomData<fn() -> T>,
}

/// Start of a subscription: a [`Start`], an [`EventId`], or the Last-Event-ID of a
/// call's client. `None` is [`Start::Latest`], which is what to write in place of a `None` whose
/// type nothing tells.
pub trait IntoStart {
    /// Converts the value into a start.
    ///
    /// # Errors
    /// If a text is not an id of a publisher.
    fn into_start(self) -> Result<Start, SubscribeError>;
}

impl IntoStart for Start {
    fn into_start(self) -> Result<Start, SubscribeError> {
        Ok(self)
    }
}

impl IntoStart for EventId {
    fn into_start(self) -> Result<Start, SubscribeError> {
        Ok(Start::After(self))
    }
}

impl IntoStart for &LastEventId {
    fn into_start(self) -> Result<Start, SubscribeError> {
        Ok(Start::After(self.as_str().parse()?))
    }
}

impl<S: IntoStart> IntoStart for Option<S> {
    fn into_start(self) -> Result<Start, SubscribeError> {
        self.map_or(Ok(Start::Latest), S::into_start)
    }
}

impl<T> Subscription<T> {
    pub(super) fn new(reader: ChannelReader, channel: Arc<str>, fanout: Arc<Fanout>) -> Self {
        Self { reader, channel, fanout, types: PhantomData }
    }

    /// Takes the subscription apart: the reader of the channel, its name, and the readers
    /// that share its events.
    pub(crate) fn into_parts(self) -> (ChannelReader, Arc<str>, Arc<Fanout>) {
        (self.reader, self.channel, self.fanout)
    }

    /// Skips events that are not for the subscriber. Without one a subscription gets all
    /// events, for any audience.
    ///
    /// Skipped events still move the [`position`](Subscription::position). A client
    /// knows only the ids of events that it received, and returns with the last of
    /// those: it gets the same events in any case, but may get a gap if only events for
    /// others were trimmed.
    #[must_use]
    pub fn subscriber(mut self, subscriber: Subscriber) -> Self {
        self.reader.subscriber = Some(subscriber);
        self
    }

    /// Returns the event behind which the reader is: the last one that was returned or
    /// skipped; behind a gap, the position from which it continues.
    ///
    /// In memory and in a file it is known at once. It is `None` for a subscription from
    /// [`Start::Latest`] or [`Start::Earliest`] until a remote store has answered; see
    /// [`opened`](Subscription::opened).
    pub fn position(&self) -> Option<EventId> {
        self.reader.position()
    }

    /// Waits until the store has fixed the position, and returns it. From then on no
    /// published event is missed. Reading without it is fine: it waits as well.
    ///
    /// # Errors
    /// If the store cannot be read. The subscription ends.
    pub async fn opened(&mut self) -> Result<EventId, ReadError> {
        self.reader.opened().await
    }

    /// Returns the next published event without waiting; `None` if all were read.
    ///
    /// # Errors
    /// As an item of the stream.
    pub async fn next_ready(&mut self) -> Option<Result<Published<T>, ReadError>> {
        poll_fn(|cx| self.poll_event(cx, false)).await
    }

    /// Turns gaps into events of your own, such as a line in a chat, and continues
    /// behind them. Such an event has the id from which its client continues.
    pub fn map_gaps(
        self,
        mut event: impl FnMut(Gap) -> T + Send + 'static,
    ) -> impl Stream<Item = Result<Published<T>, ReadError>> + Send + 'static
    where
        T: Serialize + JsonSchema + Send + 'static,
    {
        self.map(move |next| match next {
            Err(ReadError::Gap(gap)) => match Published::new(&event(gap)) {
                Ok(published) => Ok(published.with_id(gap.resume())),
                // The gap is reported as an error if its event cannot be serialised.
                Err(_) => Err(ReadError::Gap(gap)),
            },
            next => next,
        })
    }

    /// Polls for the next item. Without waiting it is `None` if all events were read;
    /// with waiting, at the end.
    fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        waits: bool,
    ) -> Poll<Option<Result<Published<T>, ReadError>>> {
        self.reader.poll_event(cx, waits).map_ok(|event| {
            let StoredEvent { id, envelope, audience } = event;
            Published::stored(id, envelope, audience)
        })
    }
}

impl<T> Stream for Subscription<T> {
    type Item = Result<Published<T>, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx, true)
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("channel", &self.channel)
            .field("position", &self.position())
            .field("subscriber", &self.reader.subscriber)
            .finish_non_exhaustive()
    }
}
