//! The stream of a channel's events.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use futures::stream::StreamExt as _;
use futures::{FutureExt as _, Stream};
use schemars::JsonSchema;
use serde::Serialize;

use super::audience::Subscriber;
use super::error::{ReadError, SubscribeError};
#[cfg(feature = "durable")]
use super::error::{StoreError, StoreErrorKind};
use super::gap::Gap;
use super::id::EventId;
use super::published::Published;
use super::store::{Opening, Reader, Start, StoredEvent};
use crate::core::LastEventId;

/// The events of a channel, in order; every gap is reported.
///
/// It reads from the channel's log when it is polled: nothing is queued for it, and a
/// reader that stops takes no more memory than its registration. If it returns after
/// events were trimmed it gets a [`ReadError::Gap`], and continues behind it.
/// [`ReadError::Closed`] and [`ReadError::Store`] end it.
pub struct Subscription<T> {
    source: Source,
    position: Option<EventId>,
    recipient: Option<Subscriber>,
    types: PhantomData<fn() -> T>,
}

/// The store's half of a subscription.
enum Source {
    /// The store has not answered yet.
    Opening(Opening),
    Open(Box<dyn Reader>),
    Ended,
}

/// Start of a subscription: a [`Start`], an [`EventId`], or the Last-Event-ID of a
/// call's client.
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

/// Number of skipped events after which a subscription yields to other tasks.
const SKIPPED_PER_TURN: usize = 1024;

impl<T> Subscription<T> {
    /// Begins to open a reader. A store that answers at once has fixed its position with this
    /// call, and its error is returned; others are asked again by the first poll.
    pub(super) fn new(mut opening: Opening, start: Start) -> Result<Self, SubscribeError> {
        let (source, position) = match opening.poll_unpin(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reader) => {
                let reader = reader?;
                let position = reader.position();
                (Source::Open(reader), Some(position))
            }
            Poll::Pending => {
                let position = if let Start::After(id) = start { Some(id) } else { None };
                (Source::Opening(opening), position)
            }
        };
        Ok(Self { source, position, recipient: None, types: PhantomData })
    }

    /// Skips events that are not for the recipient. Without one a subscription gets all
    /// events, for any audience.
    ///
    /// Skipped events still move the [`position`](Subscription::position). A client
    /// knows only the ids of events that it received, and returns with the last of
    /// those: it gets the same events in any case, but may get a gap if only events for
    /// others were trimmed.
    #[must_use]
    pub fn subscriber(mut self, recipient: Subscriber) -> Self {
        self.recipient = Some(recipient);
        self
    }

    /// Returns the event behind which the reader is: the last one that was returned or
    /// skipped; behind a gap, the position from which it continues.
    ///
    /// In memory and in a file it is known at once. It is `None` for a subscription from
    /// [`Start::Latest`] or [`Start::Earliest`] until a remote store has answered; see
    /// [`opened`](Subscription::opened).
    pub fn position(&self) -> Option<EventId> {
        self.position
    }

    /// Returns the position, which a store that answers at once has fixed.
    #[cfg(feature = "durable")]
    pub(crate) fn fixed_position(&self) -> Result<EventId, SubscribeError> {
        let unanswered = || {
            let message = "the store has not answered yet";
            SubscribeError::Store(StoreError::new(StoreErrorKind::Unavailable, message))
        };
        self.position.ok_or_else(unanswered)
    }

    /// Waits until the store has fixed the position, and returns it. From then on no
    /// published event is missed. Reading without it is fine: it waits as well.
    ///
    /// # Errors
    /// If the store cannot be read. The subscription ends.
    pub async fn opened(&mut self) -> Result<EventId, ReadError> {
        let position =
            poll_fn(|cx| self.poll_opened(cx).map_ok(|reader| reader.position())).await?;
        Ok(*self.position.get_or_insert(position))
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
    pub fn gaps_as(
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

    /// Polls for the reader of a subscription that has not ended.
    fn poll_opened(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<&mut Box<dyn Reader>, ReadError>> {
        if let Source::Opening(opening) = &mut self.source {
            let reader = ready!(opening.poll_unpin(cx)).map_err(|error| {
                self.source = Source::Ended;
                ReadError::from(error)
            })?;
            self.position = Some(reader.position());
            self.source = Source::Open(reader);
        }
        Poll::Ready(match &mut self.source {
            Source::Open(reader) => Ok(reader),
            Source::Opening(_) | Source::Ended => Err(ReadError::Closed),
        })
    }

    /// Polls for the next item. Without waiting it is `None` if all events were read;
    /// with waiting, at the end.
    fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        waits: bool,
    ) -> Poll<Option<Result<Published<T>, ReadError>>> {
        if matches!(self.source, Source::Ended) {
            return Poll::Ready(None);
        }
        for _ in 0..SKIPPED_PER_TURN {
            let next = match ready!(self.poll_opened(cx)) {
                Ok(reader) if waits => ready!(reader.poll_next(cx)).map(Some),
                Ok(reader) => ready!(reader.poll_ready(cx)),
                Err(error) => Err(error),
            };
            match next {
                Ok(None) => return Poll::Ready(None),
                Ok(Some(stored)) => {
                    self.position = Some(stored.id);
                    if self.is_for_reader(&stored) {
                        let StoredEvent { id, envelope, audience } = stored;
                        return Poll::Ready(Some(Ok(Published::stored(id, envelope, audience))));
                    }
                }
                Err(error) => {
                    match &error {
                        ReadError::Gap(gap) => self.position = Some(gap.resume()),
                        ReadError::Closed | ReadError::Store(_) => self.source = Source::Ended,
                    }
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_for_reader(&self, stored: &StoredEvent) -> bool {
        match (&self.recipient, &stored.audience) {
            (Some(recipient), Some(audience)) => audience.includes(recipient),
            _ => true,
        }
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
            .field("position", &self.position)
            .field("recipient", &self.recipient)
            .finish_non_exhaustive()
    }
}
