//! Request bodies, which are read to their end even if they are not used.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
use crate::core::HeaderNames;
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

/// A body whose client waits for `100 Continue`, until it is polled.
#[derive(Debug, Clone, Default)]
pub(super) struct Awaited(Arc<AtomicBool>);

impl Awaited {
    fn end(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns `true` once the body was polled.
    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
    /// Its first part, read and not taken yet.
    first: Option<Result<B::Data, ReadError>>,
    /// The client waits for `100 Continue`, which is sent as soon as the body is polled
    /// (RFC 9110, section 10.1.1): until then there is nothing to discard.
    awaited: Option<Awaited>,
    /// `None` for a request without a body.
    drain: Option<Drain>,
    /// Reads an error of the body. Known where the body is, so that nothing that reads it
    /// asks more of its error.
    read_error: fn(B::Error) -> ReadError,
}

impl<B> RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    pub(super) fn new(body: B, headers: &HeaderMap, names: HeaderNames, drain: &Drain) -> Self
    where
        B::Error: Into<BoxError>,
    {
        let expects_continue =
            |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
        let body = (!body.is_end_stream()).then(|| Box::pin(body));
        let is_awaited = body.is_some()
            && names.may_have(&EXPECT)
            && headers.get(EXPECT).is_some_and(expects_continue);
        Self {
            awaited: is_awaited.then(Awaited::default),
            drain: body.is_some().then(|| drain.clone()),
            body,
            first: None,
            read_error: |error| ReadError::of_body(error.into()),
        }
    }

    /// Returns the state of a body whose client waits for `100 Continue`.
    pub(super) fn awaited(&self) -> Option<Awaited> {
        self.awaited.clone()
    }

    /// Returns `true` if the whole body is there as at most one piece, within the limit.
    /// Otherwise nothing of it is lost.
    pub(super) fn poll_whole(&mut self, cx: &mut Context<'_>, limit: usize) -> bool {
        if self.first.is_none()
            && self.body.is_some()
            && let Poll::Ready(Some(frame)) = Pin::new(&mut *self).poll_frame(cx)
        {
            self.first = match frame.map(Frame::into_data) {
                Ok(data) => data.ok().map(Ok),
                Err(error) => Some(Err(error)),
            };
        }
        let is_within = match &self.first {
            Some(Ok(data)) => data.remaining() <= limit,
            Some(Err(_)) => false,
            None => true,
        };
        self.body.is_none() && is_within
    }

    /// Takes the piece that was polled for.
    pub(super) fn take_first(&mut self) -> Option<B::Data> {
        self.first.take().and_then(Result::ok)
    }
}

/// No part of it is pinned but the body, which is in a box.
impl<B> Unpin for RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
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
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first.map(Frame::data)));
        }
        if let Some(awaited) = self.awaited.take() {
            awaited.end();
        }
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = ready!(body.as_mut().poll_frame(cx));
        if body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame.map(|frame| frame.map_err(self.read_error)))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint =
            self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), |body| body.size_hint());
        if let Some(Ok(first)) = &self.first {
            let first = first.remaining() as u64;
            if let Some(upper) = hint.upper() {
                hint.set_upper(upper.saturating_add(first));
            }
            hint.set_lower(hint.lower().saturating_add(first));
        }
        hint
    }
}

impl<B> Drop for RequestBody<B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    fn drop(&mut self) {
        let Some(body) =
            self.body.take().filter(|body| self.awaited.is_none() && !body.is_end_stream())
        else {
            return;
        };
        let Some(Drain { limit, places }) = self.drain.take() else { return };
        // Without a runtime there is no connection.
        if limit > 0
            && let Ok(runtime) = Handle::try_current()
            && let Ok(place) = places.try_acquire_owned()
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::io;
    use std::task::Waker;

    use bytes::Bytes;

    use super::*;

    fn new<B>(body: B) -> RequestBody<B>
    where
        B: Body<Error: Into<BoxError>> + Send + 'static,
        B::Data: Send,
    {
        let headers = HeaderMap::new();
        RequestBody::new(body, &headers, HeaderNames::of(&headers), &Drain::new(0))
    }

    /// A step of a body.
    #[derive(Debug, Clone)]
    enum Step {
        Piece(&'static str),
        Trailers,
        Failure,
        /// The next step is not there when it is asked for.
        Pause,
    }

    struct Steps(VecDeque<Step>);

    impl Body for Steps {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
            Poll::Ready(match self.0.pop_front() {
                None => None,
                Some(Step::Piece(text)) => {
                    Some(Ok(Frame::data(Bytes::from_static(text.as_bytes()))))
                }
                Some(Step::Trailers) => Some(Ok(Frame::trailers(HeaderMap::new()))),
                Some(Step::Failure) => Some(Err(io::ErrorKind::TimedOut.into())),
                Some(Step::Pause) => return Poll::Pending,
            })
        }

        fn is_end_stream(&self) -> bool {
            self.0.is_empty()
        }
    }

    #[test]
    fn a_body_is_whole_as_one_piece_and_nothing_that_is_polled_for_is_lost() {
        use Step::{Failure, Pause, Piece, Trailers};

        let cases: [(&[Step], bool, Result<&str, ReadError>); 9] = [
            (&[], true, Ok("")),
            (&[Piece("four")], true, Ok("four")),
            (&[Piece("five!")], false, Ok("five!")),
            (&[Piece("a"), Piece("b")], false, Ok("ab")),
            (&[Pause, Piece("a")], false, Ok("a")),
            (&[Piece("a"), Pause, Piece("b")], false, Ok("ab")),
            (&[Piece("a"), Trailers], false, Ok("a")),
            (&[Trailers], true, Ok("")),
            (&[Failure], false, Err(ReadError::Late)),
        ];
        for (steps, is_whole, expected) in cases {
            let mut cx = Context::from_waker(Waker::noop());
            let body = Steps(steps.iter().cloned().collect());
            let mut body = new(body);
            assert_eq!(body.poll_whole(&mut cx, 4), is_whole, "{steps:?}");
            let mut read = Ok(String::new());
            while !body.is_end_stream() {
                match Pin::new(&mut body).poll_frame(&mut cx) {
                    Poll::Ready(Some(Ok(frame))) => {
                        let data = frame.into_data().unwrap_or_default();
                        read.as_mut().unwrap().push_str(std::str::from_utf8(&data).unwrap());
                    }
                    Poll::Ready(Some(Err(error))) => read = Err(error),
                    Poll::Ready(None) => break,
                    Poll::Pending => {}
                }
            }
            assert_eq!(read.as_deref(), expected.as_ref().copied(), "{steps:?}");
        }
    }

    #[test]
    fn a_piece_that_was_polled_for_counts_towards_the_length() {
        let mut cx = Context::from_waker(Waker::noop());
        let body = http_body_util::Full::new(Bytes::from_static(b"12345"));
        let mut body = new(body);
        assert!(!body.poll_whole(&mut cx, 4));
        assert_eq!(body.size_hint().exact(), Some(5));
        assert!(!body.is_end_stream());
        assert!(body.poll_whole(&mut cx, 5) && body.take_first().is_some());
        assert_eq!(body.size_hint().exact(), Some(0));
        assert!(body.is_end_stream());
    }
}
