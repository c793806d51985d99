//! The stream of a channel's events.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use futures::stream::StreamExt as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::audience::Subscriber;
use super::error::{ReadError, SubscribeError};
use super::gap::Gap;
use super::id::EventId;
use super::published::Published;
use super::store::{Follow, Kept, Start};
use crate::core::LastEventId;

/// The events of a channel, in order; every gap is reported.
///
/// It reads from the channel's log when it is polled: nothing is queued for it, and a
/// reader that stops takes no more memory than its registration. If it returns after
/// events were trimmed it gets a [`ReadError::Gap`], and continues behind it.
/// [`ReadError::Closed`] and [`ReadError::Store`] end it.
pub struct Subscription<T> {
    follow: Box<dyn Follow>,
    position: EventId,
    recipient: Option<Subscriber>,
    ended: bool,
    types: PhantomData<fn() -> T>,
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
    pub(super) fn new(follow: Box<dyn Follow>) -> Self {
        let position = follow.position();
        Self { follow, position, recipient: None, ended: false, types: PhantomData }
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
    pub fn position(&self) -> EventId {
        self.position
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

    /// Polls for the next item. Without waiting it is `None` if all events were read;
    /// with waiting, at the end.
    fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        waits: bool,
    ) -> Poll<Option<Result<Published<T>, ReadError>>> {
        let mut skipped = 0;
        while !self.ended {
            if skipped >= SKIPPED_PER_TURN {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let read = if waits { self.follow.poll_read(cx) } else { self.follow.poll_ready(cx) };
            match ready!(read) {
                Ok(None) => return Poll::Ready(None),
                Ok(Some(kept)) => {
                    self.position = kept.id;
                    if self.is_for_reader(&kept) {
                        let Kept { id, envelope, audience } = kept;
                        return Poll::Ready(Some(Ok(Published::stored(id, envelope, audience))));
                    }
                    skipped += 1;
                }
                Err(error) => {
                    match error {
                        ReadError::Gap(gap) => self.position = gap.resume(),
                        _ => self.ended = true,
                    }
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        Poll::Ready(None)
    }

    fn is_for_reader(&self, kept: &Kept) -> bool {
        match (&self.recipient, &kept.audience) {
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
