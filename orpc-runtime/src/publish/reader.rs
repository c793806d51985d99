//! A reader of a channel's log, for any type of events.

use std::future::poll_fn;
use std::task::{Context, Poll, Waker, ready};

use futures::FutureExt as _;

use super::audience::Subscriber;
use super::error::{ReadError, SubscribeError};
use super::id::EventId;
use super::store::{Opening, Reader, Start, StoredEvent};

/// Number of skipped events after which a reader yields to other tasks.
const SKIPPED_PER_TURN: usize = 1024;

/// The events of a channel behind a position, without those for other subscribers.
pub(crate) struct ChannelReader {
    source: Source,
    position: Option<EventId>,
    /// Events for others are skipped; `None` reads all.
    pub(crate) subscriber: Option<Subscriber>,
}

/// The store's half of a reader.
enum Source {
    /// The store has not answered yet.
    Opening(Opening),
    Open(Box<dyn Reader>),
    Ended,
}

impl ChannelReader {
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
        Ok(Self { source, position, subscriber: None })
    }

    /// Returns the event behind which the reader is: the last one that was returned or
    /// skipped; behind a gap, the position from which it continues. `None` until the
    /// store has fixed it.
    pub(crate) fn position(&self) -> Option<EventId> {
        self.position
    }

    /// Returns `true` if no further event is returned.
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.source, Source::Ended)
    }

    /// Waits until the store has fixed the position.
    pub(crate) async fn opened(&mut self) -> Result<EventId, ReadError> {
        let position =
            poll_fn(|cx| self.poll_opened(cx).map_ok(|reader| reader.position())).await?;
        Ok(*self.position.get_or_insert(position))
    }

    /// Returns the next published event; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<StoredEvent, ReadError>> {
        poll_fn(|cx| self.poll_event(cx, true)).await
    }

    /// Returns the next published event without waiting; `None` if all were read.
    pub(crate) async fn next_ready(&mut self) -> Option<Result<StoredEvent, ReadError>> {
        poll_fn(|cx| self.poll_event(cx, false)).await
    }

    /// Polls for the store's half of a reader that has not ended.
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
    pub(crate) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        waits: bool,
    ) -> Poll<Option<Result<StoredEvent, ReadError>>> {
        if self.has_ended() {
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
                Ok(Some(event)) => {
                    self.position = Some(event.id);
                    if self.is_for_subscriber(&event) {
                        return Poll::Ready(Some(Ok(event)));
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

    fn is_for_subscriber(&self, event: &StoredEvent) -> bool {
        match (&self.subscriber, &event.audience) {
            (Some(subscriber), Some(audience)) => audience.includes(subscriber),
            _ => true,
        }
    }
}
