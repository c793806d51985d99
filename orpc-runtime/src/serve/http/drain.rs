//! Request bodies, which are read to their end even if they are not used.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Buf as _;
use http::HeaderMap;
use http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;

use super::read::{BoxError, ReadError};
use crate::clock;
use crate::task::Handle;

/// Maximum number of bodies of one service that are discarded at a time.
const MAX_DRAINS: usize = 1024;

/// Maximum pause of a body that is discarded; nginx's `lingering_timeout`.
const DRAIN_IDLE: Duration = Duration::from_secs(5);

/// Maximum time for discarding one body; nginx's `lingering_time`.
const DRAIN_TIME: Duration = Duration::from_secs(30);

/// Limits of discarding the bodies of refused requests.
#[derive(Debug, Clone)]
pub(super) struct Drain {
    /// Maximum bytes of one body.
    limit: u64,
    places: Arc<Semaphore>,
}

impl Drain {
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, places: Arc::new(Semaphore::new(MAX_DRAINS)) }
    }
}

/// The body of a request. When it is dropped, the rest of it is read and discarded
/// within limits: a connection that is closed with unread data is reset, and the client
/// may lose the answer (RFC 9112, section 9.6).
pub(super) struct RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    /// `None` once it was read to its end.
    body: Option<Pin<Box<B>>>,
    /// The client waits for `100 Continue`, which is sent as soon as the body is polled
    /// (RFC 9110, section 10.1.1): until then there is nothing to discard.
    is_awaited: bool,
    drain: Drain,
    /// Reads an error of the body. Known where the body is, so that nothing that reads it
    /// asks more of its error.
    read_error: fn(B::Error) -> ReadError,
}

impl<B> RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    pub(super) fn new(body: B, headers: &HeaderMap, drain: &Drain) -> Self
    where
        B::Error: Into<BoxError>,
    {
        let expects_continue =
            |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
        Self {
            body: (!body.is_end_stream()).then(|| Box::pin(body)),
            is_awaited: headers.get(EXPECT).is_some_and(expects_continue),
            drain: drain.clone(),
            read_error: |error| ReadError::of_body(error.into()),
        }
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Data = B::Data;
    type Error = ReadError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, ReadError>>> {
        self.is_awaited = false;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(body.as_mut().poll_frame(cx));
        if body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame.map(|frame| frame.map_err(self.read_error)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), |body| body.size_hint())
    }
}

impl<B> Drop for RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !self.is_awaited && !body.is_end_stream())
        else {
            return;
        };
        let limit = self.drain.limit;
        // Without a runtime there is no connection.
        if limit > 0
            && let Ok(runtime) = Handle::try_current()
            && let Ok(place) = Arc::clone(&self.drain.places).try_acquire_owned()
        {
            runtime.spawn(async move {
                // An error means that the body did not end in time.
                _ = clock::timeout(DRAIN_TIME, discard(body, limit)).await;
                drop(place);
            });
        }
    }
}

/// Reads to the end of a body, or until it exceeds the limit or pauses.
async fn discard<B: Body>(mut body: Pin<Box<B>>, limit: u64) {
    let mut discarded = 0;
    while discarded < limit
        && let Ok(Some(Ok(frame))) = clock::timeout(DRAIN_IDLE, body.frame()).await
    {
        discarded += frame.data_ref().map_or(0, |data| data.remaining() as u64);
    }
}
